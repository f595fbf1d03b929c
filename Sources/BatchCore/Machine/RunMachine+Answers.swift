internal import Checksum

/// What an answer means for its object and for the run.
extension RunMachine {
  mutating func answered(
    _ id: RequestID, _ result: Result<Reply, Failure>, _ sent: SentBody
  ) {
    guard let request = slots[id.value] else { return }
    slots[id.value] = nil
    freeSlots.append(id)
    inFlight -= 1
    let lane = lane(of: request.entry)
    lanes[lane].inFlight -= 1
    if request.partBytes != nil { lanes[lane].partsInFlight -= 1 }
    if request.takesLong { lanes[lane].longInFlight -= 1 }
    part(from: request)
    if request.isSuperseded {
      supersededAnswered(request, result)
      return
    }
    noteAnswer(request, result)
    if request.isProbe {
      probeAnswered(result, lane)
      return
    }
    objects[request.entry]?.requests -= 1
    noteCredentials(result)
    switch result {
    case .success(let reply):
      succeeded(request, reply, sent)
    case .failure(let failure):
      noteTorn(request, failure, sent)
      failed(request, failure)
    }
  }

  /// The whole object was sent and stored, and then its source turned out to be another one.
  private mutating func noteTorn(_ request: RunRequest, _ failure: Failure, _ sent: SentBody) {
    guard request.operation == .putObject, failure.kind == .sourceChanged,
      failure.mayHaveTakenEffect, sent.bytes == request.source.size
    else { return }
    objects[request.entry]?.replacesOwn = true
  }

  private mutating func succeeded(_ request: RunRequest, _ reply: Reply, _ sent: SentBody) {
    let entry = request.entry
    switch (request.operation, reply) {
    case (.putObject, .stored(_, let crc64)): putSucceeded(request, crc64, sent)
    case (.initiateMultipartUpload, .initiated(let uploadID)): initiated(entry, uploadID)
    case (.uploadPart(_, let number, _), .stored(let etag, let crc64)):
      partSucceeded(
        request, number, ListedPart(number: number, size: sent.bytes, etag: etag, crc64: crc64),
        sent)
    case (.completeMultipartUpload, .stored(_, let crc64)): completed(entry, crc64)
    case (.listParts, .parts(let page)): listed(entry, page)
    case (.abortMultipartUpload, .aborted): closeIfIdle(entry)
    case (.headObject, .object(let object)): checked(entry, object)
    case (.listMultipartUploads, .uploads(let page)): found(entry, page)
    default:
      failed(
        request,
        Failure(
          .rejected, "the service's answer does not belong to \(request.operation.name)",
          mayHaveTakenEffect: true))
    }
  }

  private mutating func putSucceeded(_ request: RunRequest, _ crc64: CRC64?, _ sent: SentBody) {
    if let failure = incomplete(sent, request.source.size) ?? mismatch(sent, crc64) {
      objects[request.entry]?.replacesOwn = true
      var request = request
      request.replacesOwn = true
      failed(request, failure)
      return
    }
    summary.bytesSent += sent.bytes
    store(request.entry, sent.crc64, verified: sent.crc64 != nil && crc64 != nil)
  }

  private mutating func partSucceeded(
    _ request: RunRequest, _ number: Int, _ part: ListedPart, _ sent: SentBody
  ) {
    let entry = request.entry
    let wanted = objects[entry]?.plan.range(ofPart: number).count ?? sent.bytes
    if let failure = incomplete(sent, wanted) ?? mismatch(sent, part.crc64) {
      failed(request, failure)
      return
    }
    guard let identity = objects[entry]?.identity, let plan = objects[entry]?.plan else { return }
    supersede(request.twin)
    lanes[lane(of: entry)].pace.note(bytes: sent.bytes, nanoseconds: now.monotonic - request.sentAt)
    summary.bytesSent += sent.bytes
    summary.partsSent += 1
    objects[entry]?.ledger?.store(number, etag: part.etag, crc64: sent.crc64)
    commands.append(
      .checkpointPart(
        identity, CheckpointPart(number: number, etag: part.etag, crc64: sent.crc64)))
    report(.part(entry, number: number, parts: plan.partCount, bytes: sent.bytes))
    continueTransfer(entry)
  }

