/// Entries that are found late, entries that wait for others, and entries outside of the selection for which
/// somebody waits.
extension RunMachine {
  mutating func grow(_ batch: EntryBatch) {
    guard !hasEnded else { return }
    let first = manifest.entries.count
    manifest.entries.append(batch)
    outcomes.append(contentsOf: repeatElement(.open, count: batch.count))
    objects.grow(by: batch.count)
    unsettled += batch.count
    summary.planned += batch.count
    dependencies.grow(first..<manifest.entries.count, of: manifest.entries)
  }

  mutating func stopGrowing() {
    guard !hasEnded else { return }
    manifest.entries.stopGrowing()
    release(dependencies.stopGrowing())
  }

  /// The next entry to look at, of the targets of which fewer than `window` have been: those that wait no
  /// more, then the manifest's order.
  mutating func nextToInspect(_ window: Int) -> (lane: Int, entry: EntryIndex)? {
    var next: Int?
    for lane in lanes.indices where lanes[lane].objects + lanes[lane].inspecting < window {
      if let entry = lanes[lane].released.first {
        lanes[lane].released.removeFirst()
        return (lane, entry)
      }
      skipUnwanted(lane)
      let cursor = lanes[lane].inspectionCursor
      if cursor < outcomes.count, cursor < next.map({ lanes[$0].inspectionCursor }) ?? .max {
        next = lane
      }
    }
    guard let next else { return nil }
    defer { lanes[next].inspectionCursor += 1 }
    return (next, EntryIndex(lanes[next].inspectionCursor))
  }

  /// Moves the lane's cursor to the next entry of its own that is to be looked at.
  private mutating func skipUnwanted(_ lane: Int) {
    var cursor = lanes[lane].inspectionCursor
    while cursor < outcomes.count, !isWanted(EntryIndex(cursor), lane) { cursor += 1 }
    lanes[lane].inspectionCursor = cursor
  }

  private func isWanted(_ entry: EntryIndex, _ lane: Int) -> Bool {
    guard self.lane(of: entry) == lane else { return false }
    switch outcomes[entry.value] {
    case .open: return true
    case .outside: return dependencies.isNeeded(entry)
    default: return false
    }
  }

  /// An entry that must wait has been looked at, so that what is to be sent is known early. It is looked at again when its
  /// time has come, and fails then if it must; until then nothing is kept of it but its size.
  mutating func hold(_ entry: EntryIndex, _ object: ObjectState) {
    var bytes = object.source.size
    switch decision(entry, object, open: facts.open[object.identity]) {
    case .unchanged, .unchangedDiscarding, .compareContent, .lookAgain: bytes = 0
    case .resume, .send: break
    }
    bytesPlanned += bytes
    held[entry] = bytes
  }

  mutating func unhold(_ entry: EntryIndex) -> Bool {
    guard let bytes = held.removeValue(forKey: entry) else { return false }
    bytesPlanned -= bytes
    return true
  }

  /// Somebody needs this entry, which is not selected: only what is on record counts.
  mutating func consulted(_ entry: EntryIndex, _ inspection: InspectedSource) {
    guard outcomes[entry.value] == .outside else { return }
    if facts.serves(inspection.identity, inspection.fingerprint) {
      release(dependencies.succeeded(entry, stamp: facts.stamp(inspection.identity)))
    } else {
      block(dependencies.failed(entry, .notSelected))
    }
  }

  /// Those that have not been looked at yet come by themselves.
  mutating func release(_ entries: ContiguousArray<EntryIndex>) {
    for entry in entries where outcomes[entry.value] == .open && unhold(entry) {
      lanes[lane(of: entry)].released.append(entry)
    }
  }

  mutating func block(_ entries: [Dependencies.Blocked]) {
    for blocked in entries where outcomes[blocked.entry.value] == .open {
      _ = unhold(blocked.entry)
      outcomes[blocked.entry.value] = .notRun
      unsettled -= 1
      report(.blocked(blocked.entry, blocked.reason(manifest.entries)))
    }
  }
}

extension Dependencies.Blocked {
  /// Why it is not run, in a few words.
  package func reason(_ entries: EntryTable) -> String {
    func name(_ entry: EntryIndex) -> String { entries.id(entry) ?? entries.key(entry) }
    let problem =
      switch cause {
      case .failed: "failed"
      case .notSelected: "is not selected and not done"
      }
    return needed == origin
      ? "it needs \(name(needed)), which \(problem)"
      : "it needs \(name(needed)), which is not run because \(name(origin)) \(problem)"
  }
}
