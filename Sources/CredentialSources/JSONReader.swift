/// Reads a JSON object (RFC 8259) for the members whose values are text; others are checked and left
/// out. Any bytes give a result or nil, within a bounded depth.
struct JSONReader {
  private static let maximumDepth = 32

  private let bytes: [UInt8]
  private var position = 0

  /// The text members of the object that `bytes` are, the last of equal names; nil: they are no
  /// object.
  static func textMembers(_ bytes: [UInt8]) -> [String: String]? {
    var reader = JSONReader(bytes: bytes)
    reader.skipBlanks()
    guard reader.next == UInt8(ascii: "{"), let members = reader.object(depth: 0) else {
      return nil
    }
    reader.skipBlanks()
    return reader.next == nil ? members : nil
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipBlanks() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  /// Takes this byte, with blanks around it.
  private mutating func take(_ mark: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard next == UInt8(ascii: mark) else { return false }
    position += 1
    skipBlanks()
    return true
  }

  private mutating func object(depth: Int) -> [String: String]? {
    guard depth < Self.maximumDepth, take("{") else { return nil }
    var members: [String: String] = [:]
    if take("}") { return members }
    repeat {
      guard let name = text(), take(":") else { return nil }
      if next == UInt8(ascii: "\"") {
        guard let value = text() else { return nil }
        members[name] = value
      } else {
        guard skipValue(depth: depth + 1) else { return nil }
        members[name] = nil
      }
    } while take(",")
    return take("}") ? members : nil
  }

  private mutating func array(depth: Int) -> Bool {
    guard depth < Self.maximumDepth, take("[") else { return false }
    if take("]") { return true }
    repeat {
      guard skipValue(depth: depth + 1) else { return false }
    } while take(",")
    return take("]")
  }

  private mutating func skipValue(depth: Int) -> Bool {
    switch next {
    case UInt8(ascii: "{"): return object(depth: depth) != nil
    case UInt8(ascii: "["): return array(depth: depth)
    case UInt8(ascii: "\""): return text() != nil
    default: return skipWord()
    }
  }

  /// A number, `true`, `false` or `null`.
  private mutating func skipWord() -> Bool {
    let start = position
    while let byte = next, Self.isOfWord(byte) { position += 1 }
    let word = String(decoding: bytes[start..<position], as: UTF8.self)
    return ["true", "false", "null"].contains(word) || Double(word) != nil
  }

  private static func isOfWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  private mutating func text() -> String? {
    guard next == UInt8(ascii: "\"") else { return nil }
    position += 1
    var utf8: [UInt8] = []
    while let byte = next, byte >= 0x20 {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(validating: utf8, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let scalar = escaped() else { return nil }
        utf8 += Array(String(scalar).utf8)
      default: utf8.append(byte)
      }
    }
    return nil
  }

  private mutating func escaped() -> Unicode.Scalar? {
    guard let byte = next else { return nil }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "u"): return unicodeEscape()
    default: return nil
    }
  }

  /// `\uXXXX`, and the pair of them that stands for one character beyond the first 65,536.
  private mutating func unicodeEscape() -> Unicode.Scalar? {
    guard let high = fourDigits() else { return nil }
    guard (0xD800..<0xDC00).contains(high) else { return Unicode.Scalar(high) }
    guard bytes[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else {
      return nil
    }
    position += 2
    guard let low = fourDigits(), (0xDC00..<0xE000).contains(low) else { return nil }
    return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
  }

  private mutating func fourDigits() -> UInt32? {
    guard position + 4 <= bytes.count else { return nil }
    let digits = bytes[position..<position + 4]
    position += 4
    guard digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else {
      return nil
    }
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }
}
