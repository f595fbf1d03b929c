internal import BatchCore
internal import Glibc

/// What one item of `entries`, or one row of a list, says.
struct EntryDraft {
  let place: SourcePlace
  /// The alias through which the item came, else as `place`.
  var ownPlace: SourcePlace
  var id: LateText?
  var idPlace = SourcePlace(line: 0, column: 0)
  var file: SourceName?
  var pattern: PlacedWord?
  var list: PlacedWord?
  var key: LateText?
  var keyPlace = SourcePlace(line: 0, column: 0)
  var templates: [PlacedWord] = []
  var excluded: [PlacedWord] = []
  var followsSymlinks = false
  var isOptional = false
  var format: ListFormat?
  var needs: [PlacedWord] = []
  var layer = SettingsLayer()

  init(at place: SourcePlace, alias: SourcePlace? = nil) {
    self.place = place
    ownPlace = alias ?? place
  }
}

extension ManifestDecoder {
  mutating func decodeEntries(_ start: YAMLEvent) throws(SyntaxError) {
    guard start.kind == .sequenceStart else {
      error("entries must be a list, not \(describe(start))", at: start.place)
      return try events.skip(start)
    }
    while true {
      let item = try nextValue()
      if item.kind == .sequenceEnd { return }
      if try isMapping(item, "an entry") { try decodeEntry(item) }
    }
  }

  private mutating func decodeEntry(_ start: YAMLEvent) throws(SyntaxError) {
    var draft = EntryDraft(at: start.place, alias: events.aliasPlace)
    var cursor = MappingCursor(start)
    var seen = SeenKeys(EntryKey.table)
    while let (key, value) = try nextPair(&cursor, &seen) {
      try decode(key, value, into: &draft)
    }
    guard checkSources(seen, draft.place) else { return needs.refuse(draft.id) }
    if draft.list == nil, seen.isMissing(.key) {
      error("the entry needs \(quoted(EntryKey.key.name))", at: draft.place)
    }
    let base = base(using: draft.templates)
    if draft.list != nil { return try appendRows(of: draft, over: base) }
    guard let mold = mold(draft, over: base) else { return needs.refuse(draft.id) }
    if draft.pattern != nil {
      let errors = report.count
      appendMatches(of: draft, mold)
      if report.count > errors { needs.refuse(draft.id) }
      return
    }
    guard let file = draft.file else { return checkAlone(mold) }
    if draft.isOptional, Self.isAbsent(file.file) { return }
    append(mold, file: file)
  }

  mutating func decodeRow(_ start: YAMLEvent, _ item: EntryDraft, over base: Int)
    throws(SyntaxError)
  {
    list?.row = start.place
    var draft = EntryDraft(at: start.place)
    draft.key = item.key
    draft.keyPlace = start.place
    draft.id = item.id
    draft.idPlace = start.place
    draft.needs = item.needs
    var cursor = MappingCursor(start)
    var seen = SeenKeys(EntryKey.rowTable)
    while let (key, value) = try nextPair(&cursor, &seen) {
      try decode(key, value, into: &draft)
    }
    if seen.isMissing(.file) { error("the row needs \"file\"", at: draft.place) }
    if seen.isMissing(.key), item.key == nil { error("the row needs \"key\"", at: draft.place) }
    guard let mold = mold(draft, over: base) else { return needs.refuse(draft.id) }
    guard let file = draft.file else { return checkAlone(mold) }
    append(mold, file: file)
  }

  private mutating func decode(
    _ key: EntryKey, _ value: YAMLEvent, into draft: inout EntryDraft
  ) throws(SyntaxError) {
    switch key {
    case .file: draft.file = try sourceName(value, key.name)
    case .key:
      draft.keyPlace = value.place
      draft.key = try lateText(value, key.name)
    case .id:
      draft.idPlace = value.place
      draft.id = try entryID(value)
    case .needs: draft.needs = try words(value, key.name) ?? []
    case .use: draft.templates = try words(value, key.name) ?? []
    case .glob: draft.pattern = try placedText(value, key.name)
    case .list: draft.list = try placedText(value, key.name)
    case .exclude: draft.excluded = try words(value, key.name) ?? []
    case .followSymlinks: draft.followsSymlinks = try boolean(value, key.name) ?? false
    case .optional: draft.isOptional = try boolean(value, key.name) ?? false
    case .format: draft.format = try choice(value, key.name)
    default: try decodeSetting(key, value, into: &draft.layer)
    }
  }

