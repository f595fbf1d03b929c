import BatchCore
import RunStore
import Testing

@Suite struct IdentityTests {
  /// Computed with `printf 'oss-cn-hangzhou\0backups\0db/orders.zst' | sha256sum`.
  @Test func anIdentityIsTheFirstHalfOfTheHash() {
    let identity = EntryIdentity(realm: "oss-cn-hangzhou", bucket: "backups", key: "db/orders.zst")
    #expect(identity == EntryIdentity(high: 0x392d6d3a0b394071, low: 0x1e66cbf3f47e0d58))
  }

  @Test func theBordersBetweenTheNamesCount() {
    let identities: Set = [
      EntryIdentity(realm: "a", bucket: "b", key: "c"),
      EntryIdentity(realm: "ab", bucket: "", key: "c"),
      EntryIdentity(realm: "", bucket: "ab", key: "c"),
      EntryIdentity(realm: "a", bucket: "", key: "bc"),
      EntryIdentity(realm: "", bucket: "", key: ""),
      EntryIdentity(realm: "a", bucket: "b", key: String(repeating: "c", count: 1_023)),
    ]
    #expect(identities.count == 6)
  }

  /// The check value of CRC-64/XZ.
  @Test func aPathIsKnownByTheChecksumOfItsBytes() {
    #expect(Fingerprint.pathDigest("123456789") == 0x995D_C9BB_DF19_39FA)
    #expect(Fingerprint.pathDigest("") == 0)
  }
}
