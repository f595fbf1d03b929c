import BatchCore

/// What must hold in every world at every step.
extension SimulatedWorld {
  mutating func check(_ machine: RunMachine) {
    if machine.inFlight > manifest.concurrency {
      fail("\(machine.inFlight) requests in flight with a budget of \(manifest.concurrency)")
    }
    if machine.inFlight < manifest.concurrency, machine.hasReadyWork {
      fail("a slot is idle while work is ready")
    }
  }

  /// Unchanged means the same as done: the bucket has what is wanted.
  private mutating func checkUnchanged(_ entry: EntryIndex, _ reason: UnchangedReason) {
    guard reason != .exists else { return }
    let object = service.objects[manifest.entries.key(entry)]
    let source = sources[entry.value]
    // Changed since it was looked at: the next run sees it.
    guard source.history.values.contains(object?.bytes ?? [1, 2]) else {
      fail("k\(entry.value) is called unchanged, the bucket has other bytes")
      return
    }
    if object?.settings != wishes[entry.value].settingsDigest {
      fail("k\(entry.value) is called unchanged, the bucket has it with other headers")
    }
  }

  /// Done means: the bucket holds exactly the content that the fingerprint stands for, and the
  /// record is durable.
  mutating func checkEvent(_ event: RunEvent) {
    if case .unchanged(let entry, let reason) = event { checkUnchanged(entry, reason) }
    guard case .done(let entry, _, let fact, _) = event else { return }
    let key = manifest.entries.key(entry)
    let content = sources[entry.value].history[fact.fingerprint.modified]
    if service.objects[key]?.bytes != content {
      fail("\(key) is reported done, the bucket has other bytes")
    }
    if service.objects[key]?.settings != fact.fingerprint.settings {
      fail("\(key) is reported done, the bucket has it with other headers")
    }
    let record = JournalRecord.done(identity(entry), fact)
    if !journal.prefix(syncedRecords).contains(record) {
      fail("\(key) is reported before it is durable")
    }
  }

  /// No upload may exist that the durable journal does not know.
  mutating func checkIntent(_ request: RunRequest) {
    let known = journal.prefix(syncedRecords).contains { record in
      if case .intent(let identity, _) = record { return identity == self.identity(request.entry) }
      return false
    }
    if !known { fail("Initiate before its intent is durable") }
  }

  mutating func noteDurablyDone() {
    for record in journal.prefix(syncedRecords) {
      switch record {
      case .done(let identity, let fact): durablyDone[identity] = fact.fingerprint
      case .replacing(let identity), .completing(let identity, _): durablyDone[identity] = nil
      default: break
      }
    }
  }

  /// Something else was wanted in between: what was completed before need not be known any more.
  mutating func noteOtherUpload(_ request: RunRequest) {
    switch request.operation {
    case .putObject, .initiateMultipartUpload:
      let key = manifest.entries.key(request.entry)
      guard let before = completed[key] else { return }
      if isForced || before.source != request.source
        || before.wish != wishes[request.entry.value]
      {
        completed[key] = nil
      }
    case .abortMultipartUpload: completed[manifest.entries.key(request.entry)] = nil
    default: break
    }
  }

  /// Neither what is durably done, nor, after a lost answer, what the service has completed.
  mutating func checkNotSentTwice(_ request: RunRequest) {
    if isForced { return }
    let key = manifest.entries.key(request.entry)
    if case .uploadPart = request.operation, completed[key]?.source == request.source,
      completed[key]?.wish == wishes[request.entry.value],
      service.objects[key]?.bytes == sources[request.entry.value].content
    {
      fail("a part of \(key) is sent although its upload has been completed")
    }
    guard request.operation.hasBody, let done = durablyDone[identity(request.entry)] else { return }
    let source = request.source
    if done.size == source.size, done.modified == source.modified, done.inode == source.inode,
      done.settings == wishes[request.entry.value].settingsDigest
    {
      fail("\(manifest.entries.key(request.entry)) is sent again although it is durably done")
    }
  }

  /// After a last run without faults: every object is right and no upload is left.
  /// (With `overwrite: never`, a damaged object of ours whose answer was lost as well cannot be told
  /// from somebody else's, and stays.)
  mutating func checkEverythingIsThere(corrupted: Bool) {
    guard violation == nil else { return }
    for index in manifest.entries.indices {
      let entry = EntryIndex(index)
      let key = manifest.entries.key(entry)
      let settings = manifest.entries.settings[manifest.entries.settingsIndex(entry)]
      guard let object = service.objects[key] else {
        fail("\(key) is not in the bucket after a run without faults")
        return
      }
      let mayBeOlder = settings.overwrite == .never
      if mayBeOlder, corrupted { continue }
      let right =
        mayBeOlder
        ? sources[index].history.values.contains(object.bytes)
        : object.bytes == sources[index].content
          && object.settings == wishes[index].settingsDigest
      if !right { fail("\(key) has wrong bytes after a run without faults") }
    }
    if !faults.forbidListing, !service.uploads.isEmpty {
      fail("uploads are left: \(service.uploads.keys.sorted())")
    }
  }
}
