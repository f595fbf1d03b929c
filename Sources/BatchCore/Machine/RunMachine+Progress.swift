/// An object of which something is being sent.
package struct ActiveObject: Sendable, Equatable {
  package var entry: EntryIndex
  /// Bytes of the whole object.
  package var size: Int
  /// Parts that the service has, of so many; none of none where the object goes in one request.
  package var partsStored: Int
  package var parts: Int
}

/// What a run shows of itself while it goes on.
extension RunMachine {
  /// The largest objects of which the body, or a part, is in flight: at most `count`.
  package func activeObjects(_ count: Int) -> [ActiveObject] {
    let active = Set(slots.lazy.compactMap(\.self).filter(\.operation.sendsBody).map(\.entry))
    let largest = active.sorted { size($0) > size($1) || size($0) == size($1) && $0 < $1 }
    return largest.prefix(count).compactMap { entry in
      guard let object = objects[entry] else { return nil }
      return ActiveObject(
        entry: entry, size: object.source.size, partsStored: object.ledger?.storedCount ?? 0,
        parts: object.ledger?.count ?? 0)
    }
  }

  private func size(_ entry: EntryIndex) -> Int { objects[entry]?.source.size ?? 0 }
}
