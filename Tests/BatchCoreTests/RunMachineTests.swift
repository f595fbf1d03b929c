import BatchCore
import Checksum
import Testing

@Suite struct RunMachineTests {
  private let slow = Failure(.transient, "500", status: 500)

  @Test func aRunWithoutFaultsEndsDoneWithExitCodeZero() throws {
    var run = MachineHarness(sizes: [0, 5, 35], concurrency: 2)
    run.settle()
    run.succeedAll()
    let summary = try #require(run.summary)
    #expect(run.end == .finished)
    #expect(summary.done == 3)
    #expect(summary.requests == 2 + 1 + 4 + 1)
    #expect(summary.partsSent == 4)
    #expect(summary.bytesSent == 40)
    #expect(run.end?.exitCode(summary) == .success)
    #expect(run.records.last == .runEnded(exitCode: 0))
  }

  @Test func anEmptyManifestEndsAtOnce() {
    var run = MachineHarness(sizes: [], concurrency: 1)
    run.settle()
    #expect(run.end == .finished)
  }

  @Test func nothingIsReportedDoneBeforeItIsDurable() {
    var run = MachineHarness(sizes: [5], concurrency: 1)
    run.settle()
    run.isDurable = false
    run.succeed()
    #expect(run.events.isEmpty)
    run.give(.durable(upTo: run.records.count))
    #expect(run.events.count == 1)
  }

  /// One flush makes the last outcome and the end durable.
  @Test func theEndIsRecordedWithTheLastOutcomeAndToldBehindIt() {
    var run = MachineHarness(sizes: [5, 35], concurrency: 8)
    run.settle()
    while run.flying.count > 1
      || run.flying[0].request.operation.name != "CompleteMultipartUpload"
    { run.succeed() }
    let before = run.records.count
    run.isDurable = false
    run.succeed()
    #expect(run.records.count == before + 2)
    #expect(run.records.last == .runEnded(exitCode: 0))
    #expect(run.end == nil)
    run.give(.drain(.interrupted(signal: 2)))  // too late
    run.give(.durable(upTo: before + 1))
    #expect(run.end == nil)
    #expect(run.events.filter { if case .done = $0 { true } else { false } }.count == 2)
    run.give(.durable(upTo: before + 2))
    #expect(run.end == .finished)
    #expect(run.summary?.done == 2)
    run.give(.storeFailed("disk full"))  // nobody needs the store any more
    #expect(run.end == .finished)
  }

  /// It says how the run ends, failures among the last outcomes included.
  @Test func aForeseenEndCountsTheFailuresThatWaitWithIt() {
    var run = MachineHarness(sizes: [5, 6], concurrency: 2)
    run.settle()
    run.isDurable = false
    run.succeed()
    run.fail(0, Failure(.rejected, "no", status: 400))
    #expect(run.records.last == .runEnded(exitCode: 1))
    run.give(.durable(upTo: run.records.count))
    #expect(run.end == .finished)
    #expect(run.summary?.failed == 1)
  }

  @Test func aForeseenEndThatCannotBeWrittenIsNone() {
    var run = MachineHarness(sizes: [5], concurrency: 1)
    run.settle()
    run.isDurable = false
    run.succeed()
    #expect(run.records.last == .runEnded(exitCode: 0))
    run.give(.storeFailed("disk full"))
    #expect(run.end == .storeFailed("disk full"))
    #expect(run.summary?.done == 0)
    guard case .notRun(EntryIndex(0), _)? = run.events.last else {
      Issue.record("not told: \(run.events)")
      return
    }
  }

  @Test func partsOfSeveralObjectsInterleaveAndTheLargestOpensFirst() {
    var run = MachineHarness(sizes: [5, 30, 60], concurrency: 8)
    run.settle()
    let opened = run.flying.filter { $0.request.operation == .initiateMultipartUpload }
    #expect(opened.map(\.request.entry) == [EntryIndex(2), EntryIndex(1)])
    while let index = run.flying.firstIndex(where: {
      !$0.request.operation.name.hasPrefix("UploadPart")
    }) {
      run.succeed(index)
    }
    #expect(run.flying.count == 8)
    #expect(Set(run.flying.map(\.request.entry)) == [EntryIndex(1), EntryIndex(2)])
    run.succeedAll()
    #expect(run.end == .finished)
  }

