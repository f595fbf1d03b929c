package import Platform

/// Why the run's state cannot be used. `description` is the sentence for the user: what, where, and
/// the way out.
package enum StoreError: Error, Equatable, CustomStringConvertible {
  /// Another run holds the lock; the owner is nil when it has not yet written its name.
  case locked(directory: String, owner: RunLockOwner?, hasWaited: Bool)
  /// A record that is followed by readable ones cannot be read. `offset` counts bytes from 0.
  case damaged(file: String, offset: Int, detail: String)
  case newerVersion(file: String, version: Int)
  case unsafeDirectory(String, UnsafeDirectory)
  /// The state cannot be opened, read or prepared.
  case io(SystemError)
  /// A write or flush of a run in progress failed. What was reported durable is safe.
  case writeFailed(SystemError)
  /// A text of a record (an upload id, a name) is beyond all reason.
  case recordTooLong(file: String, bytes: Int)

  package enum UnsafeDirectory: Sendable, Equatable {
    case notADirectory
    case symbolicLink
    /// In the place of a directory that osbatch makes itself.
    case symbolicLinkInside
    case ownedBy(user: UInt32)
    case writableByOthers(mode: UInt32)
  }

  package var description: String {
    switch self {
    case .locked(let directory, let owner, let hasWaited):
      "another run \(hasWaited ? "still " : "")holds the lock of "
        + "\(directory)\(owner.map { " (\($0))" } ?? ""): wait for it to end, or give "
        + (hasWaited ? "a longer --lock-timeout" : "--lock-timeout")
    case .damaged(let file, let offset, let detail):
      "\(file) is damaged at byte \(offset) (\(detail)): "
        + "`osbatch run --rebuild-state` goes on with what can be read"
    case .newerVersion(let file, let version):
      "\(file) has format \(version), which a newer osbatch wrote (this one reads 1): "
        + "use that version, or another --state-dir"
    case .unsafeDirectory(let path, let problem):
      Self.sentence(path, problem)
    case .io(let error):
      "\(error): the state directory must be readable and writable; --state-dir names another"
    case .writeFailed(let error):
      "\(error): the run was stopped because its state can no longer be recorded; "
        + "mend that and run again, it continues"
    case .recordTooLong(let file, let bytes):
      "a record of \(bytes) bytes is too long for \(file): "
        + "the service's upload id or a name of the manifest is not plausible"
    }
  }

  private static func sentence(_ path: String, _ problem: UnsafeDirectory) -> String {
    switch problem {
    case .notADirectory:
      "\(path) is not a directory: remove it, or name another with --state-dir"
    case .symbolicLink:
      "\(path) is a symbolic link, which a state directory must not be: "
        + "name its destination with --state-dir"
    case .symbolicLinkInside:
      "\(path) is a symbolic link, and nothing is written through one: remove it, "
        + "which costs at most some listings"
    case .ownedBy(let user):
      "\(path) belongs to another user (uid \(user)): name a directory of yours with --state-dir"
    case .writableByOthers(let mode):
      "\(path) can be written by other users (mode \(String(mode, radix: 8))): chmod 700 it, "
        + "or name another with --state-dir"
    }
  }
}

/// Runs system calls on the way to a usable state: what fails there means the run cannot start.
func opening<Result: ~Copyable>(
  _ body: () throws(SystemError) -> Result
) throws(StoreError) -> Result {
  do throws(SystemError) { return try body() } catch { throw .io(error) }
}
