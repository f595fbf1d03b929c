import BatchCore
import Testing

@Suite struct ReadyQueueTests {
  @Test(arguments: UInt64(0)..<20)
  func itemsComeInOrderWhateverTheOrderTheyWentIn(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let items = (0..<200).map { index in
      ReadyQueue.Item(
        priority: Int.random(in: -1...1, using: &random),
        remaining: Int.random(in: 0...20, using: &random), entry: EntryIndex(index))
    }
    var queue = ReadyQueue()
    for item in items.shuffled(using: &random) { queue.insert(item) }
    var popped: [ReadyQueue.Item] = []
    while let item = queue.popFirst() { popped.append(item) }
    #expect(popped == items.sorted { $0.precedes($1) })
  }

  @Test func moreBytesLeftGoFirstAmongEqualPriorities() {
    var queue = ReadyQueue()
    queue.insert(ReadyQueue.Item(priority: 0, remaining: 5, entry: EntryIndex(0)))
    queue.insert(ReadyQueue.Item(priority: 0, remaining: 9, entry: EntryIndex(1)))
    queue.insert(ReadyQueue.Item(priority: 1, remaining: 1, entry: EntryIndex(2)))
    #expect(queue.first?.entry == EntryIndex(2))
    _ = queue.popFirst()
    #expect(queue.first?.entry == EntryIndex(1))
    queue.updateFirst(remaining: 4)
    #expect(queue.first?.entry == EntryIndex(0))
  }
}