  /// Where no checksum is compared, nothing else would notice.
  private func incomplete(_ sent: SentBody, _ wanted: Int) -> Failure? {
    guard sent.bytes != wanted else { return nil }
    return Failure(
      .transient, "\(sent.bytes) bytes were sent of \(wanted)", code: "IncompleteBody",
      mayHaveTakenEffect: true)
  }

  private func mismatch(_ sent: SentBody, _ stored: CRC64?) -> Failure? {
    guard let local = sent.crc64, let stored, local != stored else { return nil }
    return Failure(
      .transient,
      "checksum mismatch: CRC64 \(local.value) was sent, the service has \(stored.value)",
      code: "ChecksumMismatch", mayHaveTakenEffect: true)
  }

  private mutating func completed(_ entry: EntryIndex, _ crc64: CRC64?) {
    guard let object = objects[entry] else { return }
    let expected = object.ledger?.combinedChecksum
    objects[entry]?.isCompleted = true
    objects[entry]?.mayHaveStored = true
    if let expected, let crc64, expected != crc64 {
      objects[entry]?.replacesOwn = true
      endWhenIdle(entry, .restart(.uploadDamaged))
    } else {
      store(entry, expected, verified: expected != nil && crc64 != nil)
    }
  }

  private mutating func store(_ entry: EntryIndex, _ crc64: CRC64?, verified: Bool) {
    guard let object = objects[entry] else { return }
    objects[entry]?.phase = .busy
    let fact = DoneFact(fingerprint: object.fingerprint, crc64: crc64, verified: verified)
    record(.done(object.identity, fact), then: .done(entry, fact))
  }

  // A lost answer that counted

  /// Asks by HEAD whether this very object is stored.
  mutating func check(_ entry: EntryIndex, otherwise: ObjectState.Otherwise) {
    guard stopping == .no, let object = objects[entry] else { return }
    let expected = object.ledger?.combinedChecksum
    objects[entry]?.phase = .checking(expected: expected, otherwise)
    if expected == nil {
      commands.append(
        .hash(
          entry, ranges: [0..<object.source.size], source: object.source, withMD5: false))
    } else {
      enqueue(.headObject, for: entry)
    }
  }

  private mutating func checked(_ entry: EntryIndex, _ stored: StoredObject?) {
    guard let object = objects[entry] else { return }
    if case .confirming(let fact) = object.phase {
      confirmed(entry, object, fact, stored)
      return
    }
    if object.phase == .looking {
      looked(entry, object, stored)
      return
    }
    guard case .checking(let expected, let otherwise) = object.phase else { return }
    if let stored, let expected, isOurs(stored, entry, object, expected) {
      if object.mayHaveOtherSettings {
        leaveExisting(entry)
      } else {
        store(entry, expected, verified: true)
      }
      return
    }
    switch otherwise {
    case .restart(let reason): endWhenIdle(entry, .restart(reason))
    case .fail(let failure): endWhenIdle(entry, .fail(failure))
    case .exists: exists(stored, entry, object)
    case .useCheckpoint: recover(entry, listed: nil)
    }
  }

  /// The same bytes alone prove nothing: another object may have them under other headers. Ours was stored after we
  /// began.
  private func isOurs(
    _ stored: StoredObject, _ entry: EntryIndex, _ object: ObjectState, _ expected: CRC64
  ) -> Bool {
    guard stored.size == object.source.size, stored.crc64 == expected,
      !stored.hasOtherHeaders || object.mayHaveOtherSettings, let time = stored.modified
    else { return false }
    return time.isSince(object.intentTime)
      && (time.isAfter(object.intentTime) || !mayBeOneOfBefore(entry, object, expected))
  }

  /// What was sent before may have had the same content, under other settings or before something that the entry needs.
  private func mayBeOneOfBefore(
    _ entry: EntryIndex, _ object: ObjectState, _ expected: CRC64
  ) -> Bool {
    let isOutdated = isOutdated(entry, object)
    return facts.mayBeStored(object.identity).contains { before in
      (isOutdated || before.fingerprint.settings != object.settingsDigest)
        && before.fingerprint.size == object.source.size
        && (before.crc64 ?? expected) == expected
    }
  }

