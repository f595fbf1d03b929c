/// A header as it was sent and is sent back.
struct StoredHeader: Sendable {
  /// In lower case.
  var name: String
  var value: String
}

/// What is known of one stored object besides its bytes.
struct StoredObject: Sendable {
  enum Kind: String, Sendable { case normal = "Normal", multipart = "Multipart" }

  var key: ObjectKey
  var size: Int
  /// Seconds since 1970.
  var modified: Int64
  var checksum: UInt64
  /// Without quotes.
  var entityTag: String
  var kind: Kind
  var headers: [StoredHeader]

  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