  @Test func noMoreUploadsAreOpenThanTheSlotsNeed() {
    var run = MachineHarness(sizes: Array(repeating: 100, count: 20), concurrency: 4)
    run.settle()
    var open: Set<EntryIndex> = []
    var mostOpen = 0
    while let (_, request) = run.flying.first {
      if request.operation == .initiateMultipartUpload { open.insert(request.entry) }
      if case .completeMultipartUpload = request.operation { open.remove(request.entry) }
      mostOpen = max(mostOpen, open.count)
      run.succeed()
    }
    #expect(run.summary?.done == 20)
    #expect(mostOpen <= 3)
  }

  @Test func higherPriorityGoesBeforeMoreBytes() {
    var run = MachineHarness(sizes: [9, 1, 2], concurrency: 1, priorities: [0, 5, 0])
    run.settle()
    #expect(run.flying.map(\.request.entry) == [EntryIndex(1)])
    run.succeed()
    #expect(run.flying.map(\.request.entry) == [EntryIndex(0)])
  }

  @Test func aWaitingRetryHoldsNoSlot() {
    var run = MachineHarness(sizes: [5, 4], concurrency: 1)
    run.settle()
    run.fail(0, slow)
    #expect(run.flying.map(\.request.entry) == [EntryIndex(1)])
    run.pass(seconds: 30)
    run.succeed()
    #expect(run.flying.map(\.request.entry) == [EntryIndex(0)])
    run.succeedAll()
    #expect(run.summary?.retries == 1)
    #expect(run.summary?.done == 2)
  }

  @Test func attemptsAreLimitedAndTheOthersGoOn() {
    var run = MachineHarness(sizes: [5, 4], concurrency: 1, retries: 2)
    run.settle()
    for _ in 0..<40 where run.end == nil {
      if let first = run.flying.first {
        let fails = first.request.entry == EntryIndex(0) && !first.request.isProbe
        if fails { run.fail(0, slow) } else { run.succeed() }
      }
      run.pass(seconds: 30)
    }
    #expect(run.failures.map(\.message) == ["500 (3 attempts)"])
    #expect(run.summary?.done == 1)
    #expect(run.summary?.failed == 1)
    #expect(run.summary.map { run.end?.exitCode($0) } == .some(.someFailed))
  }

  @Test func aFatalAnswerStopsTheRunOnceAndFailsNoEntry() {
    var run = MachineHarness(sizes: [5, 4, 3], concurrency: 3)
    run.settle()
    let refusal = Failure(.fatal, "NoSuchBucket", code: "NoSuchBucket", status: 404)
    run.fail(0, refusal)
    #expect(run.cancels == 1)
    run.fail(0, refusal)
    run.fail(0, Failure(.transient, "cancelled"))
    #expect(run.end == .fatal(refusal))
    #expect(run.failures.isEmpty)
    #expect(run.summary?.notRun == 3)
    #expect(run.summary.map { run.end?.exitCode($0) } == .some(.stopped))
  }

