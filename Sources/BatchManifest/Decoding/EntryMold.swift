internal import BatchCore

/// What all entries of one item have in common: the item's own for `file`, that of every match for
/// `glob`.
struct EntryMold {
  enum Settings {
    /// Index into the table's settings.
    case known(Int)
    /// Something in them depends on the source file.
    case late(SettingsLayer)
  }

  /// What many entries have alike.
  struct Traits {
    var target: Int
    /// Of the target: what a key begins with, and what it may be.
    var prefix: String
    var signature: Target.Signature
    var settings: Settings
    var labels: Int
    var priority: Int
  }

  var place: SourcePlace
  var ownPlace: SourcePlace
  var traits: Traits
  var key: LateText
  var keyPlace: SourcePlace
  var id: LateText?
  var idPlace: SourcePlace
  var needs: [PlacedWord]
}

/// What entries inherit: `defaults` with the templates that they use.
struct InheritedSettings {
  var layer: SettingsLayer
  /// The levels that are merged in it, with their names.
  var levels: [(name: String, layer: SettingsLayer)]
  /// The index of the settings of an entry that has none of its own, once there was one.
  var plainSettings: Int?
  /// The traits of an entry that says nothing about them, once there was one.
  var plainTraits: EntryMold.Traits?

  mutating func forgetCached() {
    plainSettings = nil
    plainTraits = nil
  }
}

extension ManifestDecoder {
  /// The index into `bases` of what an entry inherits that uses these templates.
  mutating func base(using uses: [PlacedWord]) -> Int {
    if uses.isEmpty, !bases.isEmpty { return 0 }
    let templates = effectiveHeader.templates
    for use in uses where templates[ExactText(use.text)] == nil {
      error(
        "there is no template \(quoted(use.text))", at: use.place,
        unknown: UnknownWord(use.text, among: templates.keys.map(\.text).sorted()))
    }
    let names = uses.map { ExactText($0.text) }.filter { templates[$0] != nil }
    if bases.isEmpty {
      let defaults = effectiveHeader.defaults
      bases.append(InheritedSettings(layer: defaults, levels: [("defaults", defaults)]))
      baseIndex[[]] = 0
    }
    if let index = baseIndex[names] { return index }
    var inherited = bases[0]
    inherited.forgetCached()
    for name in names {
      guard let template = templates[name] else { continue }
      add(template, named: "the template \(quoted(name.text))", to: &inherited)
    }
    bases.append(inherited)
    baseIndex[names] = bases.count - 1
    return bases.count - 1
  }

  private mutating func add(
    _ layer: SettingsLayer, named name: String, to inherited: inout InheritedSettings
  ) {
    inherited.layer = layer.merged(over: inherited.layer)
    if !inherited.layer.hasLateText {
      checkSums(inherited.layer, own: layer, inherited: inherited.levels)
    }
    inherited.levels.append((name, layer))
  }

  /// What rows inherit from the item that names their list.
  mutating func base(over base: Int, adding layer: SettingsLayer) -> Int {
    var inherited = bases[base]
    inherited.forgetCached()
    add(layer, named: "the entry with the list", to: &inherited)
    bases.append(inherited)
    return bases.count - 1
  }

  /// nil: the error is reported, here or where what is inherited stands.
  mutating func mold(_ draft: EntryDraft, over base: Int) -> EntryMold? {
    guard let traits = traits(draft, over: base), let key = draft.key else { return nil }
    return EntryMold(
      place: draft.place, ownPlace: draft.ownPlace, traits: traits, key: key,
      keyPlace: draft.keyPlace, id: draft.id, idPlace: draft.idPlace, needs: draft.needs)
  }

  private mutating func traits(_ draft: EntryDraft, over base: Int) -> EntryMold.Traits? {
    let isPlain = draft.layer.isEmpty
    if isPlain, let known = bases[base].plainTraits { return known }
    let settings = settings(draft, over: base)
    guard let index = targetIndex(draft, over: base),
      let target = effectiveHeader.targets?[index]
    else { return nil }
    let labels = draft.layer.labels.over(bases[base].layer.labels).value ?? []
    let traits = EntryMold.Traits(
      target: index, prefix: target.prefix, signature: target.signature, settings: settings,
      labels: labels.isEmpty ? 0 : intern(labels),
      priority: draft.layer.priority.over(bases[base].layer.priority).value ?? 0)
    if isPlain { bases[base].plainTraits = traits }
    return traits
  }

  private mutating func intern(_ words: [PlacedWord]) -> Int {
    entries.intern(labels: words.map { entries.intern(label: $0.text) })
  }

  /// Most entries have the settings that they inherit.
  private mutating func settings(_ draft: EntryDraft, over base: Int) -> EntryMold.Settings {
    guard draft.layer.changesSettings else {
      if let known = bases[base].plainSettings { return .known(known) }
      if bases[base].layer.hasLateText { return .late(bases[base].layer) }
      let index = entries.intern(bases[base].layer.resolved())
      bases[base].plainSettings = index
      return .known(index)
    }
    let merged = draft.layer.merged(over: bases[base].layer)
    if merged.hasLateText { return .late(merged) }
    checkSums(merged, own: draft.layer, inherited: bases[base].levels)
    return .known(entries.intern(merged.resolved()))
  }

  private mutating func targetIndex(_ draft: EntryDraft, over base: Int) -> Int? {
    let chosen = draft.layer.target.over(bases[base].layer.target)
    if let chosen = chosen.value { return targetIndex(named: chosen) }
    let header = effectiveHeader
    guard header.targets != nil else { return nil }
    guard header.targetsAreNamed else { return 0 }
    error("the entry needs \"target\", the name of one of the targets", at: draft.place)
    return nil
  }

  /// Limits that hold for what was inherited and what was added together, when `layer` added to it.
  mutating func checkSums(
    _ merged: SettingsLayer, own layer: SettingsLayer,
    inherited: [(name: String, layer: SettingsLayer)] = []
  ) {
    let tags = merged.givenTags.count
    if let place = layer.tagsPlace, tags > Tagging.maximumCount {
      error(
        "the object would have \(tags) tags; at most \(Tagging.maximumCount) are allowed",
        at: place, notes: notes(inherited, "tags", \.tagsPlace))
    }
    if let place = layer.metadataPlace, merged.metadataSize > HeaderRules.maximumMetadataSize {
      error(
        "the metadata has \(grouped(merged.metadataSize)) bytes; at most"
          + " \(grouped(HeaderRules.maximumMetadataSize))", at: place,
        notes: notes(inherited, "metadata", \.metadataPlace))
    }
  }

  private func notes(
    _ levels: [(name: String, layer: SettingsLayer)], _ what: String,
    _ place: (SettingsLayer) -> SourcePlace?
  ) -> [Diagnostic.Note] {
    levels.compactMap { level in
      place(level.layer).map {
        Diagnostic.Note(
          "\(what) inherited from \(level.name), line \($0.line)", at: $0, in: .manifest)
      }
    }
  }
}
