internal import BatchCore

/// Finds entries that wait for each other. `"*"` never makes a circle: it leaves out who waits for it.
/// Each entry and each label is visited once, so that the cost is that of the needs as written, not
/// of all pairs that labels stand for.
struct NeedsCircle {
  /// One entry of a circle, and where it names what it needs.
  struct Link {
    var row: Int
    var item: NeedsCollector.Item
    var place: SourcePlace
  }

  private enum Node: Hashable {
    case entry(Int)
    case label(Label)
  }

  private struct Visit {
    var node: Node
    var following: [Node]
    var next = 0
  }

  private let table: EntryTable
  private let items: [Int: NeedsCollector.Item]
  private let members: [Label: [Int]]
  private var circles: [[Link]] = []
  /// What is in no circle that could still be found.
  private var finished: Set<Node> = []

  /// The circles, as many as are shown. None has an entry or a label of another, and so each is told once.
  static func find(in table: EntryTable, _ items: [NeedsCollector.Item]) -> [[Link]] {
    let named = items.filter { item in
      let needs = table.needs[table.needsIndex(EntryIndex(item.row))]
      return !needs.entries.isEmpty || !needs.labels.isEmpty
    }
    guard !named.isEmpty else { return [] }
    var search = NeedsCircle(table, named)
    search.findPairsOfOneLabel()
    for row in search.items.keys.sorted() { search.find(from: .entry(row)) }
    return Array(search.circles.prefix(ManifestErrors.maximumShown))
  }

  private init(_ table: EntryTable, _ items: [NeedsCollector.Item]) {
    self.table = table
    self.items = Dictionary(items.map { ($0.row, $0) }) { first, _ in first }
    let wanted = Set(items.flatMap { table.needs[table.needsIndex(EntryIndex($0.row))].labels })
    var members: [Label: [Int]] = [:]
    if !wanted.isEmpty {
      for row in table.indices {
        for label in table.labels(EntryIndex(row)) where wanted.contains(label) {
          members[label, default: []].append(row)
        }
      }
    }
    self.members = members
  }

  /// Two entries with a label that both need. From here on, of each label at most one entry needs it.
  private mutating func findPairsOfOneLabel() {
    for label in members.keys.sorted() {
      let rows = (members[label] ?? []).filter { row in
        items[row] != nil && !finished.contains(.entry(row))
          && table.needs[table.needsIndex(EntryIndex(row))].labels.contains(label)
      }
      let pair = rows.prefix(2).compactMap { row in
        items[row].map { Link(row: row, item: $0, place: place($0, naming: .label(label))) }
      }
      guard pair.count == 2 else { continue }
      circles.append(pair)
      finished.formUnion([.label(label)] + pair.map { .entry($0.row) })
    }
  }

  private mutating func find(from start: Node) {
    var path: [Visit] = []
    var open: Set<Node> = []
    func enter(_ node: Node) {
      guard !finished.contains(node) else { return }
      path.append(Visit(node: node, following: following(node)))
      open.insert(node)
    }
    enter(start)
    while let last = path.last, circles.count < ManifestErrors.maximumShown {
      guard last.next < last.following.count else {
        open.remove(last.node)
        finished.insert(last.node)
        path.removeLast()
        continue
      }
      path[path.count - 1].next += 1
      let node = last.following[last.next]
      guard open.contains(node) else {
        enter(node)
        continue
      }
      guard let circle = circle(path, to: node) else { continue }
      circles.append(circle)
      // The search goes on before it, without what is in it.
      while let last = path.popLast() {
        open.remove(last.node)
        finished.insert(last.node)
        if last.node == node { break }
      }
    }
  }

  private func following(_ node: Node) -> [Node] {
    switch node {
    case .entry(let row):
      let needs = table.needs[table.needsIndex(EntryIndex(row))]
      let own = table.labels(EntryIndex(row))
      var nodes: [Node] = needs.entries.map { .entry($0.value) }
      for label in needs.labels {
        // It does not wait for itself.
        nodes += own.contains(label) ? waiting(label).filter { $0 != .entry(row) } : [.label(label)]
      }
      return nodes
    case .label(let label): return waiting(label)
    }
  }

  /// The entries with a label that need something; others end every path.
  private func waiting(_ label: Label) -> [Node] {
    (members[label] ?? []).filter { items[$0] != nil }.map { .entry($0) }
  }

  /// The entries of the path from `node` on.
  private func circle(_ path: [Visit], to node: Node) -> [Link]? {
    guard let start = path.lastIndex(where: { $0.node == node }) else { return nil }
    var links: [Link] = []
    for (index, visit) in path[start...].enumerated() {
      guard case .entry(let row) = visit.node, let item = items[row] else { continue }
      let following = start + index + 1 < path.count ? path[start + index + 1].node : node
      links.append(Link(row: row, item: item, place: place(item, naming: following)))
    }
    return links
  }

  private func place(_ item: NeedsCollector.Item, naming node: Node) -> SourcePlace {
    let text =
      switch node {
      case .entry(let row): table.id(EntryIndex(row)) ?? ""
      case .label(let label):
        NeedsCollector.labelPrefix + table.labelNames[label.value]
      }
    return item.words.first { $0.text == text }?.place ?? item.words[0].place
  }
}
