/// The objects between their inspection and their outcome, by entry. It is asked for every input of
/// the run several times, so an entry leads to its place by its number, and not by a hash; places
/// are used again, so that memory follows the objects that are open at once.
struct ObjectTable: Sendable {
  private static let nowhere = UInt32.max

  /// Four bytes for every entry of the manifest.
  private var places: ContiguousArray<UInt32>
  private var objects: ContiguousArray<ObjectState?> = []
  private var free: ContiguousArray<UInt32> = []

  /// Room for as many objects as will be open at once is set aside: it is taken only when it is used, where growing
  /// would take more than twice as much for a while.
  init(entries: Int) {
    places = ContiguousArray(repeating: Self.nowhere, count: entries)
    objects.reserveCapacity(min(entries, RunMachine.inspectionWindow))
  }

  /// That many entries more.
  mutating func grow(by count: Int) {
    places.append(contentsOf: repeatElement(Self.nowhere, count: count))
  }

  var count: Int { objects.count - free.count }
  var isEmpty: Bool { count == 0 }

  func contains(_ entry: EntryIndex) -> Bool { places[entry.value] != Self.nowhere }

  /// In no order.
  var all: some Sequence<ObjectState> { objects.lazy.compactMap { $0 } }

  /// An entry that has an object and meets a condition, whichever.
  func anyEntry(where condition: (EntryIndex) -> Bool) -> EntryIndex? {
    places.indices.lazy.map(EntryIndex.init).first { contains($0) && condition($0) }
  }

  /// An object is changed where it lies; nil takes it out.
  subscript(entry: EntryIndex) -> ObjectState? {
    get {
      let place = places[entry.value]
      return place == Self.nowhere ? nil : objects[Int(place)]
    }
    _modify {
      let place = places[entry.value]
      if place == Self.nowhere {
        var object: ObjectState?
        yield &object
        if let object { insert(object, entry) }
      } else {
        yield &objects[Int(place)]
        if objects[Int(place)] == nil { release(place, entry) }
      }
    }
  }

  private mutating func insert(_ object: ObjectState, _ entry: EntryIndex) {
    if let place = free.popLast() {
      objects[Int(place)] = object
      places[entry.value] = place
    } else {
      places[entry.value] = UInt32(objects.count)
      objects.append(object)
    }
  }

  private mutating func release(_ place: UInt32, _ entry: EntryIndex) {
    places[entry.value] = Self.nowhere
    free.append(place)
  }
}
