/// An object's key: 1–1023 bytes of UTF-8, compared and ordered by its bytes. (`String` would take
/// two keys for one when they differ only in Unicode composition.)
struct ObjectKey: Hashable, Comparable, Sendable {
  static let maximumLength = 1023
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }
  init(_ text: String) { bytes = Array(text.utf8) }

  /// The rule of the OSS API reference, "Object and bucket naming".
  var isLegal: Bool {
    guard let first = bytes.first, bytes.count <= ObjectKey.maximumLength else { return false }
    guard first != UInt8(ascii: "/"), first != UInt8(ascii: "\\") else { return false }
    return String(validating: bytes, as: UTF8.self) != nil
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  static func < (left: ObjectKey, right: ObjectKey) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}
