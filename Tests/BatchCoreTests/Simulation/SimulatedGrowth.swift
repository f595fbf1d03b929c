import BatchCore

/// Runs that begin before all of their entries are known: the others come in batches of any size at any
/// time, and a crash may come between.
extension SimulatedWorld {
  /// The manifest as the run knows it when it begins. The rest of it is under way.
  mutating func beginKnowing(_ selection: Selection) -> Manifest {
    unfound = []
    let all = wishes.prefix(manifest.entries.count)
    let known = all.prefix(firstLate)
    guard selection.isEverything, known.count < all.count, chance(0.5) else {
      return manifest
    }
    var begun = Self.manifest(known, manifest.targets, concurrency)
    var batches: [EntryBatch] = []
    for index in known.count..<all.count {
      let (settings, labels) = Self.intern(all[index], &begun.entries)
      let origin = EntryOrigin(
        target: all[index].target, settings: settings, labels: labels,
        priority: all[index].priority)
      let isKnown = begun.entries.origins.last == origin
      if !isKnown || batches.isEmpty || chance(0.3) {
        let last = begun.entries.origins.count - 1
        batches.append(EntryBatch(origin: isKnown ? last : begun.entries.expect(origin)))
      }
      batches[batches.count - 1].append(file: "f\(index)", key: "k\(index)")
    }
    // (A label that only entries to come have is known by now.)
    Self.addNeeds(known, to: &begun.entries)
    unfound = Set(known.count..<all.count)
    selected.subtract(unfound)
    scheduleInOrder(batches)
    return begun
  }

  private mutating func scheduleInOrder(_ batches: [EntryBatch]) {
    var due = clock
    for batch in batches.map(Pending.entries) + [.entriesEnded] {
      order += 1
      due += Int64.random(in: 0...100_000_000, using: &random)
      queue.append((due, order, batch))
    }
  }

  mutating func find(_ batch: EntryBatch, _ machine: inout RunMachine) {
    let before = machine.manifest.entries.count
    machine.handle(.entries(batch), at: moment)
    let after = machine.manifest.entries.count
    selected.formUnion(before..<after)
    unfound.subtract(before..<after)
  }
}
