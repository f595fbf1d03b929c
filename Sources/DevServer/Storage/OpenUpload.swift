internal import Digests

/// One part of an open multipart upload.
struct StoredPart: Sendable {
  static let minimumSize = 102_400
  static let numbers = 1...10_000

  var number: Int
  var size: Int
  /// Seconds since 1970.
  var modified: Int64
  var checksum: UInt64
  var md5: [UInt8]
  /// The part's file, in its upload's directory.
  var fileName: String

  /// Without quotes.
  var entityTag: String { Hexadecimal.uppercase(md5) }
}

/// A multipart upload that is neither completed nor aborted.
struct OpenUpload: Sendable {
  var identifier: String
  var key: ObjectKey
  /// Seconds since 1970.
  var initiated: Int64
  /// What Initiate gave for the object to come.
  var headers: [StoredHeader]
  var parts: [Int: StoredPart] = [:]
}
