/// The tags of an object, from the header `x-oss-tagging: k=v&k2=v2` (OSS API reference, "Request headers"): at most 10,
/// keys of 1–128 bytes, values of at most 256.
struct ObjectTags: Sendable {
  private static let maximumCount = 10
  private static let maximumKeyBytes = 128
  private static let maximumValueBytes = 256

  let pairs: [(key: String, value: String)]

  init(_ header: String) throws(ServiceError) {
    var pairs: [(key: String, value: String)] = []
    for pair in header.utf8.split(separator: UInt8(ascii: "&")) {
      let halves = pair.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let value = halves.count > 1 ? halves[1] : halves[0].prefix(0)
      guard let keyBytes = PercentEncoding.decode(halves[0], plusIsSpace: true),
        let valueBytes = PercentEncoding.decode(value, plusIsSpace: true)
      else { throw ObjectTags.refusal("is not URL-encoded", header) }
      pairs.append(
        (String(decoding: keyBytes, as: UTF8.self), String(decoding: valueBytes, as: UTF8.self)))
    }
    self.pairs = pairs
    try check(header)
  }

  private func check(_ header: String) throws(ServiceError) {
    guard pairs.count <= ObjectTags.maximumCount else {
      throw ObjectTags.refusal("has more than \(ObjectTags.maximumCount) tags", header)
    }
    guard Set(pairs.map(\.key)).count == pairs.count else {
      throw ObjectTags.refusal("has a key twice", header)
    }
    for (key, value) in pairs {
      guard (1...ObjectTags.maximumKeyBytes).contains(key.utf8.count),
        value.utf8.count <= ObjectTags.maximumValueBytes
      else { throw ObjectTags.refusal("has a key or value of an illegal length", header) }
      guard (key + value).allSatisfy(ObjectTags.isLegal) else {
        throw ObjectTags.refusal("has a letter that tags cannot have", header)
      }
    }
  }

  private static func isLegal(_ letter: Character) -> Bool {
    letter.isLetter || letter.isNumber || " +-=._:/".contains(letter)
  }

  private static func refusal(_ reason: String, _ header: String) -> ServiceError {
    ServiceError(400, "InvalidTag", "The tagging \(reason).").with("Tagging", header)
  }
}
