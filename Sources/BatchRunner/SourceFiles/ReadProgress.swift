internal import Platform
internal import Synchronization

/// When something last came of a body that is being read; while nobody has begun with it, when anything last came of its
/// file system.
final class ReadProgress: Sendable {
  /// That of a file system, for all that is read from it.
  final class Lane: Sendable {
    fileprivate let moved = Atomic<Int64>(0)
  }

  private let asked = Instant.now.nanoseconds
  private let lane: Lane
  private let moved = Atomic<Int64>(0)

  init(_ lane: Lane) { self.lane = lane }

  /// It has begun, or goes on.
  func note() {
    let now = Instant.now.nanoseconds
    moved.store(now, ordering: .relaxed)
    lane.moved.store(now, ordering: .relaxed)
  }

  var lastMove: Instant {
    let own = moved.load(ordering: .relaxed)
    return Instant(nanoseconds: own > 0 ? own : max(asked, lane.moved.load(ordering: .relaxed)))
  }
}
