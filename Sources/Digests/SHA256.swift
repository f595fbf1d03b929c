internal import CLibCrypto

/// SHA-256 over a stream of bytes; it may be used again after `finalize`.
package struct SHA256: BlockHash {
  package static let count = 32
  static let blockSize = 64

  private var context = SHA256_CTX()

  package init() { SHA256_Init(&context) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    SHA256_Update(&context, bytes.baseAddress, bytes.count)
  }

  package mutating func finalize(into digest: UnsafeMutableRawBufferPointer) {
    precondition(digest.count >= Self.count)
    SHA256_Final(digest.baseAddress?.assumingMemoryBound(to: UInt8.self), &context)
    SHA256_Init(&context)
  }

  /// The digest of everything since the last one; begins anew.
  package mutating func finalize() -> [UInt8] { finalizedBytes() }

  package static func digest(of bytes: UnsafeRawBufferPointer) -> [UInt8] { Self.bytes(of: bytes) }

  package static func digest(of bytes: some Sequence<UInt8>) -> [UInt8] {
    Array(bytes).withUnsafeBytes { digest(of: $0) }
  }
}