  /// Nothing may be overwritten, something is there, and it is not what was to be stored. A Put of ours may have stored
  /// it all the same, of a file that was different then, or damaged on its way: unless it is older, or has headers that we did
  /// not give it.
  private mutating func exists(
    _ stored: StoredObject?, _ entry: EntryIndex, _ object: ObjectState
  ) {
    guard let stored else { return endWhenIdle(entry, .restart(.notInBucket)) }
    let isOther = stored.hasOtherHeaders && !object.mayHaveOtherSettings
    if isOther || stored.modified?.isBefore(object.intentTime) == true {
      leaveExisting(entry)
    } else {
      endWhenIdle(entry, .fail(Self.mayBeDamaged))
    }
  }

  private static let mayBeDamaged = Failure(
    .alreadyExists,
    "an object was stored under this key since the entry was first sent, and it is not this file: it may be "
      + "a damaged copy of it; remove it, or send the entry with `overwrite: always`")

  /// nil: it is not there any more, or may not be looked at.
  private mutating func looked(
    _ entry: EntryIndex, _ object: ObjectState, _ stored: StoredObject?
  ) {
    guard stopping == .no else { return }
    if stored == nil {
      objects[entry]?.phase = .waiting
      bytesPlanned += object.source.size
      queue(entry)
    } else if facts.failures[object.identity] == nil {
      becameUnchanged(entry, object.identity, .exists)
    } else {
      existingStays(entry)
    }
  }

  /// Somebody else's object stays; what was uploaded of ours goes.
  private mutating func leaveExisting(_ entry: EntryIndex) {
    guard let object = objects[entry] else { return }
    if object.plan.partSize == nil {
      existingStays(entry)
      return
    }
    objects[entry]?.phase = .busy
    objects[entry]?.afterClosing = .unchanged(.exists)
    if let uploadID = object.uploadID {
      enqueueUnlessStopping(.abortMultipartUpload(uploadID: uploadID), entry)
    } else {
      closeIfIdle(entry)
    }
  }

  /// Nothing is left to do. (That is on record each time: so is, since a moment ago, that a Put of ours may have
  /// stored it.)
  mutating func existingStays(_ entry: EntryIndex) {
    guard let identity = objects[entry]?.identity else { return }
    objects[entry]?.phase = .busy
    record(.existing(identity), then: .recorded(entry, .exists))
  }

  // Failures

  mutating func failed(_ request: RunRequest, _ failure: Failure) {
    let entry = request.entry
    if request.operation.storesObject,
      failure.mayHaveTakenEffect || failure.kind == .sourceChanged
    {
      objects[entry]?.mayHaveStored = true
    }
    if request.operation == .initiateMultipartUpload, failure.mayHaveTakenEffect {
      objects[entry]?.lostInitiates += 1
    }
    if objects[entry]?.ending != nil, !failure.endsRun {
      endIfIdle(entry)
      return
    }
    if request.twin != nil, failure.leavesItToTheTwin { return }
    switch failure.kind {
    case .fatal, .misconfigured: stop(for: failure)
    case .transient, .throttled, .unreachable: transient(request, failure)
    case .credentialsExpired: awaitCredentials(repetition(of: request, after: failure))
    case .clockSkew: skewed(request, failure)
    case .sourceChanged: endWhenIdle(entry, .restart(.changedWhileUploading))
    case .noSuchUpload: uploadIsUnknown(request)
    case .invalidParts: partsAreInvalid(request, failure)
    case .alreadyExists: exists(request, failure)
    case .noSuchKey where request.operation == .headObject: checked(entry, nil)
    case .forbidden: forbidden(request, failure)
    case .sourceUnreadable, .rejected, .noSuchKey: refused(request, failure)
    }
  }

  private mutating func transient(_ request: RunRequest, _ failure: Failure) {
    guard stopping == .no else { return }
    if failure.mayHaveTakenEffect, request.operation.storesObject {
      objects[request.entry]?.mayBeStored = true
    }
    let failures = repetition(of: request, after: failure).failures
    if failures < settings(request.entry).retries {
      retry(request, failure)
    } else {
      exhausted(request, failure, attempts: failures + 1)
    }
  }

