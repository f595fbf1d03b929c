/// Records, and what goes on once they are durable.
extension RunMachine {
  /// Appends a record and continues with `step` when it is durable.
  mutating func record(_ record: JournalRecord, then step: Awaiting.Step) {
    guard !storeIsLost else { return }
    tickets += 1
    commands.append(.append(record, isAwaited: !step.isIdle || inFlight == 0))
    awaiting.append(Awaiting(ticket: tickets, step: step))
  }

  /// Appends a record on which nothing waits by itself (a later one does).
  mutating func record(_ record: JournalRecord) {
    guard !storeIsLost else { return }
    tickets += 1
    commands.append(.append(record, isAwaited: false))
  }

  mutating func durable(upTo ticket: Int) {
    while let next = awaiting.first, next.ticket <= ticket {
      awaiting.removeFirst()
      proceed(next.step)
    }
  }

  private mutating func proceed(_ step: Awaiting.Step) {
    switch step {
    case .put(let entry): putIsIntended(entry)
    case .initiate(let entry): enqueueUnlessStopping(.initiateMultipartUpload, entry)
    case .transfer(let entry): beginTransfer(entry)
    case .complete(let entry): sendComplete(entry)
    case .closed(let entry): uploadIsClosed(entry)
    case .done(let entry, let fact): becameDone(entry, fact)
    case .failed(let entry, let failure): becameFailed(entry, failure)
    case .recorded(let entry, let reason):
      guard let identity = objects[entry]?.identity else { return }
      becameUnchanged(entry, identity, reason)
    case .ended: finish()
    }
  }

  /// Keeps why an entry is sent, for `status` and for a rerun; no flush is made for it alone.
  mutating func recordReason(_ entry: EntryIndex) {
    guard let object = objects[entry], object.reason != object.recordedReason,
      object.reason != .new, object.reason != .resumed
    else { return }
    objects[entry]?.recordedReason = object.reason
    record(.sending(object.identity, object.reason))
  }

  mutating func enqueueUnlessStopping(_ operation: Operation, _ entry: EntryIndex) {
    guard stopping == .no else { return }
    enqueue(operation, for: entry)
  }
}
