internal import CLibCrypto

/// SHA-1, for signature V1's HMAC alone.
struct SHA1: BlockHash {
  static let count = 20
  static let blockSize = 64

  private var context = SHA_CTX()

  init() { SHA1_Init(&context) }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    SHA1_Update(&context, bytes.baseAddress, bytes.count)
  }

  mutating func finalize(into digest: UnsafeMutableRawBufferPointer) {
    precondition(digest.count >= Self.count)
    SHA1_Final(digest.baseAddress?.assumingMemoryBound(to: UInt8.self), &context)
    SHA1_Init(&context)
  }
}
