internal import BatchCore

/// The needs of entries as they are written, until all entries are known.
struct NeedsCollector {
  static let everything = "*"
  static let labelPrefix = "tag:"

  /// By bytes: a letter that combines with the colon still is the first of a label.
  static func label(in text: String) -> String? {
    guard text.utf8.starts(with: labelPrefix.utf8) else { return nil }
    return String(decoding: text.utf8.dropFirst(labelPrefix.utf8.count), as: UTF8.self)
  }

  struct Item {
    var row: Int
    var words: [PlacedWord]
    var list: ListInUse?
  }

  private(set) var items: [Item] = []
  /// The ids among which one is looked for that was meant, once one was not known: of very many only the first.
  var knownIDs: [String]?
  /// The ids of entries that are not in the table, as something else is wrong with them: to need them is no error.
  private var refused: Set<ExactText> = []
  /// Such entries may have any label, and those of a list that cannot be read, or of a glob, any id.
  private(set) var hasRefused = false
  private var hasRefusedAnyID = false

  mutating func add(row: Int, _ words: [PlacedWord], _ list: ListInUse?) {
    items.append(Item(row: row, words: words, list: list))
  }

  /// What is wrong with the entry of this id was reported.
  mutating func refuse(_ id: LateText?) {
    hasRefused = true
    switch id {
    case nil: break
    case .text(let id): refused.insert(ExactText(id))
    case .pattern: hasRefusedAnyID = true
    }
  }

  /// So it was of entries that nobody knows.
  mutating func refuseUnknown() {
    hasRefused = true
    hasRefusedAnyID = true
  }

  func mayHaveRefused(id: String) -> Bool { hasRefusedAnyID || refused.contains(ExactText(id)) }
}

extension ManifestDecoder {
  /// Finds what the needs of all entries mean, and puts it into the table.
  mutating func resolveNeeds() {
    for item in needs.items {
      list = item.list
      let value = resolve(item)
      if !value.isEmpty { entries.setNeeds(value, of: EntryIndex(item.row)) }
    }
    list = nil
    for circle in NeedsCircle.find(in: entries, needs.items) { report(circle) }
  }

  private mutating func resolve(_ item: NeedsCollector.Item) -> Needs {
    var everything = false
    var rows: [EntryIndex] = []
    var labels: [Label] = []
    for word in item.words {
      if word.text == NeedsCollector.everything {
        everything = true
      } else if let name = NeedsCollector.label(in: word.text) {
        if let label = entries.label(named: name) {
          labels.append(label)
        } else if !toleratesMissingMatches, !needs.hasRefused {
          let known = entries.labelNames
          error(
            "no entry has the label \(quoted(name))", at: word.place,
            unknown: UnknownWord(name, among: known))
        }
      } else if let row = row(ofID: word.text) {
        if row == item.row {
          error("an entry cannot need itself", at: word.place)
        } else {
          rows.append(EntryIndex(row))
        }
      } else if !toleratesMissingMatches, !needs.mayHaveRefused(id: word.text) {
        let known = knownIDs()
        error(
          "no entry has the id \(quoted(word.text))", at: word.place,
          unknown: UnknownWord(word.text, among: known))
      }
    }
    return Needs(everything: everything, entries: rows, labels: labels)
  }

  private func row(ofID id: String) -> Int? {
    let table = entries
    return ids.row(hash: Self.hash(id, seed: 0)) { row in
      ExactText(table.id(EntryIndex(row)) ?? "") == ExactText(id)
    }
  }

  private mutating func knownIDs() -> [String] {
    if let known = needs.knownIDs { return known }
    let table = entries
    let known = Array(table.indices.lazy.compactMap { table.id(EntryIndex($0)) }.prefix(1000))
    needs.knownIDs = known
    return known
  }

  private mutating func report(_ circle: [NeedsCircle.Link]) {
    guard let first = circle.first, let last = circle.last else { return }
    let told = circle.dropLast().prefix(Self.linksTold)
    let untold = circle.count - 1 - told.count
    let more = untold > 0 ? ["… and \(grouped(untold)) more"] : []
    let names = told.map { name($0) } + more + [name(last), name(first)]
    var notes = told.enumerated().map { index, link in
      Diagnostic.Note(
        "\(name(link)) needs \(name(circle[index + 1])) (line \(link.place.line))",
        at: link.place, in: file(ofRow: link.row))
    }
    notes += more.map { Diagnostic.Note($0) }
    list = last.item.list
    defer { list = nil }
    let chain = names.joined(separator: " → ")
    error("the entries need each other in a circle: \(chain)", at: last.place, notes: notes)
  }

  /// A circle may be of any length; of a longer one these are told, and the last.
  private static var linksTold: Int { 11 }

  private func name(_ link: NeedsCircle.Link) -> String {
    entries.id(EntryIndex(link.row)) ?? entries.key(EntryIndex(link.row))
  }
}
