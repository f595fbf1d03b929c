/// Reads one JSON object (RFC 8259) as the events of a mapping, each with its place. Strict: nothing
/// that the RFC does not allow, and no name or number is interpreted here.
struct JSONRow {
  /// Settings nest two levels deep.
  private static let maximumDepth = 8

  private let row: RowBuffer
  private var index = 0
  private var places: RowPlaces
  private var events: [YAMLEvent]

  /// The events are put into `events`, whose memory is used again.
  static func read(_ row: RowBuffer, into events: inout [YAMLEvent]) throws(RowProblem) {
    var reader = JSONRow(row, events)
    events = []
    try reader.readRow()
    events = reader.events
  }

  private init(_ row: RowBuffer, _ events: consuming [YAMLEvent]) {
    self.row = row
    places = RowPlaces(line: row.line)
    self.events = events
    self.events.removeAll(keepingCapacity: true)
  }

  private mutating func readRow() throws(RowProblem) {
    skipSpace()
    guard peek == UInt8(ascii: "{") else {
      throw problem("a row is a JSON object, such as {\"file\": \"a.gz\", \"key\": \"a.gz\"}")
    }
    try readObject(depth: 1)
    skipSpace()
    if index < row.count { throw problem("one row holds one JSON object") }
  }

  private var peek: UInt8? { index < row.count ? row.bytes[index] : nil }

  private mutating func readValue(depth: Int) throws(RowProblem) {
    skipSpace()
    guard depth <= Self.maximumDepth else {
      throw problem("nested deeper than \(Self.maximumDepth) levels")
    }
    switch peek {
    case UInt8(ascii: "{"): try readObject(depth: depth)
    case UInt8(ascii: "["): try readArray(depth: depth)
    case UInt8(ascii: "\""): try readString()
    default: try readLiteral()
    }
  }

  private mutating func readObject(depth: Int) throws(RowProblem) {
    add(.mappingStart)
    index += 1
    skipSpace()
    if take("}") { return add(.mappingEnd) }
    while true {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw problem("a name in quotes is expected here") }
      try readString()
      skipSpace()
      guard take(":") else { throw problem("\":\" is expected here") }
      try readValue(depth: depth + 1)
      skipSpace()
      if take("}") { return add(.mappingEnd) }
      guard take(",") else { throw problem("\",\" or \"}\" is expected here") }
    }
  }

  private mutating func readArray(depth: Int) throws(RowProblem) {
    add(.sequenceStart)
    index += 1
    skipSpace()
    if take("]") { return add(.sequenceEnd) }
    while true {
      try readValue(depth: depth + 1)
      skipSpace()
      if take("]") { return add(.sequenceEnd) }
      guard take(",") else { throw problem("\",\" or \"]\" is expected here") }
    }
  }

  /// true, false, null or a number: its text is taken as it is.
  private mutating func readLiteral() throws(RowProblem) {
    let place = places.place(of: index, in: row)
    let start = index
    while let byte = peek, isLetterOrDigit(byte) || "+-.".utf8.contains(byte) { index += 1 }
    let text = row.text(start..<index)
    let isWord = ["true", "false", "null"].contains { $0.utf8.elementsEqual(text) }
    guard isWord || Self.isNumber(text) else {
      throw RowProblem(message: "a value of JSON is expected here", place: place)
    }
    events.append(YAMLEvent(.scalar, text, at: place, origin: .json))
  }

  private mutating func readString() throws(RowProblem) {
    let place = places.place(of: index, in: row)
    index += 1
    let start = index
    var end = index
    while true {
      guard let byte = peek else {
        throw RowProblem(message: "the string that begins here has no end", place: place)
      }
      index += 1
      switch byte {
      case UInt8(ascii: "\""):
        let text = row.text(start..<end)
        return events.append(
          YAMLEvent(.scalar, text, isQuoted: true, at: place, origin: .json))
      case UInt8(ascii: "\\"): try readEscape(to: &end)
      case 0..<0x20:
        index -= 1
        throw problem("a control character must be written as an escape, such as \\n or \\u0001")
      default:
        // What is written lies before what will be read, and counts its characters already.
        if end != index - 1 {
          _ = places.place(of: index, in: row)
          row.bytes[end] = byte
        }
        end += 1
      }
    }
  }

  /// The index is behind the backslash.
  private mutating func readEscape(to end: inout Int) throws(RowProblem) {
    let escape = index - 1
    let simple: [UInt8: UInt8] = [
      UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
      UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12,
      UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
    ]
    let place = places.place(of: escape, in: row)
    guard let byte = peek else { return }
    index += 1
    if let plain = simple[byte] {
      _ = places.place(of: index, in: row)
      row.bytes[end] = plain
      end += 1
      return
    }
    guard byte == UInt8(ascii: "u"), var code = hexDigits() else {
      throw RowProblem(message: "this escape is not one of JSON", place: place)
    }
    if (0xD800...0xDBFF).contains(code) {
      guard peek == UInt8(ascii: "\\"), row.count > index + 1,
        row.bytes[index + 1] == UInt8(ascii: "u")
      else { throw RowProblem(message: "half a surrogate pair is no character", place: place) }
      index += 2
      guard let low = hexDigits(), (0xDC00...0xDFFF).contains(low) else {
        throw RowProblem(message: "half a surrogate pair is no character", place: place)
      }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else {
      throw RowProblem(message: "half a surrogate pair is no character", place: place)
    }
    _ = places.place(of: index, in: row)
    for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
      row.bytes[end] = byte
      end += 1
    }
  }

  private mutating func hexDigits() -> UInt32? {
    guard index + 4 <= row.count else { return nil }
    var code: UInt32 = 0
    for byte in row.bytes[index..<index + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      code = code << 4 | UInt32(digit)
    }
    index += 4
    return code
  }

  /// RFC 8259 §6.
  private static func isNumber(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var rest = text[...]
    if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    let whole = takeDigits(&rest)
    guard whole == 1 || (whole > 1 && rest.base[rest.startIndex - whole] != UInt8(ascii: "0"))
    else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      guard takeDigits(&rest) > 0 else { return false }
    }
    if let byte = rest.first, byte | 0x20 == UInt8(ascii: "e") {
      rest.removeFirst()
      if let sign = rest.first, "+-".utf8.contains(sign) { rest.removeFirst() }
      guard takeDigits(&rest) > 0 else { return false }
    }
    return rest.isEmpty
  }

  private static func takeDigits(_ text: inout Slice<UnsafeBufferPointer<UInt8>>) -> Int {
    let digits = text.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
    text.removeFirst(digits)
    return digits
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0D { index += 1 }
  }

  private mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: byte) else { return false }
    index += 1
    return true
  }

  private mutating func add(_ kind: YAMLEvent.Kind) {
    events.append(YAMLEvent(kind, at: places.place(of: index, in: row), origin: .json))
  }

  private mutating func problem(_ message: String) -> RowProblem {
    RowProblem(message: message, place: places.place(of: index, in: row))
  }
}
