import BatchCore

/// What an entry of a simulated manifest needs, by the numbers of entries and labels.
struct WishedNeeds: Equatable {
  var entries: Set<Int> = []
  var labels: Set<Int> = []
  var everything = false
}

/// Needs, labels and selections of the simulated worlds, and what must hold of them. What needs what is
/// worked out here once more, in the plainest way.
extension SimulatedWorld {
  private static let labelCount = 3

  /// Needs without cycles: in a random order, each entry needs only what is before it. Entries that can be
  /// found late need nothing, and are needed by their labels alone.
  static func drawNeeds(
    _ wishes: inout [Wish], before firstLate: Int, _ random: inout SplitMix64
  ) {
    guard Bool.random(using: &random) else { return }
    let order = wishes.indices.shuffled(using: &random)
    for index in wishes.indices where Int.random(in: 0..<3, using: &random) == 0 {
      wishes[index].labels.insert(Int.random(in: 0..<labelCount, using: &random))
    }
    for (rank, index) in order.enumerated() where index < firstLate {
      let before = order[..<rank]
      for other in before where other < firstLate && Int.random(in: 0..<6, using: &random) == 0 {
        wishes[index].needs.entries.insert(other)
      }
      for label in 0..<labelCount where Int.random(in: 0..<4, using: &random) == 0 {
        let members = wishes.indices.filter { wishes[$0].labels.contains(label) && $0 != index }
        if members.allSatisfy(before.contains) { wishes[index].needs.labels.insert(label) }
      }
      let isLate = rank > wishes.count / 2
      wishes[index].needs.everything = isLate && Int.random(in: 0..<5, using: &random) == 0
    }
  }

  static func addNeeds(_ wishes: ArraySlice<Wish>, to entries: inout EntryTable) {
    for (index, wish) in wishes.enumerated() {
      let needs = Needs(
        everything: wish.needs.everything,
        entries: wish.needs.entries.filter(wishes.indices.contains).map(EntryIndex.init),
        labels: wish.needs.labels.compactMap { entries.label(named: "l\($0)") })
      if !needs.isEmpty { entries.setNeeds(needs, of: EntryIndex(index)) }
    }
  }

  /// Some runs are of a part of the manifest.
  mutating func select(_ probability: Double) -> Selection {
    let all = manifest.entries.indices
    selected = Set(all)
    guard chance(probability), !all.isEmpty else { return .everything }
    let chosen = all.filter { _ in Bool.random(using: &random) }
    do {
      let selectors = try chosen.map { try Selector("k\($0)") }
      let isSkip = chosen.isEmpty || Bool.random(using: &random)
      selected = isSkip ? Set(all).subtracting(chosen) : Set(chosen)
      return try Selection(
        of: manifest, only: isSkip ? [] : selectors, skip: isSkip ? selectors : [],
        state: { _ in .pending })
    } catch {
      fail("\(error)")
      return .everything
    }
  }

  private func waitsForEverything(_ index: Int) -> Bool {
    wishes[index].needs.everything || named(by: index).contains(where: waitsForEverything)
  }

  /// What the entry's needs name by id and label.
  private func named(by index: Int) -> [Int] {
    let needs = wishes[index].needs
    return manifest.entries.indices.filter { other in
      other != index
        && (needs.entries.contains(other) || !needs.labels.isDisjoint(with: wishes[other].labels))
    }
  }

  func needed(by index: Int) -> Set<Int> {
    let named = Set(named(by: index))
    guard wishes[index].needs.everything else { return named }
    return named.union(manifest.entries.indices.filter { !waitsForEverything($0) })
  }

  // What must hold

  /// Nothing of an entry is sent before all that it needs is there, and nothing at all of others.
  mutating func checkOrder(_ request: RunRequest) {
    let index = request.entry.value
    guard selected.contains(index) else {
      fail("\(request.operation.name) of k\(index), which is not selected")
      return
    }
    for other in needed(by: index) where !isThere(other) {
      fail("\(request.operation.name) of k\(index) before k\(other), which it needs, is there")
    }
  }

