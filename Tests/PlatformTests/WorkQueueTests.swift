import Platform
import Testing

/// Jobs that hang keep nobody from what can be done.
@Suite(.timeLimit(.minutes(10))) struct WorkQueueTests {
  /// What a job waits for until the test lets it go.
  private final class Gate: Sendable {
    private let inbox = Inbox<Void>()
    func pass() {
      inbox.next()
      inbox.post(())
    }
    func open() { inbox.post(()) }
  }

  private enum Job: Sendable, Equatable {
    case hang(Int)
    case quick(Int)
  }

  private let gate = Gate()
  private let begun = Inbox<Job>()

  private func queue(threads: Int, limit: Int) -> WorkQueue<Job> {
    WorkQueue("test", threads: threads, limit: limit) { [gate, begun] job in
      begun.post(job)
      if case .hang = job { gate.pass() }
    }
  }

  private func soon(_ seconds: Int = 30) -> Instant { .now + .seconds(seconds) }

  @Test func whatIsQuickPassesWhatHangs() {
    let queue = queue(threads: 2, limit: 6)
    for number in 0..<5 { queue.post(.hang(number)) }
    queue.post(.quick(0))
    // (Threads may tell of what they begin in another order than they took it.)
    while begun.next() != .quick(0) {}
    gate.open()
    queue.stop()
    #expect(queue.finish(by: soon()).isEmpty)
  }

  @Test func theLimitHolds() {
    let queue = queue(threads: 1, limit: 3)
    for number in 0..<3 { queue.post(.hang(number)) }
    let hanging = (0..<3).map { _ in begun.next() }
    #expect((0..<3).allSatisfy { hanging.contains(.hang($0)) })
    queue.post(.quick(0))
    var more: [Job] = []
    // Long enough for a thread in reserve, if there were one.
    begun.wait(into: &more, until: .now + .milliseconds(200))
    #expect(more.isEmpty)
    gate.open()
    #expect(begun.next() == .quick(0))
    queue.stop()
    #expect(queue.finish(by: soon()).isEmpty)
  }

  @Test func anotherThreadTakesThePlaceOfOneThatIsGivenUp() {
    let queue = queue(threads: 1, limit: 1)
    queue.post(.hang(1))
    #expect(begun.next() == .hang(1))
    queue.post(.quick(2))
    queue.giveUp { $0 == .quick(2) }
    queue.giveUp { $0 == .hang(1) }
    #expect(begun.next() == .quick(2))
    queue.post(.hang(3))
    #expect(begun.next() == .hang(3))
    queue.giveUp { $0 == .hang(3) }
    queue.post(.quick(4))
    var more: [Job] = []
    begun.wait(into: &more, until: .now + .milliseconds(200))
    #expect(more.isEmpty, "no more are given up than the limit allows")
    gate.open()
    #expect(begun.next() == .quick(4))
    queue.stop()
    #expect(queue.finish(by: soon()).isEmpty)
  }

  @Test func theEndNamesWhatHangs() {
    let queue = queue(threads: 2, limit: 2)
    queue.post(.hang(1))
    queue.post(.quick(2))
    while begun.next() != .quick(2) {}
    queue.stop()
    queue.post(.quick(3))
    #expect(queue.finish(by: .now + .milliseconds(100)) == [.hang(1)])
    gate.open()
    #expect(queue.finish(by: soon()).isEmpty)
  }

  @Test func manyJobsOfManyPostersAreAllDone() {
    let count = 20_000
    let sum = Lock(0)
    let queue = WorkQueue<Int>("test", threads: 3, limit: 5) { number in
      sum.withLock { $0 += number }
      if number == count { begun.post(.quick(number)) }
    }
    for number in 1...count { queue.post(number) }
    #expect(begun.next() == .quick(count))
    queue.stop()
    #expect(queue.finish(by: soon()).isEmpty)
    #expect(sum.withLock { $0 } == count * (count + 1) / 2)
  }
}
