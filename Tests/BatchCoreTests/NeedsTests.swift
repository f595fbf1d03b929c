import BatchCore
import Testing

/// What the machine makes of `needs`, `--only` and `priority`.
@Suite struct NeedsTests {
  private func manifest(
    _ count: Int, ids: [Int: String] = [:], labels: [Int: [String]] = [:], needs: [Int: Needs],
    labelNeeds: [Int: String] = [:]
  ) -> Manifest {
    var entries = EntryTable()
    var settings = ObjectSettings()
    settings.partSize = .fixed(10)
    settings.multipartThreshold = 10
    let handle = entries.intern(settings)
    for index in 0..<count {
      let set = (labels[index] ?? []).map { entries.intern(label: $0) }
      entries.append(
        Entry(
          id: ids[index], file: "f\(index)", key: "k\(index)", settings: handle,
          labels: entries.intern(labels: set)))
    }
    for (index, value) in needs { entries.setNeeds(value, of: EntryIndex(index)) }
    for (index, name) in labelNeeds {
      let label = entries.intern(label: name)
      entries.setNeeds(Needs(labels: [label]), of: EntryIndex(index))
    }
    return Manifest(
      name: "m", targets: [Target(bucket: "b")], concurrency: 8, entries: entries)
  }

  private func entries(_ numbers: Int...) -> Needs {
    Needs(entries: numbers.map(EntryIndex.init))
  }

  private func flying(_ run: MachineHarness) -> [Int] { run.flying.map(\.request.entry.value) }

  private func blocked(_ run: MachineHarness) -> [String] {
    run.events.compactMap {
      if case .blocked(let entry, let why) = $0 { "\(entry.value): \(why)" } else { nil }
    }
  }

  private let refusal = Failure(.rejected, "no", status: 400)

  @Test func noEndIsForeseenWhileAnEntryWaits() {
    var run = MachineHarness(manifest: manifest(2, needs: [0: entries(1)]), sizes: [1, 2])
    run.settle()
    run.isDurable = false
    run.succeed()
    let ends = run.records.filter { if case .runEnded = $0 { true } else { false } }
    #expect(ends.isEmpty)
    run.isDurable = true
    run.give(.durable(upTo: run.records.count))
    #expect(flying(run) == [0])
    run.succeed()
    #expect(run.summary?.done == 2)
  }

  @Test func anEntryWaitsForWhatItNeedsEvenIfThatStandsBehindIt() {
    var run = MachineHarness(
      manifest: manifest(3, needs: [0: entries(1, 2)]), sizes: [1, 2, 3])
    run.settle()
    #expect(Set(flying(run)) == [1, 2])
    run.succeed()
    #expect(flying(run).count == 1 && !flying(run).contains(0))
    run.succeed()
    #expect(flying(run) == [0])
    run.succeed()
    #expect(run.end == .finished && run.summary?.done == 3)
  }

  /// 0 needs everything, 1 what has the label, which only entries to come have; 2 needs nothing.
  private func growing() -> (run: MachineHarness, origin: Int) {
    var manifest = manifest(3, needs: [0: Needs(everything: true)], labelNeeds: [1: "late"])
    let labels = manifest.entries.intern(labels: [manifest.entries.intern(label: "late")])
    let origin = manifest.entries.expect(EntryOrigin(target: 0, settings: 0, labels: labels))
    return (MachineHarness(manifest: manifest, sizes: Array(1...9)), origin)
  }

  private func batch(_ origin: Int, _ rows: Range<Int>) -> RunInput {
    var batch = EntryBatch(origin: origin)
    for row in rows { batch.append(file: "f\(row)", key: "k\(row)") }
    return .entries(batch)
  }

