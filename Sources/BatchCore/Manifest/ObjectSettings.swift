/// A header as it is stored and sent: the name in lower case, the value without surrounding space.
package struct HeaderField: Hashable, Comparable, Sendable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// Bytes count: the standard library takes composed and decomposed characters for equal.
  package static func == (left: HeaderField, right: HeaderField) -> Bool {
    left.name.utf8.elementsEqual(right.name.utf8) && left.value.utf8.elementsEqual(right.value.utf8)
  }

  package static func < (left: HeaderField, right: HeaderField) -> Bool {
    if !left.name.utf8.elementsEqual(right.name.utf8) {
      return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
    return left.value.utf8.lexicographicallyPrecedes(right.value.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    for text in [name, value] {
      for byte in text.utf8 { hasher.combine(byte) }
      hasher.combine(UInt8(0xFF))
    }
  }
}

/// How one object is sent and stored: an entry's settings with everything inherited merged in.
package struct ObjectSettings: Hashable, Sendable {
  package enum Overwrite: String, Sendable, CaseIterable { case always, never }
  package enum Checksum: String, Sendable, CaseIterable { case crc64, none }
  package enum PartSize: Hashable, Sendable {
    case auto
    /// Bytes, 100 KiB … 5 GiB.
    case fixed(Int)
  }

  /// Everything that is stored with the object, as headers sorted by name, each name once:
  /// `headers`, and `content_type`, `metadata`, `tags`, `acl`, `storage_class` and `encryption` in
  /// their header form (content-type, x-oss-meta-*, x-oss-tagging, x-oss-object-acl,
  /// x-oss-storage-class, x-oss-server-side-encryption*). No content-type: the built-in table decides.
  package var headers: [HeaderField] = []
  package var partSize: PartSize = .auto
  /// Bytes; larger than this means multipart.
  package var multipartThreshold = 10 << 20
  package var overwrite: Overwrite = .always
  package var checksum: Checksum = .crc64
  /// Also send Content-MD5 with every body (one more read of the source).
  package var contentMD5 = false
  /// How often one request is repeated after a failure that may pass.
  package var retries = ObjectSettings.defaultRetries

  package static let defaultRetries = 8
  package static let maximumRetries = 100

  package init() {}
}
