package import BatchCore
internal import Platform

/// What the run wants recorded.
package enum StoreCommand: Sendable {
  /// One that nobody waits for may share its flush with those of the next few milliseconds.
  case append(JournalRecord, isAwaited: Bool = true)
  /// Before the upload's first part; also when an upload is resumed, followed by the parts it keeps.
  case beginCheckpoint(EntryIdentity, UploadIntent, uploadID: String)
  /// A part that the service has acknowledged.
  case checkpointPart(EntryIdentity, CheckpointPart)
  /// The upload is done or closed. Post it with, or after, the record that says so: the file goes
  /// only when that record is durable.
  case removeCheckpoint(EntryIdentity)
  /// The last command; `StoreWriter.close` posts it.
  case close
}

/// What has become of it.
package enum StoreEvent: Sendable, Equatable {
  /// Every record up to this ticket survives a power loss. The ticket of a record is its number
  /// among all `append` commands since the open, from 1.
  case durable(upTo: Int)
  /// The state can no longer be written; said once. What was not reported durable may be lost, and
  /// everything posted since is ignored.
  case failed(StoreError)
}

/// The thread that writes the state: it takes commands in batches, writes each batch of records at once, and
/// makes one or several durable with one flush. Post from one thread, so that tickets are countable;
/// events are reported on the writer's thread.
package final class StoreWriter: Sendable {
  private let inbox = Inbox<StoreCommand>()
  private let thread: Thread

  /// Takes over the journal, and with it the lock. At most `openCheckpoints` are held open.
  package init(
    _ journal: consuming Journal, openCheckpoints: Int = 64,
    report: @escaping @Sendable (StoreEvent) -> Void
  ) {
    let loop = WriterLoop(journal, openCheckpoints: openCheckpoints, report: report)
    thread = Thread("store writer") { [inbox] in loop.run(inbox) }
  }

  package func post(_ command: StoreCommand) { inbox.post(command) }

  /// Posts all commands in their order, and empties the array, keeping its storage.
  package func post(draining commands: inout [StoreCommand]) { inbox.post(draining: &commands) }

  /// Waits until everything posted is written and reported, then releases the lock. Call it once.
  package func close() {
    inbox.post(.close)
    thread.join()
  }
}
