/// Why bytes are not the XML that a reply may hold, and where.
package struct XMLError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Reason: String, Sendable {
    case ended = "the document ends too early"
    case malformed = "the markup is malformed"
    case mismatchedTag = "an end tag does not match its start tag"
    case documentType = "a document type declaration is not allowed"
    case unknownEntity = "an entity or character reference is unknown"
    case invalidText = "the text is not valid UTF-8"
    case misplacedText = "there is text or a second element outside the root element"
    case tooLarge = "the document is too large"
    case tooDeep = "the elements are nested too deeply"
    case tooManyElements = "there are too many elements"
  }

  package var reason: Reason
  /// Bytes from the beginning.
  package var offset: Int

  package var description: String { "\(reason.rawValue) (byte \(offset))" }
}

/// A strict pull reader for the XML of replies: elements, text, CDATA, comments, processing
/// instructions, the five entities and numeric references. Attributes are checked and skipped,
/// namespaces ignored, and a document type is refused, so nothing can expand. It is written here
/// because the alternative, FoundationXML, adds 50 MB and a fourth system library (libxml2) to the
/// static binary, for documents of one simple shape; size, depth and element count are limited.
struct XMLReader {
  enum Event: Equatable {
    /// The local name.
    case start(String)
    /// A run of text; an element's text may come in several.
    case text(String)
    case end(String)
  }

  static let maximumBytes = 8 << 20
  static let maximumDepth = 32
  static let maximumElements = 100_000

  private let bytes: [UInt8]
  private var position = 0
  private var open: [String] = []
  private var elements = 0
  /// An empty-element tag gives two events.
  private var pendingEnd: String?

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  /// The next event, nil at the end of a complete document.
  mutating func next() throws(XMLError) -> Event? {
    guard bytes.count <= Self.maximumBytes else { throw error(.tooLarge) }
    if let name = pendingEnd {
      pendingEnd = nil
      return .end(name)
    }
    while position < bytes.count {
      if bytes[position] != UInt8(ascii: "<") {
        if let text = try text() { return .text(text) }
      } else if let event = try markup() {
        return event
      }
    }
    guard open.isEmpty, elements > 0 else { throw error(.ended) }
    return nil
  }

  /// Character data up to the next markup; nil for the white space around the root element.
  private mutating func text() throws(XMLError) -> String? {
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: "<") { position += 1 }
    let run = bytes[start..<position]
    if open.isEmpty {
      guard run.allSatisfy(Self.isSpace) else { throw error(.misplacedText, at: start) }
      return nil
    }
    var decoder = XMLTextDecoder(bytes: bytes, position: start, end: position)
    return try decoder.decode()
  }

  private mutating func markup() throws(XMLError) -> Event? {
    if take("<!--") {
      try skip(past: "-->")
      return nil
    }
    if take("<![CDATA[") {
      guard !open.isEmpty else { throw error(.misplacedText) }
      let start = position
      try skip(past: "]]>")
      return .text(try string(start..<position - 3))
    }
    if take("<?") {
      try skip(past: "?>")
      return nil
    }
    if take("<!") { throw error(.documentType) }
    if take("</") { return try endTag() }
    position += 1
    return try startTag()
  }

  private mutating func startTag() throws(XMLError) -> Event {
    guard !open.isEmpty || elements == 0 else { throw error(.misplacedText) }
    elements += 1
    guard elements <= Self.maximumElements else { throw error(.tooManyElements) }
    guard open.count < Self.maximumDepth else { throw error(.tooDeep) }
    let name = try self.name()
    while true {
      let spaced = skipSpace()
      if take("/>") {
        pendingEnd = Self.local(name)
        return .start(Self.local(name))
      }
      if take(">") {
        open.append(name)
        return .start(Self.local(name))
      }
      guard spaced else { throw unexpected() }
      try skipAttribute()
    }
  }

  private mutating func endTag() throws(XMLError) -> Event {
    let start = position
    let name = try self.name()
    skipSpace()
    guard take(">") else { throw unexpected() }
    guard open.popLast() == name else { throw error(.mismatchedTag, at: start) }
    return .end(Self.local(name))
  }

  private mutating func skipAttribute() throws(XMLError) {
    _ = try name()
    skipSpace()
    guard take("=") else { throw unexpected() }
    skipSpace()
    guard position < bytes.count else { throw error(.ended) }
    let quote = bytes[position]
    guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { throw unexpected() }
    position += 1
    while position < bytes.count, bytes[position] != quote {
      guard bytes[position] != UInt8(ascii: "<") else { throw unexpected() }
      position += 1
    }
    guard position < bytes.count else { throw error(.ended) }
    position += 1
  }

  private mutating func name() throws(XMLError) -> String {
    let start = position
    while position < bytes.count, Self.isName(bytes[position], first: position == start) {
      position += 1
    }
    guard position > start else { throw unexpected() }
    return try string(start..<position)
  }

  private func string(_ range: Range<Int>) throws(XMLError) -> String {
    guard let text = String(validating: bytes[range], as: UTF8.self) else {
      throw error(.invalidText, at: range.lowerBound)
    }
    return text
  }

  @discardableResult
  private mutating func skipSpace() -> Bool {
    let start = position
    while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    return position > start
  }

  private mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard bytes.count - position >= count else { return false }
    let expected = UnsafeBufferPointer(start: text.utf8Start, count: count)
    guard bytes[position..<position + count].elementsEqual(expected) else { return false }
    position += count
    return true
  }

  private mutating func skip(past terminator: StaticString) throws(XMLError) {
    while position < bytes.count {
      if take(terminator) { return }
      position += 1
    }
    throw error(.ended)
  }

  /// Where the bytes are all right so far but stop, the document was cut; else it is malformed.
  private func unexpected() -> XMLError {
    error(position >= bytes.count ? .ended : .malformed)
  }

  private func error(_ reason: XMLError.Reason, at offset: Int? = nil) -> XMLError {
    XMLError(reason: reason, offset: offset ?? position)
  }

  private static func local(_ name: String) -> String {
    name.lastIndex(of: ":").map { String(name[name.index(after: $0)...]) } ?? name
  }

  static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  private static func isName(_ byte: UInt8, first: Bool) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "_"), 0x80...:
      true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: ":"):
      !first
    default: false
    }
  }
}
