/// Object tags and their header form (OSS API reference, "Request headers": `x-oss-tagging`).
enum Tagging {
  static let maximumCount = 10
  static let maximumKeyLength = 128
  static let maximumValueLength = 256

  struct Tag: Equatable {
    var key: String
    var value: String
  }

  /// `k=v&k2=v2`, both sides URL-encoded.
  static func encode(_ tags: [Tag]) -> String {
    tags.map { "\(percentEncoded($0.key))=\(percentEncoded($0.value))" }.joined(separator: "&")
  }

  /// The tags that `encode` makes into this value; nil: the user encoded them in a way of their own.
  static func tags(encodedAs header: String) -> [Tag]? {
    var tags: [Tag] = []
    for pair in header.split(separator: "&", omittingEmptySubsequences: false) {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, let key = percentDecoded(sides[0]),
        let value = percentDecoded(sides[1])
      else { return nil }
      tags.append(Tag(key: key, value: value))
    }
    let isSorted = zip(tags, tags.dropFirst()).allSatisfy { $0.key < $1.key }
    return isSorted && encode(tags) == header ? tags : nil
  }

  /// What is wrong with a tag; nil: nothing.
  static func problem(_ tag: Tag) -> String? {
    if tag.key.isEmpty { return "a tag's key must not be empty" }
    if tag.key.utf8.count > maximumKeyLength {
      return "the tag's key has \(tag.key.utf8.count) characters; at most \(maximumKeyLength)"
    }
    if tag.value.utf8.count > maximumValueLength {
      return "the tag's value has \(tag.value.utf8.count) characters; at most \(maximumValueLength)"
    }
    guard (tag.key + tag.value).utf8.allSatisfy(isAllowed) else {
      return "a tag may hold letters, digits, spaces and + - = . _ : / only"
    }
    return nil
  }

  /// What is wrong with a header value that the user encoded; nil: nothing.
  static func problem(header value: String) -> String? {
    let pairs = value.split(separator: "&", omittingEmptySubsequences: false)
    guard pairs.count <= maximumCount else {
      return "holds \(pairs.count) tags; at most \(maximumCount) are allowed"
    }
    for pair in pairs {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let decoded = sides.map { percentDecoded($0) }
      guard let key = decoded[0], let text = decoded.count > 1 ? decoded[1] : "" else {
        return "is not URL-encoded; the key \"tags\" does that for you"
      }
      if let problem = problem(Tag(key: key, value: text)) { return "is refused: \(problem)" }
    }
    return nil
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    isLetterOrDigit(byte) || " +-=._:/".utf8.contains(byte)
  }

  private static func percentEncoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      if isLetterOrDigit(byte) || "-._~".utf8.contains(byte) {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let code = String(byte, radix: 16, uppercase: true)
        result += (byte < 16 ? "%0" : "%") + code
      }
    }
    return result
  }

  private static func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

func isLetterOrDigit(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"):
    true
  default: false
  }
}
