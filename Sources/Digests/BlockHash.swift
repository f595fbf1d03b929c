/// A hash over a stream of bytes, which takes them in blocks; it may be used again after `finalize`.
///
/// All of them are libcrypto's functions for one algorithm, not those for any algorithm (EVP): the first use of those collects the
/// names of all that libcrypto knows, which takes longer than everything else that a run of few files needs of it. Nor does a
/// system that is configured for FIPS hide MD5 from them, which detects damage here and protects no secret.
protocol BlockHash: Sendable {
  /// Bytes of a digest.
  static var count: Int { get }
  /// Bytes that are hashed at a time.
  static var blockSize: Int { get }

  init()
  mutating func update(_ bytes: UnsafeRawBufferPointer)
  /// Writes the digest into the first `count` bytes of `digest`, and begins anew.
  mutating func finalize(into digest: UnsafeMutableRawBufferPointer)
}

extension BlockHash {
  /// The digest of everything since the last one; begins anew.
  mutating func finalizedBytes() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.count) { buffer, count in
      finalize(into: UnsafeMutableRawBufferPointer(buffer))
      count = Self.count
    }
  }

  static func bytes(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var hash = Self()
    hash.update(bytes)
    return hash.finalizedBytes()
  }
}
