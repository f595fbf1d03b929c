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
    var place = heap.count - 1
    while place > 0 {
      let parent = (place - 1) / 2
      guard item.precedes(heap[parent]) else { break }
      heap[place] = heap[parent]
      place = parent
    }
    heap[place] = item
  }

  package mutating func popFirst() -> Item? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty { sink(last) }
    return first
  }

  mutating func removeAll(where isUnwanted: (Item) -> Bool) {
    let kept = heap.filter { !isUnwanted($0) }
    heap = []
    for item in kept { insert(item) }
  }

  /// The first item has this much left now: puts it where it belongs.
  package mutating func updateFirst(remaining: Int) {
    guard var item = heap.first else { return }
    item.remaining = remaining
    sink(item)
  }

  /// Puts an item in the place of the first, then where it belongs: the more urgent child of a free place
  /// moves up into it, until the item precedes both.
  private mutating func sink(_ item: Item) {
    var place = 0
    while true {
      var child = 2 * place + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
      guard heap[child].precedes(item) else { break }
      heap[place] = heap[child]
      place = child
    }
    heap[place] = item
  }
}
