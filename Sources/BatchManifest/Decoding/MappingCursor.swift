/// A walk through one mapping: its own keys first, then those of its merge keys (`<<`), which only
/// fill in what is missing (yaml.org/type/merge.html).
struct MappingCursor {
  let place: SourcePlace
  /// 0 for the mapping's own keys, 1 and more for each merged mapping. The same key twice on one
  /// level is an error; on a later level it is overridden.
  fileprivate(set) var level = 0
  fileprivate var merges: [Range<Int>] = []
  fileprivate var mergeKey: (level: Int, place: SourcePlace)?
  fileprivate var mark: EventStream.Mark?
  /// Keys that mean nothing here, but must not come twice either.
  fileprivate var ignored = SeenNames()

  init(_ start: YAMLEvent) { place = start.place }
}

/// Which of a table's keys were there, and where.
struct SeenKeys<Key: ManifestKey> {
  private struct Seen {
    var level: Int32 = 0
    var place = SourcePlace(line: 0, column: 0)
  }

  enum Answer {
    case new
    case overridden
    case repeated(first: SourcePlace)
  }

  let table: KeyTable<Key>
  /// Bits for each key.
  private var given: UInt32 = 0
  private var excused: UInt32 = 0
  private var seen = InlineArray<32, Seen>(repeating: Seen())

  init(_ table: KeyTable<Key>) { self.table = table }

  /// No kind of mapping has more than 32 keys.
  mutating func insert(_ key: Key, level: Int, place: SourcePlace) -> Answer {
    let index = key.rawValue
    if !isGiven(key) {
      given |= 1 << index
      seen[index] = Seen(level: Int32(level), place: place)
      return .new
    }
    return seen[index].level == level ? .repeated(first: seen[index].place) : .overridden
  }

  /// `key` was misspelt, or something stands for it that is an error already.
  mutating func excuse(_ key: Key) { excused |= 1 << key.rawValue }

  func isGiven(_ key: Key) -> Bool { given & 1 << key.rawValue != 0 }

  func isMissing(_ key: Key) -> Bool { (given | excused) & 1 << key.rawValue == 0 }

  func place(of key: Key) -> SourcePlace? { isGiven(key) ? seen[key.rawValue].place : nil }
}

extension ManifestDecoder {
  /// The next key of the mapping that is known and not overridden, and the first event of its value;
  /// nil at the mapping's end. Unknown and repeated keys are reported; where `null` means the same as
  /// no key at all, the key is left out.
  mutating func nextPair<Key>(
    _ cursor: inout MappingCursor, _ seen: inout SeenKeys<Key>
  ) throws(SyntaxError) -> (key: Key, value: YAMLEvent)? {
    while let name = try nextKey(&cursor) {
      guard let key = seen.table.key(name.text) else {
        if seen.table.ignores(name.text) {
          try ignore(name, &cursor)
        } else {
          reportUnknownKey(name, &seen)
          try skipValue()
        }
        continue
      }
      switch seen.insert(key, level: cursor.level, place: name.place) {
      case .new:
        let value = try nextValue()
        if value.isNull, key.description.null == .absent { continue }
        return (key, value)
      case .overridden: break
      case .repeated(let first): reportRepeatedKey(key.name, name, first)
      }
      try skipValue()
    }
    return nil
  }

  /// The next key, whatever it is; nil at the end. The caller takes its value.
  mutating func nextKey(_ cursor: inout MappingCursor) throws(SyntaxError) -> YAMLEvent? {
    while true {
      let event = try events.next()
      switch event.kind {
      case .scalar where event.isMergeKey:
        try noteMerge(event, &cursor)
      case .scalar:
        checkTag(event)
        return event
      case .mappingEnd:
        guard let range = cursor.merges.popLast() else {
          if let mark = cursor.mark { events.release(mark) }
          return nil
        }
        events.replay(range)
        _ = try events.nextWithAliases()
        cursor.level += 1
      default:
        error("a key must be plain text, not \(describe(event))", at: event.place)
        try events.skip(event)
        try skipValue()
      }
    }
  }

