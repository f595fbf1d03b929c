internal import Glibc

/// Whether a byte stands in a text, by memchr(3): every `file` and `key` is searched.
extension UnsafeBufferPointer<UInt8> {
  func holds(_ byte: UInt8) -> Bool {
    guard let baseAddress else { return false }
    return memchr(baseAddress, CInt(byte), count) != nil
  }
}

extension String {
  func holds(_ byte: UInt8) -> Bool {
    utf8.withContiguousStorageIfAvailable { $0.holds(byte) } ?? utf8.contains(byte)
  }
}
