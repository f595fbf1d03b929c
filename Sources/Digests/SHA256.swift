/// SHA-256 over a stream of bytes. One value belongs to one thread at a time; it may be used again
/// after `finalize`, which is much cheaper than a new one.
// `@unchecked`: the context moves with its only owner.
package struct SHA256: ~Copyable, @unchecked Sendable {
  /// Bytes of a digest.
  package static let count = 32

  private let context: DigestContext

  package init() { context = DigestContext(Algorithms.sha256) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) { context.update(bytes) }

  /// Writes the digest into the first 32 bytes of `digest`, and begins anew.
  package mutating func finalize(into digest: UnsafeMutableRawBufferPointer) {
    context.finalize(into: digest)
  }

  /// The digest of everything since the last one; begins anew.
  package mutating func finalize() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.count) { buffer, count in
      context.finalize(into: UnsafeMutableRawBufferPointer(buffer))
      count = Self.count
    }
  }

  package static func digest(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finalize()
  }

  package static func digest(of bytes: some Sequence<UInt8>) -> [UInt8] {
    Array(bytes).withUnsafeBytes { digest(of: $0) }
  }
}
