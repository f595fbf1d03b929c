package import BatchCore
internal import Checksum
internal import Digests

extension EntryIdentity {
  /// The first 16 bytes of the SHA-256 of realm, NUL, bucket, NUL, key. `realm` is what
  /// distinguishes two services (their endpoint); neither it nor a bucket's name can hold a NUL.
  package init(realm: String, bucket: String, key: String) {
    let length = realm.utf8.count + bucket.utf8.count + key.utf8.count + 2
    self = withUnsafeTemporaryAllocation(byteCount: length, alignment: 1) { name in
      var end = Self.copy(realm, to: name, at: 0)
      name[end] = 0
      end = Self.copy(bucket, to: name, at: end + 1)
      name[end] = 0
      _ = Self.copy(key, to: name, at: end + 1)
      return Self.hashed(UnsafeRawBufferPointer(name))
    }
  }

  /// Where the text ends.
  private static func copy(
    _ text: String, to name: UnsafeMutableRawBufferPointer, at start: Int
  ) -> Int {
    var text = text
    return text.withUTF8 { bytes in
      UnsafeMutableRawBufferPointer(rebasing: name[start...]).copyBytes(from: bytes)
      return start + bytes.count
    }
  }

  private static func hashed(_ name: UnsafeRawBufferPointer) -> EntryIdentity {
    withUnsafeTemporaryAllocation(byteCount: SHA256.count, alignment: 8) { digest in
      var hash = SHA256()
      hash.update(name)
      hash.finalize(into: digest)
      return EntryIdentity(
        high: UInt64(bigEndian: digest.load(as: UInt64.self)),
        low: UInt64(bigEndian: digest.load(fromByteOffset: 8, as: UInt64.self)))
    }
  }
}

extension Fingerprint {
  /// The `path` of a source: the CRC-64 of the bytes of its absolute path.
  package static func pathDigest(_ absolutePath: String) -> UInt64 {
    var checksum = CRC64()
    var path = absolutePath
    path.withUTF8 { checksum.update(UnsafeRawBufferPointer($0)) }
    return checksum.value
  }
}
