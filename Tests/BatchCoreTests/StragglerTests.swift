import Checksum
import Testing

@testable import BatchCore

/// The end of a run must not wait for one slow connection.
@Suite struct StragglerTests {
  /// All parts but the third are stored, a second each, so that a part has 5 s.
  private func tail(retries: Int = 3) -> MachineHarness {
    var run = MachineHarness(sizes: [80], concurrency: 3, partSize: 10, retries: retries)
    run.settle()
    run.succeed()
    while let index = run.flying.firstIndex(where: { $0.request.part != 3 }) {
      run.clock += run.flying.count > 1 ? 500_000_000 : 0
      run.succeed(index)
    }
    return run
  }

  private func pair(retries: Int = 3) -> MachineHarness {
    var run = tail(retries: retries)
    run.pass(seconds: 10)
    return run
  }

  @Test func aStragglerGoesASecondTime() {
    var run = tail()
    #expect(run.flying.map(\.request.part) == [3])
    let wake = run.machine.nextWake ?? 0
    run.clock = wake - 1
    run.settle()
    #expect(run.flying.count == 1)
    run.clock = wake
    run.settle()
    #expect(run.flying.map(\.request.part) == [3, 3])
    run.pass(seconds: 600)
    #expect(run.flying.count == 2, "and not a third time")
  }

  @Test(arguments: [0, 1]) func theFirstAnswerCounts(winner: Int) {
    var run = pair()
    let loser = run.flying[1 - winner].id
    run.succeed(winner)
    #expect(run.unwanted == [loser])
    #expect(run.flying.map(\.id) == [loser], "Complete waits for what is under way")
    run.fail(0, Failure(.transient, "cancelled"))
    #expect(run.flying.map(\.request.operation.name) == ["CompleteMultipartUpload"])
    run.succeed()
    #expect(run.summary?.partsSent == 8)
    #expect(run.summary?.bytesSent == 80)
    #expect(run.end == .finished)
  }

  @Test func theSecondAnswerIsNotCounted() {
    var run = pair()
    run.succeed(0)
    run.succeed(0)
    run.succeed()
    #expect(run.summary?.partsSent == 8)
    #expect(run.summary?.retries == 1)
  }

  @Test func oneOfThemMayFail() {
    var run = pair(retries: 0)
    run.fail(0, Failure(.transient, "reset"))
    #expect(run.failures.isEmpty)
    run.succeed(0)
    run.succeed(0)
    #expect(run.end == .finished)
  }

  @Test func whenBothFailItIsRepeatedOnce() {
    var run = pair()
    run.fail(0, Failure(.transient, "reset"))
    run.fail(0, Failure(.transient, "reset"))
    run.pass(seconds: 2)
    #expect(run.flying.map(\.request.part) == [3])
  }

  /// A slot that other work can use is not for a second try.
  @Test func workGoesFirst() {
    var run = MachineHarness(sizes: [400], concurrency: 2, partSize: 10)
    run.settle()
    run.succeed()
    for _ in 0..<20 {
      run.clock += 1_000_000_000
      run.succeed(1)
    }
    #expect(Set(run.flying.map(\.request.part)).count == 2)
  }

  /// What comes late could undo what came after it.
  @Test func onlyPartsGoTwice() {
    var run = tail()
    run.succeed(0)
    #expect(run.flying.map(\.request.operation.name) == ["CompleteMultipartUpload"])
    run.pass(seconds: 3_600)
    #expect(run.flying.count == 1)
  }
}

@Suite struct PartPaceTests {
  @Test func aFewSlowPartsDoNotMoveIt() {
    var pace = PartPace()
    for index in 0..<32 {
      pace.note(bytes: 1_000, nanoseconds: index < 12 ? 60_000_000_000 : 1_000_000)
    }
    #expect(pace.patience(bytes: 2_000) == 6_000_000 + PartPace.allowance)
  }

  @Test func itIsTheNewestThatCount() {
    var pace = PartPace()
    #expect(pace.patience(bytes: 1) == nil)
    for nanoseconds in [1_000_000, 5_000_000] as [Int64] {
      for _ in 0..<32 { pace.note(bytes: 1_000, nanoseconds: nanoseconds) }
      #expect(pace.patience(bytes: 1_000) == 3 * nanoseconds + PartPace.allowance)
    }
  }
}

extension RunRequest {
  fileprivate var part: Int? {
    if case .uploadPart(_, let number, _) = operation { number } else { nil }
  }
}