  /// Nothing was asked of the service, so it has refused nothing.
  @Test(arguments: [false, true]) func whatKeepsRequestsFromBeingSentEndsTheRun(isLate: Bool) {
    var run = MachineHarness(sizes: [5, 4], concurrency: 1)
    let problem = Failure(.misconfigured, "https_proxy names no proxy")
    run.settle()
    if isLate { run.succeed() }
    run.fail(0, problem)
    #expect(run.end == (isLate ? .fatal(problem) : .unreachable(problem)))
    #expect(run.failures.isEmpty)
    #expect(run.summary?.retries == 0)
    #expect(
      run.summary.map { run.end?.exitCode($0) } == .some(isLate ? .stopped : .cannotStart))
  }

  @Test func whatBeginsAnewCountsAsOftenAsItIsReported() {
    var run = MachineHarness(sizes: [35], concurrency: 1, retries: 2)
    run.settle()
    for _ in 0..<3 {
      run.succeed()
      #expect(run.flying.first?.request.operation.name == "UploadPart 1")
      run.fail(0, Failure(.noSuchUpload, "NoSuchUpload", status: 404))
    }
    let restarts = run.events.count { if case .restarted = $0 { true } else { false } }
    #expect(restarts == 2)
    #expect(run.summary?.retries == 2)
    #expect(
      run.failures.map(\.message)
        == ["gave up: the service no longer knows the upload (3 attempts)"])
  }

  @Test func anUnreachableServiceEndsTheRunAfterItsLimitAndNotBefore() {
    var run = MachineHarness(sizes: [5], concurrency: 1)
    let refused = Failure(.unreachable, "connection refused")
    run.settle()
    let start = run.clock
    while run.end == nil, run.clock - start < 120_000_000_000 {
      if !run.flying.isEmpty { run.fail(0, refused) }
      run.pass(seconds: 1)
    }
    #expect(run.end == .unreachable(refused))
    #expect((20_000_000_000...60_000_000_000).contains(run.clock - start))
    #expect(run.summary.map { run.end?.exitCode($0) } == .some(.cannotStart))
  }

  @Test func theFirstSignalLetsRequestsInFlightEnd() {
    var run = MachineHarness(sizes: [5, 4, 3], concurrency: 1)
    run.settle()
    run.give(.drain(.interrupted(signal: 2)))
    run.pass(seconds: 9)
    #expect(run.cancels == 0)
    run.succeed()
    #expect(run.end == .interrupted(signal: 2))
    #expect(run.summary?.done == 1)
    #expect(run.summary?.notRun == 2)
    #expect(run.flying.isEmpty)
  }

  @Test func requestsThatDoNotEndInTimeAreCancelled() {
    var run = MachineHarness(sizes: [5], concurrency: 1)
    run.settle()
    run.give(.drain(.interrupted(signal: 15)))
    run.pass(seconds: 11)
    #expect(run.cancels == 1)
    run.fail(0, Failure(.transient, "cancelled"))
    #expect(run.end == .interrupted(signal: 15))
    #expect(run.summary.map { run.end?.exitCode($0) } == .some(.terminated))
  }

  @Test func theSecondSignalStopsAtOnce() {
    var run = MachineHarness(sizes: [5], concurrency: 1)
    run.settle()
    run.give(.drain(.interrupted(signal: 2)))
    run.give(.stop)
    #expect(run.cancels == 1)
  }

  @Test func expiredCredentialsPauseTheRunAndCostNoEntry() {
    var run = MachineHarness(sizes: [5, 4], concurrency: 1)
    run.settle()
    run.fail(0, Failure(.credentialsExpired, "SecurityTokenExpired", status: 403))
    #expect(run.flying.isEmpty)
    #expect(run.refreshes == 1)
    run.give(.credentials(.unavailable("profile x: away")))
    #expect(run.warnings.last?.contains("profile x: away: next try in 2 s") == true)
    run.pass(seconds: 1)
    #expect(run.refreshes == 1)
    run.pass(seconds: 2)
    #expect(run.refreshes == 2)
    run.give(.credentials(.unavailable("profile x: away")))
    #expect(run.warnings.count == 2, "the same is not said again")
    run.give(.credentials(.renewed))
    run.succeedAll()
    #expect(run.summary?.done == 2)
  }

  @Test func credentialsThatAreRefusedAgainAndAgainAreAskedForWithPauses() {
    var run = MachineHarness(sizes: [5], concurrency: 1)
    run.settle()
    for round in 1...5 {
      run.fail(0, Failure(.credentialsExpired, "SecurityTokenExpired", status: 403))
      run.pass(seconds: 3)
      #expect(run.refreshes == round)
      run.give(.credentials(.renewed))
    }
    run.succeedAll()
    #expect(run.summary?.done == 1)
  }

  @Test func aRefusalOfOlderCredentialsPausesNothing() {
    var run = MachineHarness(sizes: [5, 4], concurrency: 2)
    run.settle()
    run.give(.credentials(.renewed))
    run.fail(0, Failure(.credentialsExpired, "SecurityTokenExpired", status: 403))
    #expect(run.refreshes == 0)
    #expect(run.flying.count == 2)
    run.succeedAll()
    #expect(run.summary?.done == 2)
  }

  @Test func anOldAnswerDoesNotEndThePause() {
    var run = MachineHarness(sizes: [5, 4], concurrency: 2)
    run.settle()
    run.fail(0, Failure(.credentialsExpired, "SecurityTokenExpired", status: 403))
    run.succeed(0)
    run.pass(seconds: 61)
    #expect(run.summary.map { run.end?.exitCode($0) } == .some(.stopped))
  }

  @Test func whatCouldNotBeRenewedAheadOfTimeIsAWarning() {
    var run = MachineHarness(sizes: [5], concurrency: 1)
    run.settle()
    run.give(.credentials(.unavailable("ECS RAM role: away")))
    #expect(run.warnings.count == 1)
    #expect(run.warnings[0].contains("ahead of time: ECS RAM role: away"))
    run.succeedAll()
    #expect(run.summary?.done == 1)
  }

  @Test func withoutNewerCredentialsTheRunStopsAfterAMinute() {
    var run = MachineHarness(sizes: [5, 4], concurrency: 1)
    run.settle()
    run.fail(0, Failure(.credentialsExpired, "SecurityTokenExpired", status: 403))
    run.pass(seconds: 61)
    #expect(run.failures.isEmpty)
    #expect(run.summary?.notRun == 2)
    #expect(run.summary.map { run.end?.exitCode($0) } == .some(.stopped))
  }

  @Test func maximumErrorsStopTheRun() {
    var run = MachineHarness(sizes: [5, 4, 3], concurrency: 1) { $0.maximumErrors = 1 }
    run.settle()
    run.fail(0, Failure(.rejected, "InvalidTag", status: 400))
    run.succeedAll()
    #expect(run.summary?.failed == 1)
    #expect(run.summary?.notRun ?? 0 >= 1)
    #expect(run.summary.map { run.end?.exitCode($0) } == .some(.stopped))
  }

  @Test func aStateThatCannotBeWrittenEndsTheRunWithoutReportingDone() {
    var run = MachineHarness(sizes: [5, 4], concurrency: 1)
    run.settle()
    run.isDurable = false
    run.succeed()
    run.give(.storeFailed("disk full"))
    run.fail(0, Failure(.transient, "cancelled"))
    #expect(run.end == .storeFailed("disk full"))
    #expect(run.summary?.done == 0)
    #expect(run.events.allSatisfy { if case .done = $0 { false } else { true } })
  }

  @Test func theWrongChecksumIsNeverDone() {
    var run = MachineHarness(sizes: [5], concurrency: 1, retries: 1)
    run.settle()
    for _ in 0..<2 {
      let (id, _) = run.flying.removeFirst()
      run.give(
        .answered(
          id, .success(.stored(etag: "e", crc64: CRC64(value: 1))),
          SentBody(bytes: 5, crc64: CRC64(value: 2))))
      run.pass(seconds: 30)
    }
    #expect(run.summary?.failed == 1)
    #expect(run.failures.first?.code == "ChecksumMismatch")
  }

  @Test func aMissingChecksumIsDoneButUnverified() {
    var run = MachineHarness(sizes: [5], concurrency: 1)
    run.settle()
    let (id, _) = run.flying.removeFirst()
    run.give(
      .answered(
        id, .success(.stored(etag: "e", crc64: nil)),
        SentBody(bytes: 5, crc64: CRC64(value: 2))))
    guard case .done(_, _, let fact, _) = run.events.first else {
      Issue.record("not done: \(run.events)")
      return
    }
    #expect(!fact.verified)
    #expect(fact.crc64 == CRC64(value: 2))
  }
}
