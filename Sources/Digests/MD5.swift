/// MD5 over a stream of bytes, as `Content-MD5` and ETags use it: against damage, not against
/// attackers. One value belongs to one thread at a time; it may be used again after `finalize`.
// `@unchecked`: the context moves with its only owner.
package struct MD5: ~Copyable, @unchecked Sendable {
  /// Bytes of a digest.
  package static let count = 16

  private let context: DigestContext

  package init() { context = DigestContext(Algorithms.md5) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) { context.update(bytes) }

  /// The digest of everything since the last one; begins anew.
  package mutating func finalize() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.count) { buffer, count in
      context.finalize(into: UnsafeMutableRawBufferPointer(buffer))
      count = Self.count
    }
  }

  package static func digest(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var hash = MD5()
    hash.update(bytes)
    return hash.finalize()
  }

  package static func digest(of bytes: some Sequence<UInt8>) -> [UInt8] {
    Array(bytes).withUnsafeBytes { digest(of: $0) }
  }
}
