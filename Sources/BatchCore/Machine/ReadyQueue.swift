/// Entries that could go now, the most urgent first: higher priority, then more bytes left (so that
/// the tail of a run is one part long), then the manifest's order.
package struct ReadyQueue: Sendable {
  package struct Item: Sendable, Equatable {
    package var priority: Int
    /// Bytes still to be sent.
    package var remaining: Int
    package var entry: EntryIndex
    /// Where the machine keeps its body, once that has been read.
    var body: UInt32 = 0

    package init(priority: Int, remaining: Int, entry: EntryIndex) {
      self.priority = priority
      self.remaining = remaining
      self.entry = entry
    }

    package func precedes(_ other: Item) -> Bool {
      if priority != other.priority { return priority > other.priority }
      if remaining != other.remaining { return remaining > other.remaining }
      return entry < other.entry
    }
  }

  /// A binary heap: the parent of `index` is at `(index - 1) / 2`.
  private var heap: ContiguousArray<Item> = []

  package init() {}

  package var count: Int { heap.count }
  package var isEmpty: Bool { heap.isEmpty }
  package var first: Item? { heap.first }

  package mutating func insert(_ item: Item) {
    heap.append(item)
    var index = heap.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard heap[index].precedes(heap[parent]) else { break }
      heap.swapAt(index, parent)
      index = parent
    }
  }

  package mutating func popFirst() -> Item? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink(0)
    }
    return first
  }

  mutating func removeAll(where isUnwanted: (Item) -> Bool) {
    let kept = heap.filter { !isUnwanted($0) }
    heap = []
    for item in kept { insert(item) }
  }

  /// The first item has this much left now: puts it where it belongs.
  package mutating func updateFirst(remaining: Int) {
    guard !heap.isEmpty else { return }
    heap[0].remaining = remaining
    sink(0)
  }

  private mutating func sink(_ start: Int) {
    var index = start
    while true {
      var best = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count {
        if heap[child].precedes(heap[best]) { best = child }
      }
      if best == index { return }
      heap.swapAt(index, best)
      index = best
    }
  }
}
