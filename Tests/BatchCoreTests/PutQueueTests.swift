import BatchCore
import Testing

@Suite struct PutQueueTests {
  private func item(_ entry: Int, priority: Int = 0, bytes: Int) -> ReadyQueue.Item {
    ReadyQueue.Item(priority: priority, remaining: bytes, entry: EntryIndex(entry))
  }

  private func taken(_ queue: inout PutQueue) -> [Int] {
    var taken: [Int] = []
    while let item = queue.first {
      taken.append(item.entry.value)
      queue.removeFirst()
    }
    return taken
  }

  @Test func choosingAheadKeepsTheOrder() {
    var queue = PutQueue()
    for entry in 0..<20 { queue.insert(item(entry, bytes: 100 - entry)) }
    #expect(queue.chooseAhead(limit: 8).map(\.value) == Array(0..<8))
    #expect(queue.count == 20)
    #expect(taken(&queue) == Array(0..<20))
    #expect(queue.isEmpty)
  }

  @Test func whatIsMoreUrgentGoesBeforeThoseThatWereChosen() {
    var queue = PutQueue()
    queue.insert(item(0, bytes: 5))
    queue.insert(item(1, bytes: 4))
    #expect(queue.chooseAhead(limit: 2).count == 2)
    queue.insert(item(2, priority: 1, bytes: 1))
    queue.insert(item(3, bytes: 3))
    #expect(taken(&queue) == [2, 0, 1, 3])
  }

  @Test func othersAreChosenWhenHalfOfThemHaveGone() {
    var queue = PutQueue()
    for entry in 0..<9 { queue.insert(item(entry, bytes: 1)) }
    #expect(queue.chooseAhead(limit: 4).count == 4)
    queue.removeFirst()
    #expect(queue.chooseAhead(limit: 4).isEmpty)
    queue.removeFirst()
    #expect(queue.chooseAhead(limit: 4).count == 2)
  }

  @Test func largeBodiesAreNotChosen() {
    var queue = PutQueue()
    queue.insert(item(0, bytes: 8 << 20))
    queue.insert(item(1, bytes: 1))
    #expect(queue.chooseAhead(limit: 4).isEmpty)
    #expect(taken(&queue) == [0, 1])
  }

  /// However they come and go, each is taken once, and choosing ahead never takes more memory than a few bodies.
  @Test(arguments: UInt64(0)..<50)
  func nothingIsLost(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var queue = PutQueue()
    var ahead: [Int: Int] = [:]
    var bytes: [Int] = []
    var taken: [Int] = []
    for _ in 0..<2_000 {
      switch Int.random(in: 0..<5, using: &random) {
      case 0, 1:
        bytes.append(Int.random(in: 0...100_000, using: &random))
        queue.insert(
          item(
            bytes.count - 1, priority: Int.random(in: 0...2, using: &random),
            bytes: bytes[bytes.count - 1]))
      case 2:
        for entry in queue.chooseAhead(limit: 64) { ahead[entry.value] = bytes[entry.value] }
        #expect(ahead.count <= 64)
        #expect(ahead.values.reduce(0, +) < (1 << 20) + (64 << 10))
      default:
        guard let first = queue.first else { continue }
        queue.removeFirst()
        ahead[first.entry.value] = nil
        taken.append(first.entry.value)
      }
    }
    taken += self.taken(&queue)
    #expect(taken.sorted() == Array(bytes.indices))
  }
}
