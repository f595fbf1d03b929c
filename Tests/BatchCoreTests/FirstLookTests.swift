import BatchCore
import Testing

/// A run begins to send before it looks far ahead.
@Suite struct FirstLookTests {
  private let sizes = [Int](repeating: 8, count: 1_000)

  @Test func firstNoMoreIsLookedAtThanFillsTheSlots() {
    var run = MachineHarness(sizes: sizes, concurrency: 100)
    run.machine.advance(at: run.moment)
    let first = run.machine.commands.count { if case .inspect = $0 { true } else { false } }
    #expect(first == 2 * run.machine.limit)
    run.settle()
    #expect(run.inspections.count == 1_000, "the slots are in use")
    run.succeedAll()
    #expect(run.summary?.done == 1_000)
  }

  /// Their sizes say what should go first, even of a disk that gives nothing yet.
  @Test func whileNothingCanBeSentOthersAreLookedAtSoon() {
    var run = MachineHarness(sizes: sizes, concurrency: 4)
    run.disks = sizes.map { _ in 1 }
    run.hungDisks = [1]
    run.settle()
    #expect(run.inspections.count == 64)
    run.pass(seconds: 0.1)
    #expect(run.inspections.count == 1_000)
  }
}
