internal import BatchCore
internal import Platform
internal import Synchronization

/// Looks for the entries that a growing manifest does not have yet, on a thread of its own, which runs
/// ahead as far as it can: what it finds takes a hundred bytes an entry, whoever waits for it.
///
/// Nobody waits for its thread when the run ends early: a directory of a file server that is away may hold
/// it up for as long as it likes.
final class Expansion: Sendable {
  enum News: Sendable {
    case entries(EntryBatch)
    case ended
  }

  private let isCancelled = Atomic(false)

  /// `deliver` is called on the thread of its own.
  func start(_ source: any EntrySource, deliver: @escaping @Sendable (News) -> Void) {
    Thread.detached("globs") { [self] in
      var source = source
      while let batch = source.next() {
        if isCancelled.load(ordering: .relaxed) { return }
        deliver(.entries(batch))
      }
      deliver(.ended)
    }
  }

  /// What is found from now on is for nobody.
  func cancel() { isCancelled.store(true, ordering: .relaxed) }
}
