internal import Platform
internal import Synchronization

/// When something last came of a source that is looked at or read; while nobody has begun with it, when anything last came
/// of its file system.
final class ReadProgress: Sendable {
  /// That of all its sources together, whatever is done with them. A job may wait long for the threads, which are the
  /// file system's own: it has stalled only when they get nothing meanwhile.
  final class OfFileSystem: Sendable {
    fileprivate let moved = Atomic<Int64>(0)
  }

  private let asked = Instant.now.nanoseconds
  private let fileSystem: OfFileSystem
  private let moved = Atomic<Int64>(0)

  init(_ fileSystem: OfFileSystem) { self.fileSystem = fileSystem }

  /// It has begun, or goes on.
  func note(at now: Instant = .now) {
    moved.store(now.nanoseconds, ordering: .relaxed)
    fileSystem.moved.store(now.nanoseconds, ordering: .relaxed)
  }

  var hasBegun: Bool { moved.load(ordering: .relaxed) > 0 }

  var lastMove: Instant {
    let own = moved.load(ordering: .relaxed)
    return Instant(
      nanoseconds: own > 0 ? own : max(asked, fileSystem.moved.load(ordering: .relaxed)))
  }
}