  private func isThere(_ index: Int) -> Bool {
    switch outcomes[index] {
    case .done, .unchanged: true
    case nil where unfound.contains(index): false
    case nil where !selected.contains(index): lastDone(index) >= 0
    default: false
    }
  }

  /// Each entry has one outcome; one that is not run has a reason among what it needs.
  mutating func noteOutcome(_ event: RunEvent) {
    switch event {
    case .done(let entry, _, _, _), .unchanged(let entry, _), .failed(let entry, _),
      .notRun(let entry, _):
      note(entry, event)
    case .blocked(let entry, _):
      note(entry, event)
      let isExplained = needed(by: entry.value).contains(where: isMissing)
      if !isExplained { fail("k\(entry.value) is not run, and nothing that it needs is missing") }
    default: break
    }
  }

  /// It will not be there in this run. (Its own failure may be told later than what follows from it.)
  private func isMissing(_ index: Int) -> Bool {
    switch outcomes[index] {
    case .failed, .blocked: true
    case nil where unfound.contains(index): false
    case nil: !selected.contains(index) || needed(by: index).contains(where: isMissing)
    default: false
    }
  }

  private mutating func note(_ entry: EntryIndex, _ event: RunEvent) {
    if !selected.contains(entry.value) { fail("k\(entry.value) is reported, but not selected") }
    if let before = outcomes[entry.value] {
      fail("k\(entry.value) has two outcomes: \(before), \(event)")
    }
    outcomes[entry.value] = event
  }

  mutating func checkOutcomes(_ end: RunEnd, _ summary: RunSummary) {
    if end == .finished, !unfound.isEmpty {
      fail("the run has finished before \(unfound.count) entries were found")
    }
    if summary.planned != selected.count || outcomes.count != selected.count {
      fail("\(outcomes.count) outcomes, \(summary.planned) planned of \(selected.count)")
    }
    if end == .finished,
      outcomes.values.contains(where: { if case .notRun = $0 { true } else { false } })
    {
      fail("the run has finished and left out an entry without a reason")
    }
  }

  /// Something that it needs was sent after it, so that it must be sent again.
  func mayBeOutdated(_ index: Int) -> Bool {
    needed(by: index).contains { lastDone($0) > lastDone(index) }
  }

  /// The place of the record with which the entry became done; -1: it is not. The same said again of the
  /// same object is no news.
  private func lastDone(_ index: Int) -> Int {
    let wanted = identity(EntryIndex(index))
    var place = -1
    var known: DoneFact?
    var before: (place: Int, known: DoneFact?) = (-1, nil)
    var isBelieved = true
    for (number, record) in journal.enumerated() {
      switch record {
      case .done(wanted, let fact):
        let isSame =
          known?.crc64 == fact.crc64 && known?.fingerprint.size == fact.fingerprint.size
          && known?.fingerprint.settings == fact.fingerprint.settings
        if !isSame { place = number }
        known = fact
        isBelieved = true
      case .replacing(wanted):
        before = (place, known)
        (place, known) = (-1, nil)
      case .kept(wanted): (place, known) = before
      case .completing(wanted, _): (place, known) = (-1, nil)
      case .doubted(true): isBelieved = false
      // What the service was not asked about is forgotten.
      case .doubted(false) where !isBelieved: (place, known) = (-1, nil)
      default: break
      }
    }
    return place
  }

  /// In the end no object is older than one that it needs. (Where the record of a needed one was lost that was
  /// sent again with the bytes it had, nothing is left by which that could be known.)
  mutating func checkAges() {
    for index in manifest.entries.indices
    where wishes[index].overwrite == .always && !isLeftOut(index) {
      for other in needed(by: index) where wishes[other].overwrite == .always {
        guard let object = service.objects[key(index)], let needed = service.objects[key(other)],
          object.order < (isDamaged ? needed.bytesOrder : needed.order)
        else { continue }
        fail("k\(index) is older than k\(other), which it needs")
      }
    }
  }
}
