/// Values that are one scalar. Each function reports what is wrong and then gives nil; `name` is the
/// key as the user wrote it.
extension ManifestDecoder {
  /// The source text of a scalar, whatever YAML would take it for: `007` stays `007`. `$$` is `$`.
  mutating func text(
    _ event: YAMLEvent, _ name: @autoclosure () -> String
  ) throws(SyntaxError) -> String? {
    guard event.kind == .scalar else {
      error("\(name()) must be a single value, not \(describe(event))", at: event.place)
      try events.skip(event)
      return nil
    }
    guard !event.isNull else {
      error("\(name()) needs a value", at: event.place)
      return nil
    }
    guard event.text.contains(UInt8(ascii: "$")) else { return event.string }
    return unescapedDollars(event)
  }

  mutating func choice<Value>(
    _ event: YAMLEvent, _ name: String, _ type: Value.Type = Value.self
  ) throws(SyntaxError) -> Value?
  where Value: RawRepresentable<String> & CaseIterable {
    guard let text = try text(event, name) else { return nil }
    if let value = Value(rawValue: text) { return value }
    reportChoice(text, name, Value.allCases.map(\.rawValue), at: event.place)
    return nil
  }

  mutating func reportChoice(
    _ text: String, _ name: String, _ words: [String], at place: SourcePlace
  ) {
    let list = words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
    let nearest = Suggestion.nearest(to: text, among: words)
    error(
      "\(name) must be \(list), not \(quoted(text))", at: place,
      notes: nearest.map { [Diagnostic.Note("did you mean \(quoted($0))?")] } ?? [])
  }

  /// true or false of the core schema (YAML 1.2 §10.3.2).
  mutating func boolean(_ event: YAMLEvent, _ name: String) throws(SyntaxError) -> Bool? {
    guard let text = try text(event, name) else { return nil }
    switch text {
    case "true" where event.isPlain, "True" where event.isPlain, "TRUE" where event.isPlain:
      return true
    case "false" where event.isPlain, "False" where event.isPlain, "FALSE" where event.isPlain:
      return false
    default:
      error("\(name) must be true or false, not \(quoted(text))", at: event.place)
      return nil
    }
  }

  /// An integer of the core schema (YAML 1.2 §10.3.2): decimal, `0o…` or `0x…`.
  mutating func integer(
    _ event: YAMLEvent, _ name: String, in range: ClosedRange<Int>
  ) throws(SyntaxError) -> Int? {
    guard let text = try text(event, name) else { return nil }
    guard event.isPlain, CoreInteger.isInteger(text) else {
      let hint = event.isPlain || !CoreInteger.isInteger(text) ? "" : " in quotes"
      error("\(name) must be an integer, not \(quoted(text))\(hint)", at: event.place)
      return nil
    }
    guard let value = CoreInteger.value(text), range.contains(value) else {
      let limits = "\(grouped(range.lowerBound)) to \(grouped(range.upperBound))"
      error("\(name) must be from \(limits), not \(text.prefix(40))", at: event.place)
      return nil
    }
    return value
  }

  /// A size in bytes: `8MiB`, `10MB`, `102400`.
  mutating func size(
    _ event: YAMLEvent, _ name: String, in range: ClosedRange<Int>
  ) throws(SyntaxError) -> Int? {
    guard let text = try text(event, name) else { return nil }
    switch ByteSize.parse(text) {
    case .failure(let reason):
      error("\(name): \(reason.sentence)", at: event.place)
      return nil
    case .success(let size):
      guard range.contains(size.bytes) else {
        let limits =
          "\(ByteSize(range.lowerBound).text) to \(ByteSize(range.upperBound).text)"
        error("\(name) must be from \(limits), not \(text)", at: event.place)
        return nil
      }
      return size.bytes
    }
  }

  /// Text that people read and that stands in messages: not empty, no control characters.
  mutating func word(_ event: YAMLEvent, _ name: String) throws(SyntaxError) -> String? {
    guard let text = try text(event, name) else { return nil }
    guard !text.isEmpty else {
      error("\(name) must not be empty", at: event.place)
      return nil
    }
    guard !text.utf8.contains(where: isControl) else {
      error("\(name) must not hold control characters", at: event.place)
      return nil
    }
    return text
  }

  /// A path as it can be opened from the working directory.
  mutating func path(_ event: YAMLEvent, _ name: String) throws(SyntaxError) -> String? {
    guard let text = try text(event, name) else { return nil }
    guard !text.isEmpty, !text.utf8.contains(0) else {
      error("\(name) must \(text.isEmpty ? "not be empty" : "not hold NUL")", at: event.place)
      return nil
    }
    let path = text.utf8.first == UInt8(ascii: "/") ? text : directory + text
    guard path.utf8.count <= Self.maximumPathLength else {
      let limit = grouped(Self.maximumPathLength)
      error("\(name) has \(grouped(path.utf8.count)) bytes; at most \(limit)", at: event.place)
      return nil
    }
    return path
  }

  /// Linux's PATH_MAX without the terminating NUL.
  private static var maximumPathLength: Int { 4095 }

  /// Nothing but the tags of the core schema means something here.
  mutating func checkTag(_ event: YAMLEvent) {
    guard let tag = event.tag else { return }
    let name = String(cString: tag)
    let prefix = "tag:yaml.org,2002:"
    let core = ["str", "int", "float", "bool", "null", "seq", "map"]
    if name == "!" || core.contains(where: { name == prefix + $0 }) { return }
    let shown = name.hasPrefix(prefix) ? "!!" + name.dropFirst(prefix.count) : name
    error("the tag \(quoted(shown)) is not supported", at: event.place)
  }

  func describe(_ event: YAMLEvent) -> String {
    switch event.kind {
    case .mappingStart: "a mapping"
    case .sequenceStart: "a list"
    default: event.isNull ? "nothing" : quoted(event.string)
    }
  }

  /// `$$` is a dollar sign; `${` begins what this version cannot do.
  private mutating func unescapedDollars(_ event: YAMLEvent) -> String? {
    let dollar = UInt8(ascii: "$")
    var result: [UInt8] = []
    result.reserveCapacity(event.text.count)
    var index = 0
    while index < event.text.count {
      let byte = event.text[index]
      let following = index + 1 < event.text.count ? event.text[index + 1] : 0
      if byte == dollar, following == UInt8(ascii: "{") {
        error(
          "\"${…}\" is not supported by this version", at: place(of: index, in: event),
          notes: [Diagnostic.Note("write \"$$\" for a dollar sign")])
        return nil
      }
      result.append(byte)
      index += byte == dollar && following == dollar ? 2 : 1
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Where a byte of a scalar's text stands; the scalar's start when escapes or line breaks lie
  /// between.
  private func place(of index: Int, in event: YAMLEvent) -> SourcePlace {
    let characters = event.text.lazy.filter { $0 & 0xC0 != 0x80 }.count
    let quotes = event.isQuoted ? 1 : 0
    guard event.place.line == event.end.line,
      event.end.column - event.place.column == characters + 2 * quotes
    else { return event.place }
    let before = event.text[..<index].lazy.filter { $0 & 0xC0 != 0x80 }.count
    return SourcePlace(line: event.place.line, column: event.place.column + quotes + before)
  }
}

func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }
