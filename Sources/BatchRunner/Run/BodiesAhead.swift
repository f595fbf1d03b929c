internal import BatchCore

/// Bodies that are read before their requests: a few hundred at most, each until its request takes it or nobody wants
/// it any more.
struct BodiesAhead {
  private struct Reading {
    var entry: EntryIndex
    var isWanted = true
  }

  private var reading: [BodyID: Reading] = [:]
  private var read: [BodyID: PreparedBody] = [:]

  /// The body is being read from now on.
  mutating func expect(_ id: BodyID, of entry: EntryIndex) { reading[id] = Reading(entry: entry) }

  /// The body has been read. Returns its entry when it is wanted; nil: it is not kept.
  mutating func arrived(_ id: BodyID, _ body: Result<PreparedBody, Failure>) -> EntryIndex? {
    guard let known = reading.removeValue(forKey: id), known.isWanted else { return nil }
    if case .success(let body) = body { read[id] = body }
    return known.entry
  }

  mutating func take(_ id: BodyID) -> PreparedBody? { read.removeValue(forKey: id) }

  mutating func drop(_ id: BodyID) {
    read[id] = nil
    reading[id]?.isWanted = false
  }
}
