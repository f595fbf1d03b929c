internal import Glibc

/// Whether and where a byte stands in a text, by memchr(3): every `file` and `key` is searched.
extension UnsafeBufferPointer<UInt8> {
  func holds(_ byte: UInt8) -> Bool { firstIndex(of: byte, from: 0) != nil }

  func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    guard let baseAddress else { return nil }
    return memchr(baseAddress + start, CInt(byte), count - start).map {
      UnsafeRawPointer($0) - UnsafeRawPointer(baseAddress)
    }
  }
}

extension String {
  func holds(_ byte: UInt8) -> Bool {
    utf8.withContiguousStorageIfAvailable { $0.holds(byte) } ?? utf8.contains(byte)
  }
}
