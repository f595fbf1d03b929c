/// One element of a parsed document: local name, the text directly inside it, child elements.
struct XMLElement {
  var name: String
  var text = ""
  var children: [XMLElement] = []

  func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }
}

/// Why a document was refused.
enum XMLFailure: Error { case malformed }

/// Reads the part of XML that requests to OSS use: elements, attributes (skipped), text, comments,
/// CDATA, the predefined entities and character references. A document type is refused, so
/// nothing can expand. Namespace prefixes are dropped.
struct XMLParser {
  private static let maximumDepth = 16
  private let bytes: [UInt8]
  private var position = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  static func parse(_ bytes: [UInt8]) throws(XMLFailure) -> XMLElement {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw .malformed }
    var parser = XMLParser(bytes)
    _ = parser.skip("\u{FEFF}")
    try parser.skipMiscellany()
    let root = try parser.element(depth: 0)
    try parser.skipMiscellany()
    guard parser.position == bytes.count else { throw .malformed }
    return root
  }

  private mutating func element(depth: Int) throws(XMLFailure) -> XMLElement {
    guard depth < XMLParser.maximumDepth, skip("<") else { throw .malformed }
    let name = try self.name()
    var element = XMLElement(name: String(name.split(separator: ":").last ?? ""))
    if try skipAttributes() { return element }
    while true {
      if skip("</") {
        guard try self.name() == name else { throw .malformed }
        skipSpace()
        guard skip(">") else { throw .malformed }
        return element
      } else if skip("<!--") {
        _ = try text(upTo: "-->")
      } else if skip("<![CDATA[") {
        element.text += try text(upTo: "]]>")
      } else if peek() == UInt8(ascii: "<") {
        element.children.append(try self.element(depth: depth + 1))
      } else {
        element.text += try characters()
      }
    }
  }

  /// Skips up to the end of the opening tag; true when the element ends with it (`/>`).
  private mutating func skipAttributes() throws(XMLFailure) -> Bool {
    while true {
      skipSpace()
      if skip("/>") { return true }
      if skip(">") { return false }
      _ = try name()
      skipSpace()
      guard skip("=") else { throw .malformed }
      skipSpace()
      if skip("\"") {
        _ = try text(upTo: "\"")
      } else if skip("'") {
        _ = try text(upTo: "'")
      } else {
        throw .malformed
      }
    }
  }

  private mutating func characters() throws(XMLFailure) -> String {
    var result: [UInt8] = []
    while let byte = peek(), byte != UInt8(ascii: "<") {
      position += 1
      if byte == UInt8(ascii: "&") {
        result += try reference().utf8
      } else {
        result.append(byte)
      }
    }
    guard position < bytes.count else { throw .malformed }
    return String(decoding: result, as: UTF8.self)
  }

  private mutating func reference() throws(XMLFailure) -> String {
    let name = try text(upTo: ";")
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default: break
    }
    let code =
      name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : UInt32(name.dropFirst(1))
    guard name.hasPrefix("#"), let scalar = code.flatMap(Unicode.Scalar.init) else {
      throw .malformed
    }
    return String(Character(scalar))
  }

  private mutating func name() throws(XMLFailure) -> String {
    let start = position
    while let byte = peek(), !isSpace(byte), !"<>/=\"'&".utf8.contains(byte) { position += 1 }
    guard position > start else { throw .malformed }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func skipMiscellany() throws(XMLFailure) {
    while true {
      skipSpace()
      if skip("<?") {
        _ = try text(upTo: "?>")
      } else if skip("<!--") {
        _ = try text(upTo: "-->")
      } else {
        return
      }
    }
  }

  private mutating func text(upTo end: String) throws(XMLFailure) -> String {
    let start = position
    while position < bytes.count {
      let stop = position
      if skip(end) { return String(decoding: bytes[start..<stop], as: UTF8.self) }
      position += 1
    }
    throw .malformed
  }

  private mutating func skip(_ token: String) -> Bool {
    guard bytes[position...].starts(with: token.utf8) else { return false }
    position += token.utf8.count
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek(), isSpace(byte) { position += 1 }
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }
  private func isSpace(_ byte: UInt8) -> Bool { " \t\r\n".utf8.contains(byte) }
}
