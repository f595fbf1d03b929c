/// Values that are one scalar. Each function reports what is wrong and then gives nil; `name` is the
/// key as the user wrote it.
extension ManifestDecoder {
  /// The source text of a scalar, whatever YAML would take it for: `007` stays `007`. What `${…}`
  /// stands for is put in, `$$` is `$`.
  mutating func text(
    _ event: YAMLEvent, _ name: @autoclosure () -> String
  ) throws(SyntaxError) -> String? {
    switch try lateText(event, name()) {
    case .text(let text): return text
    case .pattern(let pattern):
      reportFileless(
        pattern,
        "${file.…} has no value here; it has one in id, key, content_type, headers, metadata and"
          + " tags of entries")
      return nil
    case nil: return nil
    }
  }

  /// As `text`, where the text may depend on the source file.
  mutating func lateText(
    _ event: YAMLEvent, _ name: @autoclosure () -> String
  ) throws(SyntaxError) -> LateText? {
    guard event.kind == .scalar else {
      error("\(name()) must be a single value, not \(describe(event))", at: event.place)
      try events.skip(event)
      return nil
    }
    guard !event.isNull else {
      error("\(name()) needs a value", at: event.place)
      return nil
    }
    guard event.text.holds(UInt8(ascii: "$")), event.origin == .yaml else {
      return .text(event.string)
    }
    guard let pattern = interpolation(event) else { return nil }
    if pattern.usesFile { return .pattern(pattern) }
    return evaluate(pattern).map { .text($0) }
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
    _ text: String, _ name: String, _ words: [String], at place: SourcePlace,
    notes: [Diagnostic.Note] = []
  ) {
    let others = words.dropLast().joined(separator: ", ")
    let list = (others.isEmpty ? "" : others + " or ") + (words.last ?? "")
    error(
      "\(name) must be \(list), not \(quoted(text))", at: place, notes: notes,
      unknown: UnknownWord(text, among: words))
  }

  /// true or false of the core schema (YAML 1.2 §10.3.2).
  mutating func boolean(_ event: YAMLEvent, _ name: String) throws(SyntaxError) -> Bool? {
    guard let text = try text(event, name) else { return nil }
    if event.mayBeNumber {
      if ["true", "True", "TRUE"].contains(text) { return true }
      if ["false", "False", "FALSE"].contains(text) { return false }
    }
    error("\(name) must be true or false, not \(quoted(text))", at: event.place)
    return nil
  }

  /// An integer of the core schema (YAML 1.2 §10.3.2): decimal, `0o…` or `0x…`.
  mutating func integer(
    _ event: YAMLEvent, _ name: String, in range: ClosedRange<Int>
  ) throws(SyntaxError) -> Int? {
    guard let text = try text(event, name) else { return nil }
    guard event.mayBeNumber, CoreInteger.isInteger(text) else {
      let hint = event.mayBeNumber || !CoreInteger.isInteger(text) ? "" : " in quotes"
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
    let place = event.place
    guard let text = try text(event, name) else { return nil }
    guard let problem = Self.problem(word: text) else { return text }
    error("\(name) \(problem)", at: place)
    return nil
  }

  static func problem(word text: String) -> String? {
    if text.isEmpty { return "must not be empty" }
    return holdsControl(text) ? "must not hold control characters" : nil
  }

  /// Words: a list of them, or a single one.
  mutating func words(
    _ event: YAMLEvent, _ name: String
  ) throws(SyntaxError) -> [PlacedWord]? {
    guard event.kind == .sequenceStart else {
      let place = event.place
      return try word(event, name).map { [PlacedWord(text: $0, place: place)] }
    }
    var words: [PlacedWord] = []
    while true {
      let item = try nextValue()
      if item.kind == .sequenceEnd { return words }
      let place = item.place
      if let text = try word(item, "an item of \(name)") {
        words.append(PlacedWord(text: text, place: place))
      }
    }
  }

  /// A path as it can be opened from the working directory.
  mutating func path(_ event: YAMLEvent, _ name: String) throws(SyntaxError) -> String? {
    try sourceName(event, name)?.file
  }

  /// A path as it was written and as it can be opened.
  mutating func sourceName(
    _ event: YAMLEvent, _ name: String
  ) throws(SyntaxError) -> SourceName? {
    let place = event.place
    guard let text = try text(event, name) else { return nil }
    guard !text.isEmpty, !text.holds(0) else {
      error("\(name) must \(text.isEmpty ? "not be empty" : "not hold NUL")", at: place)
      return nil
    }
    let path = resolved(text)
    if let problem = Self.problem(path: path) {
      error("\(name) \(problem)", at: place)
      return nil
    }
    return SourceName(path: text, file: path)
  }

  /// Relative paths are taken from the directory of the file in which they stand.
  func resolved(_ path: String) -> String {
    if path.utf8.first == UInt8(ascii: "/") { return path }
    return (list?.directory ?? directory) + path
  }

  static func problem(path: String) -> String? {
    guard path.utf8.count > maximumPathLength else { return nil }
    return "has \(grouped(path.utf8.count)) bytes; at most \(grouped(maximumPathLength))"
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
}

func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

/// Also one of U+0080 to U+009F, whose first byte is 0xC2.
private func holdsControl(_ text: String) -> Bool {
  var last: UInt8 = 0
  for byte in text.utf8 {
    if isControl(byte) || last == 0xC2 && byte < 0xA0 { return true }
    last = byte
  }
  return false
}

/// A word with its place.
struct PlacedWord {
  var text: String
  var place: SourcePlace
}
