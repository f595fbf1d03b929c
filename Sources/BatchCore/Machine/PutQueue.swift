/// Small objects, ready for their one Put. The few that go next are chosen ahead of time, so that their bodies are
/// read while all slots are still taken: a slot that becomes free need not wait for a source.
package struct PutQueue: Sendable {
  /// Bodies up to this size are read whole, so that header and body leave in one send; larger ones are read as they
  /// are sent. With twice as much, they take more memory than the upload buffers that they spare.
  package static let largestBody = 32 << 10
  /// Bodies read ahead take this much memory at most.
  private static let roomAhead = 1 << 20

  private var waiting = ReadyQueue()
  private var chosen = Queue<ReadyQueue.Item>()
  private var bytesAhead = 0

  package init() {}

  package var count: Int { waiting.count + chosen.count }
  package var isEmpty: Bool { waiting.isEmpty && chosen.isEmpty }

  /// What goes next: of those that were chosen, unless something more urgent has come.
  package var first: ReadyQueue.Item? { waitingGoesFirst ? waiting.first : chosen.first }

  private var waitingGoesFirst: Bool {
    guard let next = chosen.first else { return true }
    return waiting.first?.precedes(next) ?? false
  }

  package mutating func insert(_ item: ReadyQueue.Item) { waiting.insert(item) }

  /// Takes `first` out; there must be one.
  package mutating func removeFirst() {
    if waitingGoesFirst {
      _ = waiting.popFirst()
    } else if let item = chosen.first {
      bytesAhead -= item.remaining
      chosen.removeFirst()
    }
  }

  /// Chooses those that have their bodies read next, so that there are `limit`. It does so when half of them have
  /// gone, for several are handed over at the price of one.
  package mutating func chooseAhead(limit: Int) -> [EntryIndex] {
    var next: [EntryIndex] = []
    guard chosen.count <= limit / 2 else { return next }
    while chosen.count < limit, bytesAhead < Self.roomAhead, let item = waiting.first,
      item.remaining <= Self.largestBody
    {
      _ = waiting.popFirst()
      chosen.append(item)
      bytesAhead += item.remaining
      next.append(item.entry)
    }
    return next
  }
}
