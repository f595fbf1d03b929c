import Checksum
import Testing

@testable import BatchCore

/// A slot is for the network: what comes from a slow disk holds none while it is being read.
@Suite struct DiskTests {
  /// The large file would go first, and its disk never gives a byte of it.
  @Test(arguments: [1, 2, 4, 16]) func aDiskThatHangsHoldsNoSlot(concurrency: Int) {
    var run = MachineHarness(
      sizes: [10_000, 5_000, 9] + Array(repeating: 7, count: 40) + [35, 25],
      concurrency: concurrency)
    run.disks = [1, 1, 1] + Array(repeating: 2, count: 42)
    run.hungDisks = [1]
    run.settle()
    run.succeedAll()
    #expect(run.machine.summary.done == 42)
    #expect(run.flying.isEmpty)
    #expect(run.reading.count == concurrency)
    run.hungDisks = []
    for body in run.reading { run.give(.bodyRead(body.id, .success(()))) }
    run.succeedAll()
    #expect(run.summary?.done == 45)
  }

  /// Slots are not kept for a disk: whichever has something ready has them all.
  @Test func oneDiskAloneHasAllSlots() {
    var run = MachineHarness(sizes: [10_000, 7], concurrency: 8)
    run.disks = [1, 2]
    run.hungDisks = [2]
    run.settle()
    run.succeed()
    #expect(run.flying.count == 8)
  }

  @Test func aBodyThatCannotBeReadFailsItsEntry() {
    var run = MachineHarness(sizes: [7, 7], concurrency: 2)
    run.disks = [1, 2]
    run.hungDisks = [1]
    run.settle()
    run.succeedAll()
    run.give(.bodyRead(run.reading[0].id, .failure(Failure(.sourceUnreadable, "gone"))))
    #expect(run.failures.map(\.message) == ["gone"])
    #expect(run.summary?.requests == 1)
    #expect(run.end == .finished)
  }

  /// What a disk is still at does not keep the entry from failing, and counts as the disk's until it answers.
  @Test func anUploadThatFailsWaitsForNoDisk() {
    var run = MachineHarness(sizes: [100, 50], concurrency: 2)
    run.disks = [1, 1]
    run.hungDisks = [1]
    run.settle()
    run.succeed()
    #expect(run.reading.count == 2)
    run.give(.bodyRead(run.reading[0].id, .failure(Failure(.sourceUnreadable, "gone"))))
    #expect(run.dropped == [run.reading[1].id])
    run.succeedAll()
    #expect(run.failures.map(\.message) == ["gone"])
    #expect(run.reading.map(\.request.entry.value) == [0, 0, 1], "one is still with the disk")
    run.hungDisks = []
    for body in run.reading[1...] { run.give(.bodyRead(body.id, .success(()))) }
    run.succeedAll()
    #expect(run.summary?.done == 1)
  }

  @Test func moreUrgentGoesFirstOfWhatHasBeenRead() {
    var run = MachineHarness(sizes: [8, 9, 7], concurrency: 1, priorities: [0, 0, 1])
    run.disks = [1, 2, 3]
    run.settle()
    #expect(run.flying.map(\.request.entry.value) == [2])
    run.succeed()
    #expect(run.flying.map(\.request.entry.value) == [1])
  }
}

@Suite struct DiskQueueTests {
  private func item(_ entry: Int, bytes: Int) -> ReadyQueue.Item {
    ReadyQueue.Item(priority: 0, remaining: bytes, entry: EntryIndex(entry))
  }

  private func take(_ queue: inout DiskQueue, limit: Int) -> Int? {
    guard let next = queue.next(limit: limit) else { return nil }
    _ = queue.puts.popFirst()
    queue.began(bytes: next.item.remaining)
    return next.item.remaining
  }

  private func fill(_ queue: inout DiskQueue, limit: Int) -> Int {
    var count = 0
    while take(&queue, limit: limit) != nil { count += 1 }
    return count
  }

  @Test func smallBodiesAreReadSeveralAtATime() {
    var queue = DiskQueue(name: 0, lane: 0)
    for entry in 0..<20 { queue.puts.insert(item(entry, bytes: 10)) }
    #expect(fill(&queue, limit: 4) == 4)
    queue.ended(bytes: 10)
    #expect(fill(&queue, limit: 4) == 0)
    #expect(!queue.idles(limit: 4))
    queue.ended(bytes: 10)
    #expect(queue.idles(limit: 4))
    #expect(fill(&queue, limit: 4) == 2)
  }

  @Test func largeBodiesAreReadOneByOne() {
    var queue = DiskQueue(name: 0, lane: 0)
    for entry in 0..<20 { queue.puts.insert(item(entry, bytes: 1 << 20)) }
    #expect(fill(&queue, limit: 4) == 4)
    queue.ended(bytes: 1 << 20)
    #expect(fill(&queue, limit: 4) == 1)
  }

  /// However large bodies are, what is ahead of its turn takes so much memory and no more.
  @Test(arguments: [(30 << 10, 35), (8 << 20, 8), (5 << 30, 4)])
  func memoryIsBounded(bytes: Int, count: Int) {
    var queue = DiskQueue(name: 0, lane: 0)
    for entry in 0..<2_000 { queue.puts.insert(item(entry, bytes: bytes)) }
    #expect(fill(&queue, limit: 1_000) == count)
  }
}
