internal import Glibc

/// Descriptors that have no positions: pipes, terminals, standard input.
extension FileDescriptor {
  /// An own descriptor for what `raw` has open, so that closing it leaves `raw` alone.
  package static func duplicating(_ raw: CInt, path: String) throws(SystemError) -> FileDescriptor {
    let copy = fcntl(raw, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw SystemError("open", path) }
    return FileDescriptor(owning: copy)
  }

  /// All bytes from the descriptor's position to its end, or the first `limit` + 1 when there are
  /// more than `limit`: the caller sees by the count that something was left.
  package func readToEnd(limit: Int, path: String) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    // (Not an array: filling it with zeros would take more than reading a short file.)
    let chunk = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)
    defer { chunk.deallocate() }
    while bytes.count <= limit {
      let room = min(chunk.count, limit + 1 - bytes.count)
      let count = retryingInterrupts { Glibc.read(raw, chunk.baseAddress, room) }
      guard count >= 0 else { throw SystemError("read", path) }
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
    }
    return bytes
  }
}
