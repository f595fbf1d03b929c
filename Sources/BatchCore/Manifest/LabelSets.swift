/// A word of `labels`, by which entries are selected and needed. The names are in the entry table.
package struct Label: Hashable, Comparable, Sendable {
  package var rawValue: UInt32

  init(_ rawValue: Int) { self.rawValue = UInt32(rawValue) }
  package var value: Int { Int(rawValue) }

  package static func < (left: Label, right: Label) -> Bool { left.rawValue < right.rawValue }
}

/// The labels of a manifest and the sets in which entries have them, each kept once.
struct LabelSets: Sendable {
  private(set) var names: [String] = []
  private var labels: [ExactText: Label] = [:]
  /// The first is the set of an entry without labels.
  private(set) var sets: [[Label]] = [[]]
  /// Of the others. (Made with the first of them: most manifests have none.)
  private var setIndex: [[Label]: Int] = [:]

  mutating func intern(_ name: String) -> Label {
    let text = ExactText(name)
    if let known = labels[text] { return known }
    let label = Label(names.count)
    names.append(name)
    labels[text] = label
    return label
  }

  mutating func intern(_ given: [Label]) -> Int {
    if given.isEmpty { return 0 }
    let set = Set(given).sorted()
    if let known = setIndex[set] { return known }
    setIndex[set] = sets.count
    sets.append(set)
    return sets.count - 1
  }

  func label(named name: String) -> Label? { labels[ExactText(name)] }
}
