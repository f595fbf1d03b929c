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
    #expect(run.machine.limiter.limit == 31)
    #expect(run.flying.count == 31)
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
