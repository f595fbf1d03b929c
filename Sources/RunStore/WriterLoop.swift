internal import BatchCore
internal import Glibc
internal import Platform

/// What the store writer's thread does, and the files that it owns.
final class WriterLoop: @unchecked Sendable {  // given to one thread at the start, used only there
  /// nil once the loop has ended: the lock goes with it.
  private var journal: Journal?
  private var checkpoints: CheckpointFiles
  private let report: @Sendable (StoreEvent) -> Void
  /// Records written since the open, and those of them that are durable.
  private var tickets = 0
  private var durable = 0
  /// When records that nobody waits for are flushed at the latest.
  private var flushDue: Instant?
  /// A flush costs as much as a small request, and delays those of other programs; thousands a second would
  /// do nothing for what a power loss may take.
  private static let company = Duration.milliseconds(5)
  private var hasFailed = false

  init(
    _ journal: consuming Journal, openCheckpoints: Int,
    report: @escaping @Sendable (StoreEvent) -> Void
  ) {
    checkpoints = CheckpointFiles(journal.directory, openLimit: openCheckpoints)
    self.journal = consume journal
    self.report = report
  }

  /// Works until it is told to close.
  func run(_ inbox: Inbox<StoreCommand>) {
    var batch: [StoreCommand] = []
    var isClosed = false
    while !isClosed {
      batch.removeAll(keepingCapacity: true)
      inbox.wait(into: &batch, until: flushDue)
      for case .close in batch { isClosed = true }
      handle(batch)
    }
    checkpoints.closeAll()
    journal = nil
  }

  /// A failed flush may have dropped what it should have written, so no second one is tried.
  private func handle(_ batch: [StoreCommand]) {
    guard !hasFailed else { return }
    do throws(StoreError) {
      try record(batch)
      for command in batch { try keepParts(command) }
    } catch {
      hasFailed = true
      // Else it would be due for ever, and waiting for it no waiting.
      flushDue = nil
      report(.failed(error))
    }
  }

  private func record(_ batch: [StoreCommand]) throws(StoreError) {
    let before = tickets
    for case .append(let record, _) in batch {
      try journal?.add(record)
      tickets += 1
    }
    if tickets > before { try journal?.write() }
    // At once, while the first requests are under way, and behind the run's id, which a kill must not take.
    try journal?.settle()
    guard tickets > durable else { return }
    if batch.contains(where: \.wantsFlush) || flushDue.map({ $0 <= .now }) ?? false {
      try journal?.flush()
      durable = tickets
      flushDue = nil
      report(.durable(upTo: durable))
    } else if flushDue == nil {
      flushDue = .now + Self.company
    }
  }

  /// After the records: a checkpoint must not go before its `done` is safe.
  private func keepParts(_ command: StoreCommand) throws(StoreError) {
    do throws(SystemError) {
      switch command {
      case .beginCheckpoint(let identity, let intent, let uploadID):
        try checkpoints.begin(identity, intent, uploadID: uploadID)
      case .checkpointPart(let identity, let part):
        try checkpoints.append(part, to: identity)
      case .removeCheckpoint(let identity):
        try checkpoints.remove(identity)
      case .append, .close: break
      }
    } catch {
      // No descriptor is left: a part that is not remembered costs a listing, no more.
      guard error.code != EMFILE, error.code != ENFILE else { return }
      throw .writeFailed(error)
    }
  }
}

extension StoreCommand {
  /// It waits until the records posted so far are durable.
  fileprivate var wantsFlush: Bool {
    switch self {
    case .append(_, let isAwaited): isAwaited
    case .removeCheckpoint, .close: true
    case .beginCheckpoint, .checkpointPart: false
    }
  }
}