  /// The first event of a value; a tag that means nothing here is reported.
  mutating func nextValue() throws(SyntaxError) -> YAMLEvent {
    let event = try events.next()
    checkTag(event)
    return event
  }

  mutating func skipValue() throws(SyntaxError) {
    try events.skip(try events.nextWithAliases())
  }

  private mutating func noteMerge(
    _ key: YAMLEvent, _ cursor: inout MappingCursor
  ) throws(SyntaxError) {
    let place = key.place
    if let first = cursor.mergeKey, first.level == cursor.level {
      reportRepeatedKey("<<", key, first.place)
      return try skipValue()
    }
    cursor.mergeKey = (cursor.level, place)
    if cursor.mark == nil { cursor.mark = events.mark }
    let node = try events.capture(try events.nextWithAliases())
    // Last in, first out: a merged mapping's own merges come before its later siblings.
    cursor.merges.append(contentsOf: try mergedMappings(node, place).reversed())
  }

  /// The mappings of a merge key's value: one, or a list of them.
  private mutating func mergedMappings(
    _ node: Range<Int>, _ place: SourcePlace
  ) throws(SyntaxError) -> [Range<Int>] {
    events.replay(node)
    let first = try events.nextWithAliases()
    if first.kind == .mappingStart {
      try events.skip(first)
      return [node]
    }
    guard first.kind == .sequenceStart else {
      error("\"<<\" needs a mapping or a list of mappings", at: first.place)
      return []
    }
    var mappings: [Range<Int>] = []
    while true {
      let item = try events.nextWithAliases()
      if item.kind == .sequenceEnd { return mappings }
      let itemPlace = item.place
      let range = try events.capture(item)
      if events.isMapping(range) {
        mappings.append(range)
      } else {
        error("\"<<\" needs a mapping or a list of mappings", at: itemPlace)
      }
    }
  }

  private mutating func reportUnknownKey<Key>(_ name: YAMLEvent, _ seen: inout SeenKeys<Key>) {
    let text = name.string
    if Key.allCases.contains(where: { $0.name == text }) {
      return error(
        "\(quoted(text)) belongs in each entry, not in \(seen.table.kind.name)", at: name.place)
    }
    let nearest = Suggestion.nearest(to: text, among: seen.table.names)
    if let key = Key.allCases.first(where: { $0.name == nearest }) { seen.excuse(key) }
    error(
      "unknown key \(quoted(text))", at: name.place,
      notes: nearest.map { [Diagnostic.Note(meaning: $0)] } ?? [])
  }

  /// A key of the user's own, with its value: only the rules of YAML are kept.
  private mutating func ignore(
    _ name: YAMLEvent, _ cursor: inout MappingCursor
  ) throws(SyntaxError) {
    let answer = cursor.ignored.insert(name.string, level: cursor.level, place: name.place)
    if case .repeated(let first) = answer { reportRepeatedKey(name.string, name, first) }
    try checkUniqueKeys(try events.nextWithAliases())
  }

  private mutating func checkUniqueKeys(_ start: YAMLEvent) throws(SyntaxError) {
    guard start.isCollection else { return }
    var seen = SeenNames()
    while true {
      var event = try events.nextWithAliases()
      if event.kind == .mappingEnd || event.kind == .sequenceEnd { return }
      if start.kind == .mappingStart {
        if event.kind == .scalar {
          let answer = seen.insert(event.string, level: 0, place: event.place)
          if case .repeated(let first) = answer { reportRepeatedKey(event.string, event, first) }
        }
        try events.skip(event)
        event = try events.nextWithAliases()
      }
      try checkUniqueKeys(event)
    }
  }

  mutating func reportRepeatedKey(_ text: String, _ name: YAMLEvent, _ first: SourcePlace) {
    error(
      "the key \(quoted(text)) is given twice", at: name.place,
      notes: [Diagnostic.Note("first used here", at: first)])
  }
}
