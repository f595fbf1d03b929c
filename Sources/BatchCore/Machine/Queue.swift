/// First in, first out. What has been taken is dropped before it outweighs what waits, so that a
/// queue that is never quite empty does not grow for ever.
struct Queue<Element: Sendable>: Sendable {
  private static var smallestWaste: Int { 64 }

  private var elements: ContiguousArray<Element> = []
  private var head = 0

  var count: Int { elements.count - head }
  var isEmpty: Bool { head == elements.count }
  var first: Element? { isEmpty ? nil : elements[head] }

  /// In their order.
  var all: ArraySlice<Element> { elements[head...] }

  mutating func append(_ element: Element) { elements.append(element) }

  /// The queue must not be empty.
  mutating func removeFirst() {
    head += 1
    guard head > Self.smallestWaste, head * 2 > elements.count else { return }
    elements.removeFirst(head)
    head = 0
  }

  mutating func removeAll(where isUnwanted: (Element) -> Bool) {
    elements.removeFirst(head)
    head = 0
    elements.removeAll(where: isUnwanted)
  }

  mutating func update(_ change: (inout Element) -> Void) {
    for index in head..<elements.count { change(&elements[index]) }
  }

  mutating func removeAll() {
    elements.removeAll()
    head = 0
  }
}