  @Test func whoeverNeedsEntriesToComeWaitsUntilAllHaveCome() {
    var (run, origin) = growing()
    run.settle()
    #expect(flying(run) == [2])
    run.succeed()
    #expect(run.end == nil && flying(run).isEmpty)
    run.give(batch(origin, 3..<5))
    #expect(Set(flying(run)) == [3, 4] && run.machine.summary.planned == 5)
    run.succeed()
    run.succeed()
    #expect(
      flying(run).isEmpty && run.end == nil, "all that have come are there; there may be more")
    run.give(batch(origin, 5..<6))
    run.give(.entriesEnded)
    #expect(flying(run) == [5])
    run.succeed()
    #expect(flying(run) == [1])
    run.succeed()
    #expect(flying(run) == [0])
    run.succeed()
    #expect(run.end == .finished && run.summary?.done == 6 && run.summary?.planned == 6)
  }

  @Test func nobodyWaitsWhenNoneOfTheEntriesCome() {
    var (run, _) = growing()
    run.settle()
    run.give(.entriesEnded)
    #expect(Set(flying(run)) == [1, 2])
    run.succeed()
    run.succeed()
    run.succeed()
    #expect(run.end == .finished && run.summary?.done == 3)
  }

  @Test func anEntryThatCameLateAndFailsKeepsBackWhoeverNeedsIt() {
    var (run, origin) = growing()
    run.settle()
    run.succeed()
    run.give(batch(origin, 3..<5))
    run.fail(0, refusal)
    #expect(blocked(run).count == 2)
    run.succeed()
    run.give(.entriesEnded)
    #expect(run.end == .finished && run.summary?.failed == 1 && run.summary?.notRun == 2)
  }

  @Test func aRunThatIsStoppedWhileEntriesComeSaysSoAndAddsUp() {
    var (run, origin) = growing()
    run.settle()
    run.give(batch(origin, 3..<6))
    run.give(.drain(.interrupted(signal: 15)))
    while !run.flying.isEmpty { run.succeed() }
    run.give(batch(origin, 6..<7))
    #expect(run.end == .interrupted(signal: 15))
    #expect(run.summary?.planned == 6 && run.summary?.done == 4 && run.summary?.notRun == 2)
    #expect(
      run.events.contains {
        if case .warning(nil, let text) = $0 {
          text.contains("had not all been found")
        } else {
          false
        }
      })
  }

  @Test func everythingIsAllThatDoesNotWaitForEverythingItself() {
    // 3 needs 2, and 2 needs everything: so everything is 0 and 1.
    var run = MachineHarness(
      manifest: manifest(4, needs: [2: Needs(everything: true), 3: entries(2)]),
      sizes: [1, 1, 1, 1])
    run.settle()
    #expect(flying(run) == [0, 1])
    run.succeed()
    #expect(flying(run) == [1])
    run.succeed()
    #expect(flying(run) == [2])
    run.succeed()
    #expect(flying(run) == [3])
    run.succeed()
    #expect(run.summary?.done == 4)
  }

  @Test func anEntryWithALabelMayNeedTheOthersThatHaveIt() {
    var run = MachineHarness(
      manifest: manifest(
        3, labels: [0: ["x"], 1: ["x"]], needs: [:], labelNeeds: [1: "x", 2: "x"]),
      sizes: [1, 1, 1])
    run.settle()
    #expect(flying(run) == [0])
    run.succeed()
    #expect(flying(run) == [1])
    run.succeed()
    #expect(flying(run) == [2])
  }

  @Test func whatNeedsSomethingThatFailedIsNotRunAndSaysSoAtOnce() {
    var run = MachineHarness(
      manifest: manifest(
        4, ids: [0: "data", 1: "index"], needs: [1: entries(0), 2: entries(1)]),
      sizes: [1, 1, 1, 1])
    run.settle()
    #expect(flying(run) == [0, 3])
    run.fail(0, refusal)
    #expect(flying(run) == [3])
    #expect(
      blocked(run) == [
        "1: it needs data, which failed",
        "2: it needs index, which is not run because data failed",
      ])
    run.succeed()
    #expect(run.end == .finished)
    #expect(run.summary?.failed == 1 && run.summary?.notRun == 2 && run.summary?.done == 1)
    #expect(run.end?.exitCode(run.summary ?? RunSummary(planned: 0)) == .someFailed)
  }

  @Test func whatIsNotSelectedIsNeitherTouchedNorCounted() throws {
    let manifest = manifest(3, needs: [:])
    let selection = try Selection(
      of: manifest, only: [Selector("k1")], skip: [], state: { _ in .pending })
    var run = MachineHarness(manifest: manifest, sizes: [1, 1, 1]) { $0.selection = selection }
    run.settle()
    #expect(flying(run) == [1])
    run.succeed()
    #expect(run.end == .finished && run.summary?.planned == 1 && run.summary?.done == 1)
    #expect(run.inspections == [1])
  }

  @Test func anEntryAloneRunsOnlyWhenWhatItNeedsIsDone() throws {
    let manifest = manifest(3, needs: [2: Needs(everything: true)])
    let selection = try Selection(
      of: manifest, only: [Selector("k2")], skip: [], state: { _ in .pending })
    var run = MachineHarness(manifest: manifest, sizes: [1, 1, 1]) { $0.selection = selection }
    run.settle()
    #expect(run.flying.isEmpty && run.end == .finished)
    #expect(blocked(run) == ["2: it needs k0, which is not selected and not done"])
    #expect(run.end?.exitCode(run.summary ?? RunSummary(planned: 0)) == .someFailed)

    var all = MachineHarness(manifest: manifest, sizes: [1, 1, 1])
    all.settle()
    while !all.flying.isEmpty, !flying(all).contains(2) { all.succeed() }
    var facts = RunFacts()
    for record in all.records { facts.apply(record) }
    var rest = MachineHarness(manifest: manifest, sizes: [1, 1, 1], facts: facts) {
      $0.selection = selection
    }
    rest.settle()
    #expect(flying(rest) == [2])
  }

  @Test func whatNeedsSomethingThatIsSentAgainIsSentAgainAfterIt() {
    let manifest = manifest(2, needs: [1: entries(0)])
    var first = MachineHarness(manifest: manifest, sizes: [1, 1])
    first.settle()
    first.succeedAll()
    var facts = RunFacts()
    for record in first.records { facts.apply(record) }

    var same = MachineHarness(manifest: manifest, sizes: [1, 1], facts: facts)
    same.settle()
    #expect(same.summary?.unchanged == 2 && same.summary?.requests == 0)

    var second = MachineHarness(manifest: manifest, sizes: [2, 1], facts: facts)
    second.settle()
    #expect(flying(second) == [0])
    second.succeed()
    let ends = second.records.firstIndex { if case .done = $0 { true } else { false } } ?? 0
    for record in second.records[...ends] { facts.apply(record) }
    // The process dies here: the next run knows all the same.
    var third = MachineHarness(manifest: manifest, sizes: [2, 1], facts: facts)
    third.settle()
    #expect(flying(third) == [1])
    third.succeed()
    #expect(third.summary?.unchanged == 1 && third.summary?.done == 1)
    guard case .done(_, _, _, let reason)? = third.events.last else {
      Issue.record("\(third.events)")
      return
    }
    #expect(reason == .neededSentAgain)
  }

  @Test func higherPriorityGoesFirstAcrossPutsPartsAndUploadsNotOpenedYet() {
    let priorities = [0, 1, 1, 1, 2, 2]
    var run = MachineHarness(
      sizes: [95, 9, 9, 9, 35, 1], concurrency: 1, priorities: priorities)
    run.settle()
    var sent: [Int] = []
    while let (_, request) = run.flying.first {
      if request.operation.hasBody { sent.append(priorities[request.entry.value]) }
      run.succeed()
    }
    #expect(run.end == .finished)
    // Until the upload of the highest priority is open, the slot does not idle: one other goes.
    #expect(sent == [2, 1, 2, 2, 2, 2, 1, 1] + Array(repeating: 0, count: 10))
  }

  @Test func aMillionWaitedForCostNothingNoticeable() {
    let count = 1_000_000
    var table = EntryTable()
    let settings = table.intern(ObjectSettings())
    for _ in 0...count { table.append(Entry(file: "f", key: "k", settings: settings)) }
    table.setNeeds(Needs(everything: true), of: EntryIndex(count))
    var dependencies = Dependencies(table, .everything)
    var released: [EntryIndex] = []
    for row in 0..<count { released += dependencies.succeeded(EntryIndex(row), stamp: 1) }
    #expect(released == [EntryIndex(count)])
    #expect(dependencies.standing(EntryIndex(count)) == .free)
  }
}
