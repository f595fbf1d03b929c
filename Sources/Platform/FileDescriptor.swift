package import Glibc

/// The one owner of an open descriptor; it is closed when the owner goes.
package struct FileDescriptor: ~Copyable, Sendable {
  package let raw: CInt

  package init(owning raw: CInt) { self.raw = raw }

  deinit { Glibc.close(raw) }

  /// Opens with `O_CLOEXEC` always added.
  package static func open(
    _ path: String, _ flags: CInt, mode: mode_t = 0o600
  ) throws(SystemError) -> FileDescriptor {
    let raw = retryingInterrupts { Glibc.open(path, flags | O_CLOEXEC, mode) }
    guard raw >= 0 else { throw SystemError("open", path) }
    return FileDescriptor(owning: raw)
  }

  package func status(_ path: String = "") throws(SystemError) -> stat {
    var result = stat()
    guard fstat(raw, &result) == 0 else { throw SystemError("stat", path) }
    return result
  }

  /// Reads at `offset` until `buffer` is full or the file ends; the count of bytes read.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int, path: String = ""
  ) throws(SystemError) -> Int {
    var total = 0
    while total < buffer.count {
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[total...])
      let count = retryingInterrupts { pread(raw, room.baseAddress, room.count, offset + total) }
      guard count >= 0 else { throw SystemError("read", path) }
      if count == 0 { break }
      total += count
    }
    return total
  }

  /// Writes all bytes at the descriptor's position.
  package func write(
    _ bytes: UnsafeRawBufferPointer, path: String = ""
  ) throws(SystemError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = retryingInterrupts { Glibc.write(raw, rest.baseAddress, rest.count) }
      guard count >= 0 else { throw SystemError("write", path) }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  package func synchronizeData(_ path: String = "") throws(SystemError) {
    guard retryingInterrupts({ fdatasync(raw) }) == 0 else { throw SystemError("flush", path) }
  }
}
