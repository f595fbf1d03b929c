internal import BatchCore
internal import Platform

/// Bodies that are read before their requests: a few hundred at most, each until its request takes it or nobody wants
/// it any more.
struct BodiesAhead {
  private struct Reading {
    var entry: EntryIndex
    let progress: ReadProgress
    var isWanted = true
  }

  private var reading: [BodyID: Reading] = [:]
  private var read: [BodyID: PreparedBody] = [:]
  private let progressOfAll: ReadProgress.OfAll
  private let stallLimit: Duration
  /// When those that are being read are next looked at.
  private(set) var due: Instant?
  /// What happened before does not count: the whole program was stopped for a while, and no source is to blame.
  private var awakeSince = Instant(nanoseconds: 0)

  init(stallLimit: Duration, progressOfAll: ReadProgress.OfAll) {
    self.stallLimit = stallLimit
    self.progressOfAll = progressOfAll
  }

  /// The body is being read from now on, by somebody who notes how that goes.
  mutating func expect(_ id: BodyID, of entry: EntryIndex) -> ReadProgress {
    let progress = ReadProgress(progressOfAll)
    reading[id] = Reading(entry: entry, progress: progress)
    if due == nil { due = .now + interval }
    return progress
  }

  /// The body has been read. Returns its entry when it is wanted; nil: it is not kept. `isKnown` is false when it has
  /// been given up before.
  mutating func arrived(
    _ id: BodyID, _ body: Result<PreparedBody, Failure>
  ) -> (isKnown: Bool, entry: EntryIndex?) {
    guard let known = reading.removeValue(forKey: id) else { return (false, nil) }
    guard known.isWanted else { return (true, nil) }
    if case .success(let body) = body { read[id] = body }
    return (true, known.entry)
  }

  mutating func take(_ id: BodyID) -> PreparedBody? { read.removeValue(forKey: id) }

  mutating func drop(_ id: BodyID) {
    read[id] = nil
    reading[id]?.isWanted = false
  }

  /// Those of which nothing has come for the stall limit. They are known no more.
  mutating func giveUpStalled(at now: Instant) -> [(id: BodyID, entry: EntryIndex)] {
    guard let due, due <= now else { return [] }
    self.due = reading.isEmpty ? nil : now + interval
    if due + interval < now { awakeSince = now }
    let stalled = reading.filter {
      max($0.value.progress.lastMove, awakeSince) + stallLimit <= now
    }
    for id in stalled.keys { reading[id] = nil }
    return stalled.map { ($0.key, $0.value.entry) }
  }

  private var interval: Duration { min(.seconds(1), stallLimit / 4) }
}
