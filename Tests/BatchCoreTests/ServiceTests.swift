import BatchCore
import Testing

/// What a run does when its service asks for less, or is away.
@Suite struct ServiceTests {
  private let busy = Failure(.throttled, "SlowDown", status: 503)
  private let refused = Failure(.unreachable, "connection refused")

  /// Answers that come together with a throttled one do not make the limit fall further.
  @Test func aBatchOfAnswersCountsAsOneMoment() {
    var run = MachineHarness(sizes: Array(repeating: 5, count: 80), concurrency: 32)
    run.settle()
    for _ in 0..<3 {
      let (id, request) = run.flying.removeFirst()
      run.machine.handle(
        .answered(
          id, .success(.stored(etag: "e", crc64: nil)), SentBody(bytes: request.source.size)),
        at: run.moment)
    }
    run.fail(0, busy)
    #expect(run.machine.limit == 31)
    #expect(run.flying.count == 32, "nothing was sent: four of 36 had waited for a connection")
    run.succeed()
    #expect(run.flying.count == 31)
  }

  /// A connection that becomes free need not wait for the run to hear of it.
  @Test func aFewSmallBodiesWaitForAConnection() {
    var run = MachineHarness(sizes: Array(repeating: 5, count: 80), concurrency: 32)
    run.settle()
    #expect(run.flying.count == 36)
    run.succeed()
    #expect(run.flying.count == 36)
    run.succeedAll()
    #expect(run.summary?.done == 80)
  }

  /// It would be given to one loop of two, and wait there for its large bodies.
  @Test func nothingWaitsForAConnectionBehindALargeBody() {
    var run = MachineHarness(
      sizes: [1 << 20] + Array(repeating: 5, count: 80), concurrency: 32, partSize: 2 << 20)
    run.settle()
    #expect(run.flying.count == 32)
    run.succeed()
    #expect(run.flying.count == 36)
  }

  @Test func nothingWaitsForAConnectionThatMayTakeLong() {
    var large = MachineHarness(
      sizes: Array(repeating: 1 << 20, count: 80), concurrency: 32, partSize: 2 << 20)
    large.settle()
    #expect(large.flying.count == 32)
    var few = MachineHarness(sizes: Array(repeating: 5, count: 80), concurrency: 4)
    few.settle()
    #expect(few.flying.count == 4)
  }

  @Test func nothingWaitsForAConnectionWhereTheServiceAsksForLess() {
    var run = MachineHarness(sizes: Array(repeating: 5, count: 200), concurrency: 32)
    run.settle()
    while run.flying.count >= 32 { run.fail(0, busy) }
    let limit = run.machine.limit
    #expect(limit < 32)
    for _ in 0..<20 { run.succeed() }
    #expect(run.flying.count <= run.machine.limit)
  }

  /// The pause that one answer asks for holds for all bodies.
  @Test func aPauseHoldsForEveryBody() {
    var run = MachineHarness(sizes: [5, 4, 3, 2], concurrency: 1)
    run.settle()
    run.fail(0, Failure(.throttled, "SlowDown", status: 503, delayMilliseconds: 700))
    run.pass(seconds: 0.6)
    #expect(run.flying.isEmpty)
    run.pass(seconds: 0.2)
    #expect(run.flying.count == 1)
  }

  /// Only probes go while the service is away, at growing intervals; nothing fails; then all goes on.
  @Test func anOutageCostsProbesAndNoEntry() throws {
    var run = MachineHarness(sizes: Array(repeating: 5, count: 20), concurrency: 4, retries: 0)
    run.settle()
    run.succeed()
    var requests = 0
    for _ in 0..<600 {
      while !run.flying.isEmpty {
        requests += 1
        run.fail(0, refused)
      }
      run.pass(seconds: 1)
    }
    #expect((10...60).contains(requests), "\(requests)")
    #expect(run.failures.isEmpty)
    #expect(run.end == nil)
    for _ in 0..<60 where run.end == nil {
      run.succeedAll()
      run.pass(seconds: 20)
    }
    #expect(run.summary?.done == 20)
  }

  /// An answer to what was sent before tells nothing of the service that failed since.
  @Test func anAnswerFromBeforeAnOutageFailsNoEntry() {
    var run = MachineHarness(sizes: [5, 4, 3], concurrency: 2, retries: 0)
    run.settle()
    run.pass(seconds: 1)
    run.fail(0, Failure(.transient, "reset", mayHaveTakenEffect: true))
    run.succeed()
    #expect(run.failures.isEmpty)
    for _ in 0..<30 {
      while !run.flying.isEmpty { run.fail(0, refused) }
      run.pass(seconds: 1)
    }
    #expect(run.failures.isEmpty)
    #expect(run.end == nil)
  }

  // Several targets

