internal import Foundation

/// A file of any size that holds nothing: in memory, since file systems on disks have smaller limits.
package final class SparseFile {
  package let path: String

  package init(_ size: Int) throws {
    path = "/dev/shm/osbatch-sparse-\(UUID().uuidString)"
    let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Problem("\(path) cannot be made: errno \(errno)") }
    defer { close(file) }
    guard ftruncate(file, size) == 0 else {
      throw Problem("/dev/shm has no file of \(size) bytes: errno \(errno)")
    }
  }

  deinit { unlink(path) }
}