  private mutating func placedText(
    _ value: YAMLEvent, _ name: String
  ) throws(SyntaxError) -> PlacedWord? {
    let place = value.place
    guard let text = try text(value, name) else { return nil }
    guard !text.isEmpty, !text.holds(0) else {
      error("\(name) must \(text.isEmpty ? "not be empty" : "not hold NUL")", at: place)
      return nil
    }
    return PlacedWord(text: text, place: place)
  }

  private mutating func entryID(_ value: YAMLEvent) throws(SyntaxError) -> LateText? {
    let place = value.place
    guard let id = try lateText(value, "id") else { return nil }
    guard case .text(let text) = id else { return id }
    return check(id: text, at: place) ? id : nil
  }

  mutating func check(id: String, at place: SourcePlace, notes: [Diagnostic.Note] = []) -> Bool {
    var problem = Self.problem(word: id)
    if id == "*" { problem = "cannot be \"*\": it means every entry" }
    if NeedsCollector.label(in: id) != nil {
      problem = "cannot begin with \"tag:\": it means a label"
    }
    if id.utf8.count > Self.maximumIDLength {
      problem = "has \(grouped(id.utf8.count)) bytes; at most \(grouped(Self.maximumIDLength))"
    }
    guard let problem else { return true }
    error("id \(problem)", at: place, notes: notes)
    return false
  }

  private static var maximumIDLength: Int { 1024 }

  private static func isAbsent(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) != 0 && (errno == ENOENT || errno == ENOTDIR)
  }

  private static let sourceKeys = [EntryKey.file, .glob, .list]

  /// What belongs to some sources only.
  private static let owners: [(EntryKey, [EntryKey])] = [
    (.exclude, [.glob]), (.followSymlinks, [.glob]), (.optional, [.glob, .file]),
    (.format, [.list]),
  ]

  /// What an entry that names a file cannot have. (Most entries are such, and so soon done with.)
  private static let keysWithoutFile =
    [EntryKey.glob, .list] + owners.filter { !$0.1.contains(.file) }.map(\.0)

  /// Exactly one source, and only what belongs to it. false: there are several, so that nothing else
  /// can be said.
  private mutating func checkSources(
    _ seen: SeenKeys<EntryKey>, _ place: SourcePlace
  ) -> Bool {
    if seen.isGiven(.file), !Self.keysWithoutFile.contains(where: { seen.isGiven($0) }) {
      return true
    }
    let given = Self.sourceKeys.filter { seen.isGiven($0) }
    if given.isEmpty, Self.sourceKeys.allSatisfy({ seen.isMissing($0) }) {
      error("the entry needs \"file\", \"glob\" or \"list\"", at: place)
    }
    if given.count > 1 {
      let sorted = given.compactMap { key in seen.place(of: key).map { (key.name, $0) } }
        .sorted { $0.1 < $1.1 }
      error(
        "\(quoted(sorted[0].0)) and \(quoted(sorted[1].0)) cannot both be given: an entry has one"
          + " source", at: sorted[1].1,
        notes: [Diagnostic.Note("the other one is here", at: sorted[0].1)])
      return false
    }
    for (key, sources) in Self.owners {
      guard let place = seen.place(of: key), given.count == 1, !sources.contains(given[0]) else {
        continue
      }
      let names = sources.map { quoted($0.name) }.joined(separator: " or ")
      error("\(quoted(key.name)) belongs to \(names), not to \(quoted(given[0].name))", at: place)
    }
    return true
  }
}
