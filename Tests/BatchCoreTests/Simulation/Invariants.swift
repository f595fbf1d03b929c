import BatchCore

/// What must hold in every world at every step.
extension SimulatedWorld {
  mutating func check(_ machine: RunMachine, hasSent: Bool) {
    if hasSent, machine.inFlight > machine.limit + waiting(machine), services.count == 1 {
      fail("\(machine.inFlight) requests in flight where \(machine.limit) may be")
    }
    if machine.inFlight > manifest.concurrency + manifest.concurrency / 8 {
      fail("\(machine.inFlight) requests in flight with a budget of \(manifest.concurrency)")
    }
    if machine.hasReadyWork {
      fail("a slot that may be used is idle while work is ready")
    }
    if machine.hasIdleDisk { fail("a disk reads nothing although it could") }
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
    if !isDamaged, object?.settings != wishes[entry.value].settingsDigest {
      fail("k\(entry.value) is called unchanged, the bucket has it with other headers")
    }
  }

  /// A killed run stored it, the file has changed since, and must not overwrite anything: only its owner can say what
  /// is wanted.
  private func isOlderCopyOfItsOwn(_ entry: EntryIndex, _ failure: Failure) -> Bool {
    let object = service.objects[manifest.entries.key(entry)]
    let source = sources[entry.value]
    return failure.kind == .alreadyExists && wishes[entry.value].overwrite == .never
      && object?.bytes != source.content && source.history.values.contains(object?.bytes ?? [])
  }

  /// Done means: the bucket holds exactly the content that the fingerprint stands for, and the
  /// record is durable.
  mutating func checkEvent(_ event: RunEvent) {
    if case .unchanged(let entry, let reason) = event { checkUnchanged(entry, reason) }
    if case .warning(_, let text) = event { warnings.append(text) }
    if case .failed(let entry, let failure) = event, isOnlyBusy,
      !isOlderCopyOfItsOwn(entry, failure)
    {
      fail("k\(entry.value) fails because of the service: \(failure.message)")
    }
    if case .failed(let entry, let failure) = event, failure.kind == .credentialsExpired {
      fail("k\(entry.value) failed by credentials that expired")
    }
    guard case .done(let entry, _, let fact, _) = event else { return }
    let key = manifest.entries.key(entry)
    let content = sources[entry.value].history[fact.fingerprint.modified]
    if service.objects[key]?.bytes != content {
      fail("\(key) is reported done, the bucket has other bytes")
    }
    if !isDamaged, service.objects[key]?.settings != fact.fingerprint.settings {
      fail("\(key) is reported done, the bucket has it with other headers")
    }
    let record = JournalRecord.done(identity(entry), fact)
    if journal[..<syncedRecords].lastIndex(of: record) == nil {
      fail("\(key) is reported before it is durable")
    }
  }

  /// No upload may exist that the durable journal does not know.
  mutating func checkIntent(_ request: RunRequest) {
    let known = journal[..<syncedRecords].lastIndex { record in
      if case .intent(let identity, _) = record { return identity == self.identity(request.entry) }
      return false
    }
    if known == nil { fail("Initiate before its intent is durable") }
  }

  mutating func noteDurablyDone() {
    for record in journal[notedRecords..<syncedRecords] {
      switch record {
      case .done(let identity, let fact):
        durablyDone[identity] = fact.fingerprint
        doneSinceDamage.insert(identity)
      case .replacing(let identity):
        replaced[identity] = durablyDone[identity]
        durablyDone[identity] = nil
      case .kept(let identity): durablyDone[identity] = replaced[identity]
      case .completing(let identity, _): durablyDone[identity] = nil
      case .doubted(true): doneSinceDamage = []
      case .doubted(false):
        durablyDone = durablyDone.filter { doneSinceDamage.contains($0.key) }
        unasked.formUnion(
          (manifest.entries.count..<max(wishes.count, manifest.entries.count)).map(key))
      default: break
      }
    }
    notedRecords = syncedRecords
  }

  /// Neither is it said that something still is done.
  private mutating func checkKept(_ identity: EntryIdentity) {
    let index = Int(identity.low)
    guard let fingerprint = replaced[identity] else {
      if !isDamaged { fail("\(key(index)) goes on record as still done, but never was") }
      return
    }
    let object = service.objects[key(index)]
    if object?.bytes != sources[index].history[fingerprint.modified] {
      fail("\(key(index)) goes on record as still done, the bucket has other bytes")
    }
    if object?.settings != fingerprint.settings, !isDamaged {
      fail("\(key(index)) goes on record as still done, the bucket has other headers")
    }
  }

