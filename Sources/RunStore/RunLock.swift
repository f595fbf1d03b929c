internal import Glibc
internal import Platform

/// The exclusive right to write a state directory: a kernel lock (flock) on its `lock` file, which
/// ends with this value or with the process, however that dies. The file's text only names the
/// owner for people; it is emptied on release. The directory is locked as well, since people remove files that are called `lock`.
package struct RunLock: ~Copyable {
  private let file: FileDescriptor
  private let directory: FileDescriptor

  private init(file: consuming FileDescriptor, directory: consuming FileDescriptor) {
    self.file = file
    self.directory = directory
  }

  /// The name is a courtesy; a name that stays is recognised by its dead process. Unlocking, and not
  /// only closing, ends the lock even while a child that is about to `exec` still shares the file.
  deinit {
    _ = ftruncate(file.raw, 0)
    _ = flock(file.raw, LOCK_UN)
    _ = flock(directory.raw, LOCK_UN)
  }

  private static let firstPause = 10_000_000
  private static let longestPause = 500_000_000
  /// Nobody removes it more often meanwhile; a file system on which an open file never is the one of its name is not for locks.
  private static let mostRemovals = 100

  /// Takes the lock, waiting up to `timeout` for another run to end.
  package static func acquire(
    in directory: RunDirectory, timeout: Duration = .zero
  ) throws(StoreError) -> RunLock {
    let deadline = (Instant.now + timeout).nanoseconds
    for _ in 0..<mostRemovals {
      if let lock = try acquire(in: directory, timeout, until: deadline) { return lock }
      // What was waited for has been removed, and others may have made it anew.
      try directory.prepare()
    }
    throw .io(SystemError("lock", directory.lock, code: ESTALE))
  }

  /// nil: what is locked now is not what has these names any more.
  private static func acquire(
    in directory: RunDirectory, _ timeout: Duration, until deadline: Int64
  ) throws(StoreError) -> RunLock? {
    let file = try opening { () throws(SystemError) in
      try FileDescriptor.open(directory.lock, O_RDWR | O_CREAT | O_NOFOLLOW)
    }
    let home = try opening { () throws(SystemError) in
      try FileDescriptor.open(directory.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    }
    var pause = firstPause
    while try !attempt(file, home, directory.lock) {
      let rest = deadline - Instant.now.nanoseconds
      guard rest > 0 else {
        throw .locked(
          directory: directory.path, owner: try RunLockOwner.read(in: directory),
          hasWaited: timeout > .zero)
      }
      sleep(nanoseconds: min(pause, Int(rest)))
      pause = min(2 * pause, longestPause)
    }
    let lock = RunLock(file: file, directory: home)
    guard lock.isNamed(directory) else { return nil }
    try opening { () throws(SystemError) in
      try lock.file.truncate(to: 0, path: directory.lock)
      try lock.file.writeBytes(RunLockOwner.current.line, path: directory.lock)
    }
    return lock
  }

  private borrowing func isNamed(_ directory: RunDirectory) -> Bool {
    Self.isNamed(file, directory.lock) && Self.isNamed(self.directory, directory.path)
  }

  private static func isNamed(_ file: borrowing FileDescriptor, _ path: String) -> Bool {
    var named = stat()
    guard let own = try? file.status(path), stat(path, &named) == 0 else { return false }
    return own.st_dev == named.st_dev && own.st_ino == named.st_ino
  }

  /// false: another run holds it.
  private static func attempt(
    _ file: borrowing FileDescriptor, _ directory: borrowing FileDescriptor, _ path: String
  ) throws(StoreError) -> Bool {
    switch lock(file) {
    case 0: break
    case EWOULDBLOCK: return false
    case let code: throw .io(SystemError("lock", path, code: code))
    }
    // (Some file systems lock no directories.)
    guard lock(directory) == EWOULDBLOCK else { return true }
    _ = flock(file.raw, LOCK_UN)
    return false
  }

  /// The `errno` value, or 0.
  private static func lock(_ file: borrowing FileDescriptor) -> CInt {
    let raw = file.raw
    return retryingInterrupts({ flock(raw, LOCK_EX | LOCK_NB) }) == 0 ? 0 : errno
  }

  private static func sleep(nanoseconds: Int) {
    var pause = timespec(tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
    nanosleep(&pause, nil)
  }
}
