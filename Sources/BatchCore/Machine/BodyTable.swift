/// Names a body between `.readBody` and its request. A name is not used again.
package struct BodyID: Hashable, Sendable {
  package var place: UInt32
  package var generation: UInt32

  package init(place: UInt32, generation: UInt32) {
    self.place = place
    self.generation = generation
  }
}

/// A body that is read before its request is sent.
struct Body: Sendable {
  var request: RunRequest
  /// Its place among those that have been read.
  var item: ReadyQueue.Item
  /// By the machine's number.
  var disk: Int
  var isRead = false
  /// False: its object has ended meanwhile, and only the disk still is at it.
  var isWanted = true

  var bytes: Int { request.partBytes ?? request.source.size }
}

/// The bodies that are being read, or have been and are not sent yet.
struct BodyTable: Sendable {
  private struct Slot: Sendable {
    var generation: UInt32 = 0
    var body: Body?
  }

  private var slots: ContiguousArray<Slot> = []
  private var free: ContiguousArray<UInt32> = []

  /// From then on the body's `item` names its place.
  mutating func insert(_ body: consuming Body) -> BodyID {
    let place = free.popLast() ?? UInt32(slots.count)
    if place == UInt32(slots.count) { slots.append(Slot()) }
    body.item.body = place
    slots[Int(place)].body = body
    return id(at: place)
  }

  private func isThere(_ id: BodyID) -> Bool { slots[Int(id.place)].generation == id.generation }

  /// What is to be done with a body that is wanted, now that it has been read; nil: it is not wanted.
  mutating func read(_ id: BodyID) -> ReadyQueue.Item? {
    guard isThere(id), slots[Int(id.place)].body?.isWanted == true else { return nil }
    slots[Int(id.place)].body?.isRead = true
    return slots[Int(id.place)].body?.item
  }

  /// Nobody wants the body. It is answered nevertheless if it is still being read.
  mutating func withdraw(_ id: BodyID) -> Body? {
    guard isThere(id), let body = slots[Int(id.place)].body, body.isWanted else { return nil }
    slots[Int(id.place)].body?.isWanted = false
    if body.isRead { _ = take(id) }
    return body
  }

  /// Takes a body out; nil when it is not there any more.
  mutating func take(_ id: BodyID) -> Body? {
    guard isThere(id), let body = slots[Int(id.place)].body.take() else { return nil }
    slots[Int(id.place)].generation &+= 1
    free.append(id.place)
    return body
  }

  /// The name of the body that is at this place now.
  func id(at place: UInt32) -> BodyID {
    BodyID(place: place, generation: slots[Int(place)].generation)
  }

  func ids(of entry: EntryIndex) -> [BodyID] {
    slots.indices.compactMap { slots[$0].body?.request.entry == entry ? id(at: UInt32($0)) : nil }
  }
}
