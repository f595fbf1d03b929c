internal import BatchCore

/// The document and its top level.
extension ManifestDecoder {
  /// How one pass over the manifest ended.
  enum Outcome {
    case complete
    /// Something uses `vars` and stands before them: read again with the variables known.
    case variablesBehindUse
    /// The target, the defaults or the templates stand behind the entries: read again with the
    /// header known.
    case headerBehindEntries
  }

  mutating func decode() throws(SyntaxError) -> Outcome {
    _ = try events.next()
    guard try events.next().kind == .documentStart else {
      throw SyntaxError(
        "the manifest is empty; it needs at least version, target and entries",
        at: SourcePlace(line: 1, column: 1))
    }
    let root = try nextValue()
    guard root.kind == .mappingStart else {
      throw SyntaxError("a manifest must be a mapping, not \(describe(root))", at: root.place)
    }
    let outcome = try decodeRoot(root)
    _ = try events.next()
    let end = try events.next()
    if end.kind != .streamEnd {
      error("a second document begins here; a manifest is one document", at: end.place)
    }
    return outcome
  }

  private mutating func decodeRoot(_ start: YAMLEvent) throws(SyntaxError) -> Outcome {
    var cursor = MappingCursor(start)
    var seen = SeenKeys(RootKey.table)
    var isHeaderLate = false
    while let (key, value) = try nextPair(&cursor, &seen) {
      switch key {
      case .entries:
        let hasTarget = seen.place(of: .target) != nil || seen.place(of: .targets) != nil
        isHeaderLate = !hasTarget && known.header == nil
        // In another pass they will be decoded rightly; now they could only be decoded wrongly.
        try isHeaderLate || usesLaterVariables ? events.skip(value) : decodeEntries(value)
      case .vars: try decodeVariables(value)
      case .defaults:
        if seen.place(of: .entries) != nil { isHeaderLate = true }
        try decodeDefaults(value)
      case .bandwidth: header.bandwidth = try decodeBandwidth(value)
      case .templates:
        if seen.place(of: .entries) != nil { isHeaderLate = true }
        try decodeTemplates(value)
      case .target, .targets: try decodeTargets(key, value, seen)
      default: try decodeScalar(key, value)
      }
    }
    reportMissing(seen, at: cursor.place)
    if usesLaterVariables { return .variablesBehindUse }
    if isHeaderLate, known.header == nil { return .headerBehindEntries }
    reportUnusedAssignments()
    for layer in [header.defaults] + header.templates.values {
      if let chosen = layer.target.value { _ = targetIndex(named: chosen) }
    }
    resolveNeeds()
    return .complete
  }

  private mutating func decodeDefaults(_ value: YAMLEvent) throws(SyntaxError) {
    guard try isMapping(value, "defaults") else { return }
    header.defaults = try decodeLayer(value, EntryKey.defaultsTable)
  }

  private mutating func decodeTemplates(_ value: YAMLEvent) throws(SyntaxError) {
    guard try isMapping(value, "templates") else { return }
    var cursor = MappingCursor(value)
    var seen = SeenNames()
    while let key = try nextKey(&cursor) {
      let place = key.place
      guard let name = try word(key, "a template's name") else {
        try skipValue()
        continue
      }
      switch seen.insert(name, level: cursor.level, place: place) {
      case .new:
        let start = try nextValue()
        guard try isMapping(start, "the template \(quoted(name))") else { continue }
        header.templates[ExactText(name)] = try decodeLayer(start, EntryKey.templateTable)
      case .overridden: try skipValue()
      case .repeated(let first):
        error(
          "the template \(quoted(name)) is given twice", at: place,
          notes: [Diagnostic.Note("first used here", at: first)])
        try skipValue()
      }
    }
  }

  private mutating func decodeLayer(
    _ start: YAMLEvent, _ table: KeyTable<EntryKey>
  ) throws(SyntaxError) -> SettingsLayer {
    var cursor = MappingCursor(start)
    var seen = SeenKeys(table)
    var layer = SettingsLayer()
    while let (key, value) = try nextPair(&cursor, &seen) {
      try decodeSetting(key, value, into: &layer)
    }
    checkSums(layer, own: layer)
    return layer
  }

  private mutating func decodeTargets(
    _ key: RootKey, _ value: YAMLEvent, _ seen: SeenKeys<RootKey>
  ) throws(SyntaxError) {
    let other: RootKey = key == .target ? .targets : .target
    if let first = seen.place(of: other), let place = seen.place(of: key) {
      error(
        "\"target\" and \"targets\" cannot both be given", at: place,
        notes: [Diagnostic.Note("the other one is here", at: first)])
      return try events.skip(value)
    }
    guard key == .target else { return try decodeTargets(value) }
    header.targets = [try decodeTarget(value, name: "")]
  }

  private mutating func decodeScalar(
    _ key: RootKey, _ value: YAMLEvent
  ) throws(SyntaxError) {
    let place = value.place
    switch key {
    case .version:
      guard let version = try integer(value, key.name, in: 0...Int.max) else { return }
      if !key.range.contains(version) {
        error("this program reads manifests of version 1, not \(version)", at: place)
      }
    case .name: header.name = try word(value, key.name)
    case .concurrency:
      header.concurrency =
        try integer(value, key.name, in: key.range) ?? header.concurrency
    default: break
    }
  }

  private mutating func reportMissing(_ seen: SeenKeys<RootKey>, at place: SourcePlace) {
    if seen.isMissing(.version) { error("the manifest needs \"version: 1\"", at: place) }
    if seen.isMissing(.target), seen.isMissing(.targets) {
      error("the manifest needs \"target\"", at: place)
    }
    if seen.isMissing(.entries) { error("the manifest needs \"entries\"", at: place) }
  }
}
