/// Reads a JSON text (RFC 8259) token by token. Strict: what the RFC does not allow is a problem, any
/// bytes give tokens or a problem within a bounded depth, and no name or number is interpreted here. That the
/// bytes are UTF-8 is the caller's to check.
package struct JSONScanner {
  private enum Expected { case value, firstItem, firstName, name, colon, separator }

  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private let maximumDepth: Int
  private var position = 0
  private var expected = Expected.value
  private var depth = 0
  /// A bit for each open container, the innermost lowest: 1 for an object.
  private var containers: UInt64 = 0
  /// The text's one value has been read to its end.
  package private(set) var isComplete = false

  /// The bytes must stay where they are while the scanner is in use; only `text(of:)` changes them. At most
  /// 64 levels of containers can be told apart.
  package init(_ bytes: UnsafeMutableBufferPointer<UInt8>, maximumDepth: Int) {
    precondition((0...UInt64.bitWidth).contains(maximumDepth), "as many levels as there are bits")
    self.bytes = bytes
    self.maximumDepth = maximumDepth
  }

  /// The byte that the next token begins with; nil: nothing follows but blanks.
  package mutating func nextByte() -> UInt8? {
    while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    return peek
  }

  /// Where the byte of `nextByte` lies.
  package var offset: Int { position }

  /// The next token of a text that is not complete.
  package mutating func next() throws(JSONProblem) -> JSONToken {
    while true {
      let byte = nextByte()
      switch expected {
      case .value: return try value(byte)
      case .firstItem: return byte == UInt8(ascii: "]") ? close() : try value(byte)
      case .firstName: return byte == UInt8(ascii: "}") ? close() : try name(byte)
      case .name: return try name(byte)
      case .colon:
        guard byte == UInt8(ascii: ":") else { throw problem("\":\" is expected here") }
        position += 1
        expected = .value
      case .separator:
        if byte == (isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) { return close() }
        guard byte == UInt8(ascii: ",") else {
          throw problem("\",\" or \"\(isInObject ? "}" : "]")\" is expected here")
        }
        position += 1
        expected = isInObject ? .name : .value
      }
    }
  }

  private var isInObject: Bool { containers & 1 == 1 }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func problem(_ message: String) -> JSONProblem {
    JSONProblem(message: message, offset: position)
  }

  private mutating func value(_ byte: UInt8?) throws(JSONProblem) -> JSONToken {
    switch byte {
    case UInt8(ascii: "{"): return try open(.objectStart)
    case UInt8(ascii: "["): return try open(.arrayStart)
    case UInt8(ascii: "\""): return ended(try string(.string))
    default: return ended(try literal())
    }
  }

  private mutating func name(_ byte: UInt8?) throws(JSONProblem) -> JSONToken {
    guard byte == UInt8(ascii: "\"") else { throw problem("a name in quotes is expected here") }
    expected = .colon
    return try string(.name)
  }

  private mutating func open(_ kind: JSONToken.Kind) throws(JSONProblem) -> JSONToken {
    guard depth < maximumDepth else { throw problem("nested deeper than \(maximumDepth) levels") }
    let token = mark(kind)
    depth += 1
    containers = containers << 1 | (kind == .objectStart ? 1 : 0)
    expected = kind == .objectStart ? .firstName : .firstItem
    return token
  }

  private mutating func close() -> JSONToken {
    depth -= 1
    let kind: JSONToken.Kind = isInObject ? .objectEnd : .arrayEnd
    containers >>= 1
    return ended(mark(kind))
  }

  /// The token of one byte, which is taken.
  private mutating func mark(_ kind: JSONToken.Kind) -> JSONToken {
    position += 1
    return JSONToken(kind: kind, depth: depth, range: position - 1..<position)
  }

  /// With this token a value has ended.
  private mutating func ended(_ token: JSONToken) -> JSONToken {
    isComplete = depth == 0
    expected = .separator
    return token
  }

  // Scalars

  private mutating func literal() throws(JSONProblem) -> JSONToken {
    let start = position
    while let byte = peek, JSONLiteral.mayHold(byte) { position += 1 }
    let token = JSONToken(kind: .literal, depth: depth, range: start..<position)
    guard JSONLiteral.isValue(bytes[token.range]) else {
      throw JSONProblem(message: "a value of JSON is expected here", offset: start)
    }
    return token
  }

  private mutating func string(_ kind: JSONToken.Kind) throws(JSONProblem) -> JSONToken {
    let quote = position
    var hasEscapes = false
    position += 1
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return JSONToken(
          kind: kind, depth: depth, range: quote..<position, hasEscapes: hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        position = try JSONEscape(bytes, at: position).end
      case 0..<0x20:
        throw problem("a control character must be written as an escape, such as \\n or \\u0001")
      default: position += 1
      }
    }
    throw JSONProblem(message: "the string that begins here has no end", offset: quote)
  }

  /// The bytes of what a name or a string says, as long as nothing else is put there. Escapes are resolved
  /// in place, since what they stand for is never longer: call it once.
  package func text(of token: JSONToken) -> UnsafeBufferPointer<UInt8> {
    let start = token.range.lowerBound + 1
    var end = token.range.upperBound - 1
    if token.hasEscapes { end = resolveEscapes(start..<end) }
    return UnsafeBufferPointer(rebasing: bytes[start..<end])
  }

  /// Returns the end of what is left.
  private func resolveEscapes(_ range: Range<Int>) -> Int {
    var (source, target) = (range.lowerBound, range.lowerBound)
    while source < range.upperBound {
      if bytes[source] == UInt8(ascii: "\\") {
        guard let escape = try? JSONEscape(bytes, at: source) else {
          preconditionFailure("next() has refused what is no escape")
        }
        source = escape.end
        for byte in String(escape.scalar).utf8 {
          bytes[target] = byte
          target += 1
        }
      } else {
        bytes[target] = bytes[source]
        source += 1
        target += 1
      }
    }
    return target
  }
}
