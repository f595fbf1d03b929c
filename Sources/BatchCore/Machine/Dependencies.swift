/// Which entries wait for which, while the outcomes of a run come in. Entries that need the same wait
/// together, and what several need is counted once, so an outcome costs a few steps whatever the number
/// of entries, and a manifest without needs costs nothing.
///
/// Entries outside of the selection can be needed too: they are not sent, so they count as there only
/// when they are done on record. While the table grows, a label that entries to come will have, and
/// `"*"`, stay open whatever has succeeded so far.
package struct Dependencies: Sendable {
  /// Why something that is needed will not be there.
  package enum Cause: Sendable, Equatable {
    case failed
    /// It is not selected, and not done on record as its source is now.
    case notSelected
  }

  /// An entry that will not be run.
  package struct Blocked: Sendable, Equatable {
    package var entry: EntryIndex
    /// What it needs, and what that led to in the end: the same unless there are some between.
    package var needed: EntryIndex
    package var origin: EntryIndex
    package var cause: Cause
  }

  package enum Standing: Sendable { case free, waiting, blocked }

  /// Something that entries need: an entry, those with a label, or everything.
  private struct Condition {
    /// Members without an outcome; one more while further members may come.
    var open = 0
    /// When the newest member became done: a stamp of `RunFacts`.
    var newest: UInt32 = 0
    /// The groups that need it.
    var groups: [Int] = []
  }

  /// Entries that need the same.
  private struct Group {
    var entries: ContiguousArray<EntryIndex> = []
    var conditions: [Int] = []
    /// Conditions with open members.
    var open = 0
    var isBlocked = false
  }

  /// What an entry's `needs` name, as the key of a condition.
  private enum Subject: Hashable {
    case entry(EntryIndex)
    /// All with this label but one: the entry that has it and needs it.
    case label(Label, except: EntryIndex?)
    case everything
  }

  private var entries: EntryTable
  private var conditions: [Condition] = []
  private var groups: [Group] = []
  /// Of each set of needs in the table, and of entries that have a label which they need.
  private var groupsOfNeeds: [Int?] = []
  private var ownGroups: [EntryIndex: Int] = [:]
  private var index: [Subject: Int] = [:]
  /// Entries that have a label which they need, by that label.
  private var exceptions: [Label: [EntryIndex]] = [:]
  private var waitingForEverything: Set<EntryIndex> = []
  /// Conditions that further members may come for.
  private var growing: [Int] = []

  package init(_ entries: EntryTable, _ selection: Selection) {
    self.entries = entries
    guard entries.hasNeeds else { return }
    groupsOfNeeds = Array(repeating: nil, count: entries.needs.count)
    if entries.needs.contains(where: \.everything) {
      waitingForEverything = Self.waitingForEverything(entries)
    }
    for row in entries.indices {
      let entry = EntryIndex(row)
      guard entries.needsIndex(entry) != 0, selection.contains(entry) else { continue }
      groups[makeGroup(of: entry)].entries.append(entry)
    }
    guard !groups.isEmpty else { return }
    for row in entries.indices {
      for condition in conditions(of: EntryIndex(row)) { conditions[condition].open += 1 }
    }
    growing = Array(Set(entries.origins.indices.flatMap { conditions(ofOrigin: $0) }))
    for condition in growing { conditions[condition].open += 1 }
    for group in groups.indices {
      groups[group].open = groups[group].conditions.count { conditions[$0].open > 0 }
    }
  }

  /// Nothing waits for anything.
  package var isEmpty: Bool { groups.isEmpty }

  package func standing(_ entry: EntryIndex) -> Standing {
    guard let group = group(of: entry) else { return .free }
    if groups[group].isBlocked { return .blocked }
    return groups[group].open == 0 ? .free : .waiting
  }

  /// Somebody who is selected waits for it.
  package func isNeeded(_ entry: EntryIndex) -> Bool {
    !conditions(of: entry).isEmpty
  }

  /// When the newest of what the entry needs became done: if it was done before that, it says something
  /// of a state that is no more. 0 when it needs nothing.
  package func newest(neededBy entry: EntryIndex) -> UInt32 {
    guard let group = group(of: entry) else { return 0 }
    return groups[group].conditions.map { conditions[$0].newest }.max() ?? 0
  }

  /// The entry is done or unchanged; `stamp` says since when. Returns the entries that wait no more.
  package mutating func succeeded(_ entry: EntryIndex, stamp: UInt32) -> ContiguousArray<EntryIndex>
  {
    var released: ContiguousArray<EntryIndex> = []
    for condition in conditions(of: entry) {
      conditions[condition].newest = max(conditions[condition].newest, stamp)
      close(condition, releasing: &released)
    }
    return released
  }

  /// The table has these rows now. They need nothing themselves.
  package mutating func grow(_ rows: Range<Int>, of table: EntryTable) {
    guard !isEmpty else { return }
    entries = table
    for row in rows {
      for condition in conditions(of: EntryIndex(row)) { conditions[condition].open += 1 }
    }
  }

  /// The table grows no more. Returns the entries that therefore wait no more.
  package mutating func stopGrowing() -> ContiguousArray<EntryIndex> {
    var released: ContiguousArray<EntryIndex> = []
    for condition in growing { close(condition, releasing: &released) }
    growing = []
    return released
  }

  /// One open member less.
  private mutating func close(
    _ condition: Int, releasing released: inout ContiguousArray<EntryIndex>
  ) {
    conditions[condition].open -= 1
    guard conditions[condition].open == 0 else { return }
    for group in conditions[condition].groups {
      groups[group].open -= 1
      if groups[group].open == 0, !groups[group].isBlocked {
        released.append(contentsOf: groups[group].entries)
      }
    }
  }

  /// The entry will not be there. Returns all that therefore will not be run, in the order in which
  /// they depend on each other.
  package mutating func failed(_ entry: EntryIndex, _ cause: Cause) -> [Blocked] {
    var blocked: [Blocked] = []
    var next = 0
    block(by: entry, origin: entry, cause, into: &blocked)
    while next < blocked.count {
      block(by: blocked[next].entry, origin: entry, cause, into: &blocked)
      next += 1
    }
    return blocked
  }

  private mutating func block(
    by needed: EntryIndex, origin: EntryIndex, _ cause: Cause, into blocked: inout [Blocked]
  ) {
    for condition in conditions(of: needed) {
      for group in conditions[condition].groups where !groups[group].isBlocked {
        groups[group].isBlocked = true
        for entry in groups[group].entries {
          blocked.append(
            Blocked(entry: entry, needed: needed, origin: origin, cause: cause))
        }
      }
    }
  }

  // What belongs to what

  private func group(of entry: EntryIndex) -> Int? {
    guard !isEmpty else { return nil }
    let needs = entries.needsIndex(entry)
    guard needs != 0 else { return nil }
    return ownGroups[entry] ?? groupsOfNeeds[needs]
  }

  private func conditions(of entry: EntryIndex) -> [Int] {
    guard !isEmpty else { return [] }
    var found: [Int] = []
    if let condition = index[.entry(entry)] { found.append(condition) }
    for label in entries.labels(entry) { found += conditions(of: label, except: entry) }
    if let condition = index[.everything], !waitingForEverything.contains(entry) {
      found.append(condition)
    }
    return found
  }

  /// Those of every entry that may still come from there.
  private func conditions(ofOrigin number: Int) -> [Int] {
    var found = entries.labels(ofOrigin: number).flatMap { conditions(of: $0, except: nil) }
    if let condition = index[.everything] { found.append(condition) }
    return found
  }

  private func conditions(of label: Label, except entry: EntryIndex?) -> [Int] {
    var found: [Int] = []
    if let condition = index[.label(label, except: nil)] { found.append(condition) }
    for other in exceptions[label] ?? [] where other != entry {
      if let condition = index[.label(label, except: other)] { found.append(condition) }
    }
    return found
  }

  private mutating func makeGroup(of entry: EntryIndex) -> Int {
    let number = entries.needsIndex(entry)
    let needs = entries.needs[number]
    let own = needs.labels.isEmpty ? [] : entries.labels(entry).filter(needs.labels.contains)
    if own.isEmpty, let known = groupsOfNeeds[number] { return known }
    groups.append(Group())
    let group = groups.count - 1
    if needs.everything { add(.everything, to: group) }
    for needed in needs.entries { add(.entry(needed), to: group) }
    for label in needs.labels {
      let isOwn = own.contains(label)
      if isOwn { exceptions[label, default: []].append(entry) }
      add(.label(label, except: isOwn ? entry : nil), to: group)
    }
    if own.isEmpty { groupsOfNeeds[number] = group } else { ownGroups[entry] = group }
    return group
  }

  private mutating func add(_ subject: Subject, to group: Int) {
    let condition = index[subject] ?? conditions.count
    if condition == conditions.count {
      conditions.append(Condition())
      index[subject] = condition
    }
    conditions[condition].groups.append(group)
    groups[group].conditions.append(condition)
  }

  /// All that wait for `"*"`, directly or through what they need.
  private static func waitingForEverything(_ entries: EntryTable) -> Set<EntryIndex> {
    var members: [Int: [EntryIndex]] = [:]
    for row in entries.indices {
      let number = entries.needsIndex(EntryIndex(row))
      if number != 0 { members[number, default: []].append(EntryIndex(row)) }
    }
    var reached = Set<EntryIndex>()
    var queue = members.keys.filter { entries.needs[$0].everything }.flatMap { members[$0] ?? [] }
    reached.formUnion(queue)
    var pending = members.keys.filter { !entries.needs[$0].everything }
    while let entry = queue.popLast() {
      let labels = entries.labels(entry)
      pending.removeAll { number in
        let needs = entries.needs[number]
        guard needs.entries.contains(entry) || needs.labels.contains(where: labels.contains)
        else { return false }
        for member in members[number] ?? [] where reached.insert(member).inserted {
          queue.append(member)
        }
        return true
      }
    }
    return reached
  }
}