  /// A record of `done` is never written of what the bucket does not have.
  mutating func checkRecord(_ record: JournalRecord) {
    if case .kept(let identity) = record { return checkKept(identity) }
    guard case .done(let identity, let fact) = record else { return }
    let index = Int(identity.low)
    if service.objects[key(index)]?.bytes != sources[index].history[fact.fingerprint.modified] {
      fail("\(key(index)) goes on record as done, the bucket has other bytes")
    }
  }

  /// Something else was wanted in between: what was completed before need not be known any more.
  mutating func noteOtherUpload(_ request: RunRequest) {
    switch request.operation {
    case .putObject, .initiateMultipartUpload:
      let key = manifest.entries.key(request.entry)
      guard let before = completed[key] else { return }
      if isForced || before.source != request.source
        || before.wish != wishes[request.entry.value] || mayBeOutdated(request.entry.value)
      {
        completed[key] = nil
      }
    case .abortMultipartUpload: completed[manifest.entries.key(request.entry)] = nil
    default: break
    }
  }

  /// With other headers: Complete may have stored it so, and nothing is known to have come since.
  private func mayHaveCompletedOtherwise(_ request: RunRequest) -> Bool {
    let wanted = wishes[request.entry.value].settingsDigest
    var begun = wanted
    var mayHave = false
    for record in journal {
      switch record {
      case .intent(identity(request.entry), let intent): begun = intent.fingerprint.settings
      case .completing(identity(request.entry), _): mayHave = mayHave || begun != wanted
      case .done(identity(request.entry), _): mayHave = false
      default: break
      }
    }
    return mayHave
  }

  /// Neither what is durably done, nor, after a lost answer, what the service has completed, unless an object of
  /// before has, or may have had, the same bytes: then HEAD may not tell.
  mutating func checkNotSentTwice(_ request: RunRequest) {
    let key = manifest.entries.key(request.entry)
    if case .abortMultipartUpload(let uploadID) = request.operation, foreign.contains(uploadID) {
      fail("\(uploadID) is aborted")
    }
    if isForced || mayBeOutdated(request.entry.value) { return }
    if case .uploadPart = request.operation, needed(by: request.entry.value).isEmpty,
      completed[key]?.source == request.source,
      completed[key]?.wish == wishes[request.entry.value],
      let object = service.objects[key], object.order == object.bytesOrder,
      object.bytes == sources[request.entry.value].content, !mayHaveCompletedOtherwise(request)
    {
      fail("a part of \(key) is sent although its upload has been completed")
    }
    if isDamaged, service.objects[key]?.bytes != sources[request.entry.value].content { return }
    guard request.operation.hasBody, let done = durablyDone[identity(request.entry)] else { return }
    let source = request.source
    if done.size == source.size, done.modified == source.modified, done.inode == source.inode,
      done.settings == wishes[request.entry.value].settingsDigest
    {
      fail("\(manifest.entries.key(request.entry)) is sent again although it is durably done")
    }
  }

  /// It was not run for such an entry: what is in the bucket and open of it stays as it was.
  func isLeftOut(_ index: Int) -> Bool {
    if case .blocked = outcomes[index] { isAnyUnproved } else { false }
  }

  /// An entry has failed since its object may be a damaged copy of its own.
  private var isAnyUnproved: Bool {
    outcomes.values.contains { outcome in
      if case .failed(_, let failure) = outcome { failure.kind == .alreadyExists } else { false }
    }
  }

  /// After a last run without faults: every object is right and no upload is left.
  /// (With `overwrite: never`, a damaged object of ours whose answer was lost as well cannot be told
  /// from somebody else's, and stays; what needs it is not run.)
  mutating func checkEverythingIsThere(corrupted: Bool) {
    guard violation == nil else { return }
    for index in manifest.entries.indices {
      let entry = EntryIndex(index)
      let key = manifest.entries.key(entry)
      let settings = manifest.entries.settings[manifest.entries.settingsIndex(entry)]
      if isLeftOut(index) { continue }
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
          && (isDamaged || object.settings == wishes[index].settingsDigest)
      if !right { fail("\(key) has wrong bytes after a run without faults") }
    }
    let leftOut = manifest.entries.indices.filter(isLeftOut).map(key)
    let left = service.uploads.filter { !isExcused($0.key) && !leftOut.contains($0.value.key) }.keys
    if !faults.forbidListing, !left.isEmpty { fail("uploads are left: \(left.sorted())") }
    if let missing = foreign.first(where: { service.uploads[$0] == nil }) {
      fail("\(missing) is gone")
    }
  }
}
