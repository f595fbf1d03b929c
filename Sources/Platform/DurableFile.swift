internal import Glibc

/// What makes a file survive a power loss, beside `FileDescriptor.synchronizeData`.
extension FileDescriptor {
  /// Flushes data and all metadata, which a change of length needs.
  package func synchronize(_ path: String = "") throws(SystemError) {
    guard retryingInterrupts({ fsync(raw) }) == 0 else { throw SystemError("flush", path) }
  }

  /// Cuts the file to `length` bytes.
  package func truncate(to length: Int, path: String = "") throws(SystemError) {
    guard retryingInterrupts({ ftruncate(raw, length) }) == 0 else {
      throw SystemError("truncate", path)
    }
  }

  /// Flushes a directory's list of names: after it, what was created or renamed there stays.
  package static func synchronizeDirectory(_ path: String) throws(SystemError) {
    try open(path, O_RDONLY | O_DIRECTORY).synchronize(path)
  }
}
