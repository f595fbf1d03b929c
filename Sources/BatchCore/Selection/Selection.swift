/// The entries that a command is about: all of a manifest's, or what `--only` and `--skip` leave.
package struct Selection: Sendable {
  /// Every entry, whatever the manifest.
  package static let everything = Selection()

  /// Whether each entry is in it; empty: all are.
  private var flags: ContiguousArray<Bool> = []
  private var flagged = 0

  private init() {}

  package var isEverything: Bool { flags.isEmpty }

  package func contains(_ entry: EntryIndex) -> Bool { flags.isEmpty || flags[entry.value] }

  /// How many entries of the table are in it.
  package func count(of entries: EntryTable) -> Int { flags.isEmpty ? entries.count : flagged }

  /// A selected entry that needs an id or a label by name which no selected entry has, and that name; nil:
  /// the selected entries can stand alone.
  package func firstGap(in entries: EntryTable) -> (entry: EntryIndex, need: String)? {
    guard !isEverything, entries.hasNeeds else { return nil }
    // (A label that no entry has is needed in vain, selected or not.)
    var missing = Set<Label>()
    for row in entries.indices where !contains(EntryIndex(row)) {
      missing.formUnion(entries.labels(EntryIndex(row)))
    }
    let selected = entries.indices.lazy.map { EntryIndex($0) }.filter(contains)
    for entry in selected { missing.subtract(entries.labels(entry)) }
    for entry in selected {
      let needs = entries.needs[entries.needsIndex(entry)]
      if let needed = needs.entries.first(where: { !contains($0) }) {
        return (entry, entries.id(needed) ?? entries.key(needed))
      }
      if let label = needs.labels.first(where: missing.contains) {
        return (entry, "tag:" + entries.labelNames[label.value])
      }
    }
    return nil
  }

  /// What the selectors leave of the table: those that one of `only` names (all, when there is none),
  /// without those that one of `skip` names.
  /// `state` says what is on record of an entry, and is asked only for `state:` selectors.
  package init(
    of manifest: Manifest, only: [Selector], skip: [Selector],
    state: (EntryIndex) -> Selector.State
  ) throws(Selector.Unmatched) {
    guard !only.isEmpty || !skip.isEmpty, manifest.entries.count > 0 else { return }
    flags = ContiguousArray(repeating: only.isEmpty, count: manifest.entries.count)
    for selector in only { try mark(selector, true, manifest, state) }
    for selector in skip { try mark(selector, false, manifest, state) }
    flagged = flags.count { $0 }
  }

  private mutating func mark(
    _ selector: Selector, _ value: Bool, _ manifest: Manifest,
    _ state: (EntryIndex) -> Selector.State
  ) throws(Selector.Unmatched) {
    var isMatched = false
    for row in manifest.entries.indices {
      guard selector.matches(EntryIndex(row), of: manifest, state) else { continue }
      isMatched = true
      flags[row] = value
    }
    // That nothing has failed is no mistake of the one who asks.
    if !isMatched, !selector.asksForState { throw Selector.Unmatched(selector: selector) }
  }
}

/// What `--only` and `--skip` take: an id, a pattern of keys, `tag:LABEL`, or `state:STATE`.
package struct Selector: Sendable {
  package enum State: String, Sendable, CaseIterable {
    case failed, done
    /// Neither of the others; an upload may be open.
    case pending
  }

  /// A selector that no entry fits.
  package struct Unmatched: Error {
    package var selector: Selector
  }

  /// Why a text is no selector, in a sentence.
  package struct Malformed: Error {
    package var message: String
  }

  private enum Kind: Sendable {
    case label(String)
    case state(State)
    /// An entry's id, or a pattern of its key, with the target's prefix or behind it.
    case name(PathPattern?)
  }

  /// As it was given.
  package let text: String
  private let kind: Kind

  package init(_ text: String) throws(Malformed) {
    self.text = text
    // (By bytes: a letter that combines with the colon still is the first of a label.)
    if text.utf8.starts(with: "tag:".utf8) {
      kind = .label(String(decoding: text.utf8.dropFirst(4), as: UTF8.self))
    } else if text.hasPrefix("state:") {
      guard let state = State(rawValue: String(text.dropFirst(6))) else {
        throw Malformed(
          message: "\(text) is no state: it can be state:failed, state:pending or state:done")
      }
      kind = .state(state)
    } else {
      do throws(PathPattern.Problem) {
        kind = .name(try PathPattern(text))
      } catch {
        guard !text.isEmpty else { throw Malformed(message: "a selector must not be empty") }
        // It still may be an id.
        kind = .name(nil)
      }
    }
  }

  package var asksForState: Bool {
    if case .state = kind { true } else { false }
  }

  func matches(
    _ entry: EntryIndex, of manifest: Manifest, _ state: (EntryIndex) -> State
  ) -> Bool {
    let entries = manifest.entries
    switch kind {
    case .label(let name):
      guard let label = entries.label(named: name) else { return false }
      return entries.labels(entry).contains(label)
    case .state(let wanted): return state(entry) == wanted
    case .name(let pattern):
      if let id = entries.id(entry), ExactText(id) == ExactText(text) { return true }
      guard let pattern else { return false }
      let key = entries.key(entry)
      if pattern.matches(key) { return true }
      let prefix = manifest.targets[entries.target(entry)].prefix
      return !prefix.isEmpty
        && pattern.matches(String(decoding: key.utf8.dropFirst(prefix.utf8.count), as: UTF8.self))
    }
  }

  /// Everything that a selector without a match could have meant: ids, labels and keys.
  package static func candidates(_ manifest: Manifest) -> [String] {
    let entries = manifest.entries
    return entries.indices.compactMap { entries.id(EntryIndex($0)) }
      + entries.labelNames.map { "tag:\($0)" }
      + entries.indices.map { entries.key(EntryIndex($0)) }
  }
}