  /// The first `away` entries go to one target, the others to a second.
  private func twoTargets(
    away: Int, others: Int, concurrency: Int = 4,
    configure: (inout RunMachine.Configuration) -> Void = { _ in }
  ) -> MachineHarness {
    var entries = EntryTable()
    let settings = entries.intern(ObjectSettings())
    for index in 0..<away + others {
      entries.append(
        Entry(
          target: index < away ? 0 : 1, file: "f\(index)", key: "k\(index)", settings: settings))
    }
    return MachineHarness(
      manifest: Manifest(
        name: "m", targets: [Target(name: "a", bucket: "b"), Target(name: "c", bucket: "d")],
        concurrency: concurrency, entries: entries),
      sizes: Array(repeating: 5, count: away + others), configure: configure)
  }

  /// Answers all requests, as a service that is away for the first `away` entries.
  private func answer(_ run: inout MachineHarness, away: Int) {
    while let index = run.flying.firstIndex(where: { $0.request.entry.value >= away }) {
      run.succeed(index)
    }
    for _ in run.flying.indices { run.fail(0, refused) }
  }

  /// However many entries wait for the service that is away: they are in nobody's way.
  @Test func aTargetThatIsAwayKeepsNoOtherWaiting() {
    var run = twoTargets(away: 40_000, others: 500)
    for _ in 0..<10 {
      run.settle()
      answer(&run, away: 40_000)
      run.pass(seconds: 1)
    }
    #expect(run.machine.summary.done == 500)
    #expect(run.failures.isEmpty)
    #expect(run.machine.isWaiting)
    #expect(run.warnings.first?.hasPrefix("the service of target a is away") == true)
  }

  /// A service that was never there is given up only when nothing is left to do for the others.
  @Test func aTargetThatIsAwayEndsNoRunThatHasOtherWork() {
    var run = twoTargets(away: 3, others: 200, concurrency: 1)
    while run.end == nil, run.machine.summary.done < 200 {
      run.settle()
      let index = run.flying.firstIndex { $0.request.entry.value >= 3 }
      if let index { run.succeed(index) } else { run.fail(0, refused) }
      run.pass(seconds: 1)
    }
    #expect(run.machine.summary.done == 200)
    for _ in 0..<5 where run.end == nil { run.pass(seconds: 1) }
    guard case .stopped(let why)? = run.end else {
      Issue.record("\(String(describing: run.end))")
      return
    }
    #expect(why.hasPrefix("the service of target a has been away for too long"), "\(why)")
    #expect(run.summary?.failed == 0)
    #expect(run.summary?.notRun == 3)
  }

  /// The process was stopped: nobody has asked the service meanwhile.
  @Test(arguments: [true, false]) func whoWasStoppedAsksOnceMore(isBack: Bool) {
    var run = MachineHarness(sizes: [5, 5, 5], concurrency: 1) { $0.outageLimit = 90_000_000_000 }
    run.settle()
    run.succeed()
    for _ in 0..<10 {
      while !run.flying.isEmpty { run.fail(0, refused) }
      run.pass(seconds: 1)
    }
    #expect(run.warnings.contains { $0.contains("is away") })
    run.clock += 600_000_000_000
    run.settle()
    #expect(run.end == nil)
    #expect(run.flying.map(\.request.isProbe) == [true])
    #expect(run.machine.nextWake == nil, "there is nothing to do but wait for the answer")
    if isBack {
      run.succeedAll()
      run.pass(seconds: 60)
      run.succeedAll()
      #expect(run.end == .finished)
    } else {
      run.fail(0, refused)
      guard case .stopped? = run.end else {
        Issue.record("\(String(describing: run.end))")
        return
      }
    }
  }

  /// One that asks for less leaves the others their slots.
  @Test func aBusyTargetLeavesTheSlotsToOthers() {
    var run = twoTargets(away: 100, others: 100, concurrency: 32)
    run.settle()
    for _ in 0..<40 {
      let index = run.flying.firstIndex { $0.request.entry.value < 100 }
      if let index { run.fail(index, busy) }
    }
    #expect(run.machine.limit(of: 0) <= 8)
    #expect(run.machine.limit(of: 1) == 32)
    #expect(run.flying.count == 32)
  }

  @Test func targetsShareTheSlotsEvenly() {
    var run = twoTargets(away: 100, others: 100, concurrency: 32)
    run.settle()
    #expect(run.flying.count { $0.request.entry.value < 100 } == 16)
  }

  @Test func anOutageBeyondItsLimitStopsTheRun() {
    var run = MachineHarness(sizes: [5, 5, 5], concurrency: 1) { $0.outageLimit = 90_000_000_000 }
    run.settle()
    run.succeed()
    for _ in 0..<120 where run.end == nil {
      while !run.flying.isEmpty { run.fail(0, refused) }
      run.pass(seconds: 1)
    }
    #expect(run.summary?.failed == 0)
    #expect(run.summary.map { run.end?.exitCode($0) } == .some(.stopped))
  }
}
