internal import CLibCrypto

/// MD5 over a stream of bytes, as `Content-MD5` and ETags use it: against damage, not against
/// attackers. It may be used again after `finalize`.
package struct MD5: BlockHash {
  package static let count = 16
  static let blockSize = 64

  private var context = MD5_CTX()

  package init() { MD5_Init(&context) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    MD5_Update(&context, bytes.baseAddress, bytes.count)
  }

  mutating func finalize(into digest: UnsafeMutableRawBufferPointer) {
    precondition(digest.count >= Self.count)
    MD5_Final(digest.baseAddress?.assumingMemoryBound(to: UInt8.self), &context)
    MD5_Init(&context)
  }

  /// The digest of everything since the last one; begins anew.
  package mutating func finalize() -> [UInt8] { finalizedBytes() }

  package static func digest(of bytes: UnsafeRawBufferPointer) -> [UInt8] { Self.bytes(of: bytes) }

  package static func digest(of bytes: some Sequence<UInt8>) -> [UInt8] {
    Array(bytes).withUnsafeBytes { digest(of: $0) }
  }
}
