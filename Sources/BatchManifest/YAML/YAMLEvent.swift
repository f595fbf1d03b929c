internal import CLibYAML
internal import Glibc

/// One event of a YAML stream. The pointers are valid until the stream gives the next event.
struct YAMLEvent {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd
    case scalar, sequenceStart, sequenceEnd, mappingStart, mappingEnd, alias
  }

  enum Origin {
    case yaml
    /// Rows of a list are data: a dollar sign is a dollar sign.
    case json
    /// In a cell of CSV even `null` is text.
    case csv
  }

  let kind: Kind
  let place: SourcePlace
  /// Behind the last character.
  let end: SourcePlace
  /// The text of a scalar, quotes and escapes resolved.
  let text: UnsafeBufferPointer<UInt8>
  /// Written without quotes and without a tag that makes it text: only such a scalar can be null,
  /// a number or a Boolean.
  let isPlain: Bool
  /// Written in quotes.
  let isQuoted: Bool
  let tag: UnsafePointer<UInt8>?
  /// Where it was read.
  let origin: Origin
  /// Of an alias: the anchor it stands for.
  let anchor: Int

  /// `anchor` is the resolved one of an alias.
  init(_ raw: borrowing yaml_event_t, anchor: Int = 0) {
    place = SourcePlace(raw.start_mark)
    end = SourcePlace(raw.end_mark)
    self.anchor = anchor
    origin = .yaml
    let scalar = raw.type == YAML_SCALAR_EVENT ? raw.data.scalar : nil
    text = UnsafeBufferPointer(start: scalar?.value, count: scalar?.length ?? 0)
    let style = scalar?.style
    isQuoted =
      style == YAML_SINGLE_QUOTED_SCALAR_STYLE || style == YAML_DOUBLE_QUOTED_SCALAR_STYLE
    tag = YAMLEvent.tag(raw)
    isPlain = style == YAML_PLAIN_SCALAR_STYLE && !YAMLEvent.makesText(tag)
    kind = YAMLEvent.kind(raw.type)
  }

  /// An event of a row of a list. An unquoted one is what YAML would take it for.
  init(
    _ kind: Kind, _ text: UnsafeBufferPointer<UInt8> = UnsafeBufferPointer(start: nil, count: 0),
    isQuoted: Bool = false, at place: SourcePlace, origin: Origin
  ) {
    self.kind = kind
    self.place = place
    end = place
    self.text = text
    isPlain = !isQuoted
    self.isQuoted = isQuoted
    tag = nil
    self.origin = origin
    anchor = 0
  }

  var string: String { String(decoding: text, as: UTF8.self) }

  var isCollection: Bool { kind == .mappingStart || kind == .sequenceStart }

  /// It may be a number or a Boolean: it is plain, or its quotes may be there for the sake of `${…}`, which flow mappings
  /// demand.
  var mayBeNumber: Bool { isPlain || isQuoted && tag == nil && text.holds(UInt8(ascii: "$")) }

  /// The null of the YAML 1.2 core schema (§10.3.2).
  var isNull: Bool {
    guard kind == .scalar, isPlain, origin != .csv, text.count <= 4 else { return false }
    return text.isEmpty || ["~", "null", "Null", "NULL"].contains { $0.utf8.elementsEqual(text) }
  }

  /// The key whose values are mappings to be merged (yaml.org/type/merge.html).
  var isMergeKey: Bool {
    let sign = UInt8(ascii: "<")
    return isPlain && text.count == 2 && text[0] == sign && text[1] == sign
  }

  private static func tag(_ raw: borrowing yaml_event_t) -> UnsafePointer<UInt8>? {
    switch raw.type {
    case YAML_SCALAR_EVENT: UnsafePointer(raw.data.scalar.tag)
    case YAML_SEQUENCE_START_EVENT: UnsafePointer(raw.data.sequence_start.tag)
    case YAML_MAPPING_START_EVENT: UnsafePointer(raw.data.mapping_start.tag)
    default: nil
    }
  }

  private static func makesText(_ tag: UnsafePointer<UInt8>?) -> Bool {
    guard let tag else { return false }
    let name = String(cString: tag)
    return name == "!" || name == YAML_STR_TAG
  }

  private static func kind(_ type: yaml_event_type_t) -> Kind {
    switch type {
    case YAML_STREAM_START_EVENT: .streamStart
    case YAML_DOCUMENT_START_EVENT: .documentStart
    case YAML_DOCUMENT_END_EVENT: .documentEnd
    case YAML_SCALAR_EVENT: .scalar
    case YAML_SEQUENCE_START_EVENT: .sequenceStart
    case YAML_SEQUENCE_END_EVENT: .sequenceEnd
    case YAML_MAPPING_START_EVENT: .mappingStart
    case YAML_MAPPING_END_EVENT: .mappingEnd
    case YAML_ALIAS_EVENT: .alias
    default: .streamEnd
    }
  }
}

extension yaml_event_t {
  /// What its texts take. (What a tag stands for is written out in every event.)
  var textBytes: Int {
    switch type {
    case YAML_SCALAR_EVENT:
      data.scalar.length + Self.length(data.scalar.anchor) + Self.length(data.scalar.tag)
    case YAML_SEQUENCE_START_EVENT:
      Self.length(data.sequence_start.anchor) + Self.length(data.sequence_start.tag)
    case YAML_MAPPING_START_EVENT:
      Self.length(data.mapping_start.anchor) + Self.length(data.mapping_start.tag)
    case YAML_ALIAS_EVENT: Self.length(data.alias.anchor)
    default: 0
    }
  }

  private static func length(_ name: UnsafeMutablePointer<UInt8>?) -> Int {
    name.map { strlen($0) } ?? 0
  }
}

extension SourcePlace {
  init(_ mark: yaml_mark_t) {
    self.init(line: mark.line + 1, column: mark.column + 1)
  }
}

/// An error behind which the rest of the manifest cannot be understood.
struct SyntaxError: Error {
  var diagnostic: Diagnostic

  init(_ message: String, at place: SourcePlace? = nil, notes: [Diagnostic.Note] = []) {
    diagnostic = Diagnostic(message, at: place, notes: notes)
  }
}
