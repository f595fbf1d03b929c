internal import Platform
internal import Synchronization

/// When something last came of a source that is looked at or read; while nobody has begun with it, when anything last came
/// of its file system.
final class ReadProgress: Sendable {
  /// That of all sources of a file system, whatever is done with them. A job may wait long for the threads, which are the
  /// file system's own: it has stalled only when they get nothing meanwhile.
  final class OfAll: Sendable {
    fileprivate let moved = Atomic<Int64>(0)
  }

  private let asked = Instant.now.nanoseconds
  private let all: OfAll
  private let moved = Atomic<Int64>(0)

  init(_ all: OfAll) { self.all = all }

  /// It has begun, or goes on.
  func note(at now: Instant = .now) {
    moved.store(now.nanoseconds, ordering: .relaxed)
    all.moved.store(now.nanoseconds, ordering: .relaxed)
  }

  var hasBegun: Bool { moved.load(ordering: .relaxed) > 0 }

  var lastMove: Instant {
    let own = moved.load(ordering: .relaxed)
    return Instant(nanoseconds: own > 0 ? own : max(asked, all.moved.load(ordering: .relaxed)))
  }
}