  /// What goes instead of a request that failed: where an Initiate may have opened an upload, that is looked for
  /// before another one is opened.
  func repetition(of request: RunRequest, after failure: Failure) -> RunRequest {
    guard request.operation == .initiateMultipartUpload, failure.mayHaveTakenEffect,
      let object = objects[request.entry]
    else { return request }
    var search = request
    search.operation = .listMultipartUploads(marker: nil)
    search.failures = Int(object.lostInitiates) - 1
    return search
  }

  /// An object whose request will not succeed fails, once it is certain that it is not stored.
  mutating func giveUp(_ request: RunRequest, _ failure: Failure, attempts: Int) {
    var failure = failure
    if attempts > 1 { failure.message += " (\(attempts) attempts)" }
    if case .completeMultipartUpload = request.operation {
      check(request.entry, otherwise: .fail(failure))
    } else {
      endWhenIdle(request.entry, .fail(failure))
    }
  }

  private mutating func skewed(_ request: RunRequest, _ failure: Failure) {
    guard stopping == .no else { return }
    if request.skews < 3 {
      var request = request
      request.skews += 1
      retryAtOnce(request, failure)
    } else {
      stop(.fatal(failure))
    }
  }

  private mutating func uploadIsUnknown(_ request: RunRequest) {
    let entry = request.entry
    switch request.operation {
    case .abortMultipartUpload: closeIfIdle(entry)
    case .completeMultipartUpload: check(entry, otherwise: .restart(.uploadForgotten))
    case .listParts where objects[entry]?.mayBeStored == true:
      check(entry, otherwise: .restart(.uploadForgotten))
    default: endWhenIdle(entry, .restart(.uploadForgotten))
    }
  }

  /// The service disagrees about the parts: its listing decides, and what differs is sent again. When
  /// it refuses even those that it lists, the upload cannot be saved.
  private mutating func partsAreInvalid(_ request: RunRequest, _ failure: Failure) {
    guard stopping == .no else { return }
    guard case .completeMultipartUpload(let uploadID, _) = request.operation else {
      endWhenIdle(request.entry, .fail(failure))
      return
    }
    if objects[request.entry]?.partsWereInvalid == true {
      endWhenIdle(request.entry, .restart(.partsRefused))
    } else {
      objects[request.entry]?.partsWereInvalid = true
      list(request.entry, uploadID)
    }
  }

  private mutating func exists(_ request: RunRequest, _ failure: Failure) {
    let entry = request.entry
    if objects[entry]?.mayBeStored == true || failure.mayHaveTakenEffect {
      check(entry, otherwise: .exists)
    } else {
      leaveExisting(entry)
    }
  }

  private mutating func forbidden(_ request: RunRequest, _ failure: Failure) {
    let entry = request.entry
    guard stopping == .no, let object = objects[entry] else { return }
    switch request.operation {
    case .listParts where object.mayBeStored: check(entry, otherwise: .useCheckpoint)
    case .listParts: recover(entry, listed: nil)
    case .headObject where object.isBeingConfirmed || object.phase == .looking:
      checked(entry, nil)
    case .listMultipartUploads where object.phase == .searching:
      searchIsForbidden(entry, failure)
    case .listMultipartUploads:
      report(
        .warning(
          entry,
          "an upload may have been left open, and these credentials may not list uploads: "
            + failure.message))
      closeIfIdle(entry)
    default: refused(request, failure)
    }
  }

  /// Permanent for the entry. An Initiate that was refused for certain leaves nothing to resume.
  private mutating func refused(_ request: RunRequest, _ failure: Failure) {
    if case .initiateMultipartUpload = request.operation, let object = objects[request.entry],
      object.lostInitiates == 0
    {
      record(.closed(object.identity))
    }
    endWhenIdle(request.entry, .fail(failure))
  }
}

extension Operation {
  /// When it succeeds, an object is stored.
  fileprivate var storesObject: Bool {
    switch self {
    case .putObject, .completeMultipartUpload: true
    default: false
    }
  }
}
