/// Turns character data into text: references replaced, UTF-8 and XML's character range checked.
struct XMLTextDecoder {
  let bytes: [UInt8]
  var position: Int
  let end: Int

  /// The longest reference that can mean anything is `&#x10FFFF;`.
  private static let maximumReferenceBytes = 10

  mutating func decode() throws(XMLError) -> String {
    let start = position
    var decoded: [UInt8] = []
    while position < end {
      let byte = bytes[position]
      if byte == UInt8(ascii: "&") {
        decoded.append(contentsOf: String(try reference()).utf8)
      } else {
        guard byte >= 0x20 || XMLReader.isSpace(byte) else {
          throw XMLError(reason: .malformed, offset: position)
        }
        decoded.append(byte)
        position += 1
      }
    }
    guard let text = String(validating: decoded, as: UTF8.self) else {
      throw XMLError(reason: .invalidText, offset: start)
    }
    return text
  }

  private mutating func reference() throws(XMLError) -> Character {
    let limit = min(end, position + Self.maximumReferenceBytes)
    guard let semicolon = bytes[position..<limit].firstIndex(of: UInt8(ascii: ";")) else {
      // A document cut within a reference ends where its bytes end.
      let reason: XMLError.Reason = limit == bytes.count ? .ended : .unknownEntity
      throw XMLError(reason: reason, offset: position)
    }
    let name = String(decoding: bytes[position + 1..<semicolon], as: UTF8.self)
    guard let character = Self.character(name) else {
      throw XMLError(reason: .unknownEntity, offset: position)
    }
    position = semicolon + 1
    return character
  }

  private static func character(_ name: String) -> Character? {
    switch name {
    case "amp": "&"
    case "lt": "<"
    case "gt": ">"
    case "quot": "\""
    case "apos": "'"
    default: numeric(name).map(Character.init)
    }
  }

  private static func numeric(_ name: String) -> Unicode.Scalar? {
    let isHexadecimal = name.hasPrefix("#x")
    guard name.hasPrefix("#") else { return nil }
    let digits = name.dropFirst(isHexadecimal ? 2 : 1)
    guard digits.utf8.first != UInt8(ascii: "+"), digits.utf8.first != UInt8(ascii: "-"),
      let code = UInt32(digits, radix: isHexadecimal ? 16 : 10),
      code >= 0x20 || code == 0x09 || code == 0x0A || code == 0x0D
    else { return nil }
    return Unicode.Scalar(code)
  }
}
