internal import BatchCore

/// What one item of `entries` says.
private struct EntryDraft {
  var place: SourcePlace
  var id: String?
  var idPlace = SourcePlace(line: 0, column: 0)
  var file: String?
  var key: String?
  var keyPlace = SourcePlace(line: 0, column: 0)
  var layer = SettingsLayer()
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
    var draft = EntryDraft(place: start.place)
    var cursor = MappingCursor(start)
    var seen = SeenKeys(EntryKey.table)
    while let (key, value) = try nextPair(&cursor, &seen) {
      switch key {
      case .file: draft.file = try path(value, "file")
      case .key:
        draft.keyPlace = value.place
        draft.key = try text(value, "key")
      case .id:
        draft.idPlace = value.place
        draft.id = try entryID(value)
      default: try decodeSetting(key, value, into: &draft.layer)
      }
    }
    for key in [EntryKey.file, .key] where seen.isMissing(key) {
      error("the entry needs \(quoted(key.name))", at: draft.place)
    }
    append(draft)
  }

  private mutating func entryID(_ value: YAMLEvent) throws(SyntaxError) -> String? {
    let place = value.place
    guard let id = try word(value, "id") else { return nil }
    if id == "*" { error("\"*\" cannot be an id: it means every entry", at: place) }
    guard id.utf8.count <= Self.maximumIDLength else {
      let limit = grouped(Self.maximumIDLength)
      error("the id has \(grouped(id.utf8.count)) bytes; at most \(limit)", at: place)
      return nil
    }
    return id
  }

  private static var maximumIDLength: Int { 1024 }

  /// Checks what concerns the entry as a whole, and puts it into the table.
  private mutating func append(_ draft: EntryDraft) {
    let settings = settingsIndex(draft)
    guard let target = targetIndex(draft), let key = checkedKey(draft, target) else { return }
    guard let file = draft.file else { return }
    reportRepetitions(of: draft, key: key, target: target)
    let priority = draft.layer.priority.over(effectiveHeader.defaults.priority).value ?? 0
    entries.append(
      Entry(
        id: draft.id, target: target, file: file, key: key, settings: settings,
        priority: priority, line: draft.place.line))
  }

  /// nil: the error is reported, here or where the target stands.
  private mutating func targetIndex(_ draft: EntryDraft) -> Int? {
    let chosen = draft.layer.target.over(effectiveHeader.defaults.target)
    if let chosen = chosen.value { return targetIndex(named: chosen) }
    guard effectiveHeader.targets != nil else { return nil }
    guard effectiveHeader.targetsAreNamed else { return 0 }
    error("the entry needs \"target\", the name of one of the targets", at: draft.place)
    return nil
  }

  /// The full key with the target's prefix.
  private mutating func checkedKey(_ draft: EntryDraft, _ index: Int) -> String? {
    guard let target = effectiveHeader.targets?[index], let name = draft.key else { return nil }
    let key = target.prefix + name
    let problem =
      name.isEmpty ? "must not be empty" : KeyRules.problem(key, signature: target.signature)
    guard let problem else { return key }
    error("key \(problem)", at: draft.keyPlace)
    return nil
  }

  /// A repeated entry is an error, and still gets its row: later entries are compared with it.
  private mutating func reportRepetitions(of draft: EntryDraft, key: String, target: Int) {
    let table = entries
    let row = table.count
    let hash = Self.hash(key, seed: target)
    let firstKey = keys.insert(hash: hash, row: row, at: draft.keyPlace) { other in
      let index = EntryIndex(other)
      return table.target(index) == target && ExactText(table.key(index)) == ExactText(key)
    }
    if let firstKey {
      error(
        "the key \(quoted(key)) is given to two entries of one target", at: draft.keyPlace,
        notes: [Diagnostic.Note("first given here", at: firstKey)])
    }
    guard let id = draft.id else { return }
    let firstID = ids.insert(hash: Self.hash(id, seed: 0), row: row, at: draft.idPlace) { other in
      ExactText(table[EntryIndex(other)].id ?? "") == ExactText(id)
    }
    guard let firstID else { return }
    error(
      "the id \(quoted(id)) is given to two entries", at: draft.idPlace,
      notes: [Diagnostic.Note("first given here", at: firstID)])
  }

  private static func hash(_ text: String, seed: Int) -> Int {
    var hasher = Hasher()
    hasher.combine(seed)
    hasher.combine(ExactText(text))
    return hasher.finalize()
  }
}

/// Settings of entries.
extension ManifestDecoder {
  /// The index of the entry's settings; most entries have those of the defaults.
  private mutating func settingsIndex(_ draft: EntryDraft) -> Int {
    let defaults = effectiveHeader.defaults
    guard draft.layer.changesSettings else {
      if let plainSettings { return plainSettings }
      let index = entries.intern(defaults.resolved())
      plainSettings = index
      return index
    }
    let merged = draft.layer.merged(over: defaults)
    checkSums(merged, own: draft.layer)
    return entries.intern(merged.resolved())
  }

  /// Limits that hold for what was inherited and what was added together, when `layer` added to it.
  mutating func checkSums(_ merged: SettingsLayer, own layer: SettingsLayer) {
    let tags = merged.givenTags.count
    if let place = layer.tagsPlace, tags > Tagging.maximumCount {
      error(
        "the object would have \(tags) tags; at most \(Tagging.maximumCount) are allowed", at: place
      )
    }
    if let place = layer.metadataPlace, merged.metadataSize > HeaderRules.maximumMetadataSize {
      error(
        "the metadata has \(grouped(merged.metadataSize)) bytes; at most"
          + " \(grouped(HeaderRules.maximumMetadataSize))", at: place)
    }
  }
}
