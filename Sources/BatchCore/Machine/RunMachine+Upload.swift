internal import Checksum

/// The life of a multipart upload: opened or found again, filled, completed; or closed.
extension RunMachine {
  /// Opens uploads ahead of need, the largest first, so that parts are ready when slots become free;
  /// no more than that, so that an interrupted run leaves few uploads open.
  mutating func activate() {
    for disk in disks.indices { activate(from: disk) }
  }

  /// Each disk has uploads of its own ahead: parts that it does not give make no slot busy.
  private mutating func activate(from disk: Int) {
    while let next = disks[disk].candidates.first,
      disks[disk].pledgedParts(atLeast: next.priority) < configuration.concurrency
    {
      if let put = disks[disk].puts.first, put.priority > next.priority,
        disks[disk].puts.count >= configuration.concurrency
      {
        break
      }
      _ = disks[disk].candidates.popFirst()
      activate(next.entry)
    }
  }

  private mutating func activate(_ entry: EntryIndex) {
    guard let object = objects[entry] else { return }
    objects[entry]?.phase = .busy
    // What is resumed may have little to send, and knows only after its proof: others go on.
    pledge(entry, object.resumes || object.plan.partSize == nil ? 1 : object.plan.partCount)
    guard case .upload(let previous) = object.previous else {
      begin(entry)
      return
    }
    objects[entry]?.previous = ObjectState.Previous.none
    objects[entry]?.intentTime = previous.intent.time
    objects[entry]?.uploadID = previous.uploadID
    guard let uploadID = previous.uploadID else {
      enqueue(.listMultipartUploads(marker: nil), for: entry)
      return
    }
    if case .completing = previous.phase { objects[entry]?.mayBeStored = true }
    if object.resumes {
      list(entry, uploadID)
    } else {
      enqueue(.abortMultipartUpload(uploadID: uploadID), for: entry)
    }
  }

  /// How many parts of this object are work ahead: not sent, and not given up.
  mutating func pledge(_ entry: EntryIndex, _ parts: Int) {
    guard let before = objects[entry]?.pledged, let disk = objects[entry]?.disk, before != parts
    else { return }
    objects[entry]?.pledged = Int32(parts)
    disks[Int(disk)].pledgedParts[manifest.entries.priority(entry), default: 0] +=
      parts - Int(before)
  }

  /// Starts sending an object of which nothing is at the service.
  mutating func begin(_ entry: EntryIndex) {
    objects[entry]?.intentTime = now.wall
    guard let object = objects[entry] else { return }
    guard let partSize = object.plan.partSize else {
      pledge(entry, 0)
      objects[entry]?.phase = .waiting
      queue(entry)
      return
    }
    objects[entry]?.phase = .busy
    objects[entry]?.uploadID = nil
    objects[entry]?.ledger = nil
    recordReason(entry)
    record(.intent(object.identity, intent(entry, object, partSize)), then: .initiate(entry))
  }

  private func intent(
    _ entry: EntryIndex, _ object: ObjectState, _ partSize: Int
  ) -> UploadIntent {
    let target = manifest.targets[manifest.entries.target(entry)]
    return UploadIntent(
      fingerprint: object.fingerprint, partSize: partSize, target: target.name,
      bucket: target.bucket, key: manifest.entries.key(entry), time: object.intentTime)
  }

  private mutating func beginCheckpoint(_ entry: EntryIndex, _ uploadID: String) {
    guard let object = objects[entry], let partSize = object.plan.partSize else { return }
    commands.append(
      .beginCheckpoint(
        object.identity, intent(entry, object, partSize), uploadID: uploadID))
  }

  mutating func initiated(_ entry: EntryIndex, _ uploadID: String) {
    guard let object = objects[entry] else { return }
    objects[entry]?.uploadID = uploadID
    objects[entry]?.ledger = PartLedger(plan: object.plan)
    beginCheckpoint(entry, uploadID)
    record(.opened(object.identity, uploadID: uploadID), then: .transfer(entry))
  }

  mutating func beginTransfer(_ entry: EntryIndex) {
    guard let object = objects[entry], let ledger = object.ledger else { return }
    pledge(entry, ledger.unsentCount)
    if object.ending != nil {
      endIfIdle(entry)
    } else if ledger.isComplete {
      complete(entry)
    } else {
      objects[entry]?.phase = .transferring
      disks[Int(object.disk)].transfers.insert(
        ReadyQueue.Item(
          priority: manifest.entries.priority(entry), remaining: ledger.unsentBytes, entry: entry))
    }
  }

  mutating func complete(_ entry: EntryIndex) {
    guard let object = objects[entry], let ledger = object.ledger else { return }
    objects[entry]?.phase = .busy
    objects[entry]?.mayHaveReplaced = true
    record(.completing(object.identity, crc64: ledger.combinedChecksum), then: .complete(entry))
  }

  mutating func sendComplete(_ entry: EntryIndex) {
    guard let object = objects[entry], let uploadID = object.uploadID, let ledger = object.ledger
    else { return }
    enqueueUnlessStopping(
      .completeMultipartUpload(uploadID: uploadID, parts: ledger.completedParts), entry)
  }

  // Resume

  mutating func list(_ entry: EntryIndex, _ uploadID: String) {
    objects[entry]?.phase = .listing([])
    enqueue(.listParts(uploadID: uploadID, marker: 0), for: entry)
  }

  mutating func listed(_ entry: EntryIndex, _ page: PartsPage) {
    guard case .listing(var parts)? = objects[entry]?.phase else { return }
    // Held in one place, they grow without being copied for every page.
    objects[entry]?.phase = .busy
    parts += page.parts
    guard let object = objects[entry] else { return }
    if let marker = page.nextMarker, let uploadID = object.uploadID {
      objects[entry]?.phase = .listing(parts)
      enqueueUnlessStopping(.listParts(uploadID: uploadID, marker: marker), entry)
    } else if parts.contains(where: { $0.crc64 == nil }) {
      recover(entry, listed: parts)
    } else {
      prove(entry, object, parts)
    }
  }

  /// Asks the checkpoint for the checksums that the listing lacks, or instead of a listing.
  mutating func recover(_ entry: EntryIndex, listed: [ListedPart]?) {
    guard stopping == .no, let object = objects[entry], let uploadID = object.uploadID else {
      return
    }
    objects[entry]?.phase = .recovering(listed)
    commands.append(.loadCheckpoint(entry, object.identity, uploadID: uploadID))
  }

  mutating func recovered(_ entry: EntryIndex, _ parts: [CheckpointPart]) {
    guard let object = objects[entry], case .recovering(let listed) = object.phase else { return }
    guard let listed else {
      prove(entry, object, remembered(parts, object))
      return
    }
    let checksums = Dictionary(
      parts.map { ($0.number, $0) }, uniquingKeysWith: { _, newer in newer })
    prove(
      entry, object,
      listed.map { part in
        guard part.crc64 == nil, let known = checksums[part.number], known.etag == part.etag
        else { return part }
        var part = part
        part.crc64 = known.crc64
        return part
      })
  }

  /// The checkpoint's parts as if they had been listed.
  private func remembered(_ parts: [CheckpointPart], _ object: ObjectState) -> [ListedPart] {
    parts.compactMap { part -> ListedPart? in
      guard part.crc64 != nil, (1...object.plan.partCount).contains(part.number) else { return nil }
      return ListedPart(
        number: part.number, size: object.plan.range(ofPart: part.number).count, etag: part.etag,
        crc64: part.crc64)
    }
  }

  /// Reads the local ranges of all listed parts that have the planned size.
  private mutating func prove(
    _ entry: EntryIndex, _ object: ObjectState, _ listed: [ListedPart]
  ) {
    guard stopping == .no else { return }
    var newest: [Int: ListedPart] = [:]
    for part in listed
    where (1...object.plan.partCount).contains(part.number)
      && part.size == object.plan.range(ofPart: part.number).count
    {
      newest[part.number] = part
    }
    let candidates = newest.values.sorted { $0.number < $1.number }
    objects[entry]?.phase = .proving(candidates)
    commands.append(
      .hash(
        entry, ranges: candidates.map { object.plan.range(ofPart: $0.number) },
        source: object.source, withMD5: candidates.contains { $0.crc64 == nil }))
  }

  mutating func proved(_ entry: EntryIndex, _ listed: [ListedPart], _ digests: [RangeDigest]) {
    guard let object = objects[entry], let uploadID = object.uploadID else { return }
    var ledger = PartLedger(plan: object.plan)
    var bytesKept = 0
    beginCheckpoint(entry, uploadID)
    for (part, digest) in zip(listed, digests) where part.isProved(by: digest) {
      ledger.store(part.number, etag: part.etag, crc64: digest.crc64)
      bytesKept += part.size
      commands.append(
        .checkpointPart(
          object.identity,
          CheckpointPart(number: part.number, etag: part.etag, crc64: digest.crc64)))
    }
    objects[entry]?.ledger = ledger
    if object.resumes, !object.isResumed {
      objects[entry]?.isResumed = true
      summary.partsKept += ledger.storedCount
      summary.bytesKept += bytesKept
      report(
        .resumed(
          entry, partsKept: ledger.storedCount, parts: ledger.count, bytesKept: bytesKept))
    }
    beginTransfer(entry)
  }

  // Strays: uploads of which Initiate's answer was lost

  /// Every upload of exactly this key that began since the intent can only be ours.
  mutating func found(_ entry: EntryIndex, _ page: UploadsPage) {
    guard let object = objects[entry] else { return }
    if object.phase == .searching {
      searched(entry, object, page)
      return
    }
    let key = manifest.entries.key(entry)
    if !object.listsAgain, page.isVague(of: key, since: object.intentTime) {
      objects[entry]?.listsAgain = true
      enqueue(.listMultipartUploads(marker: nil), for: entry)
      return
    }
    for uploadID in page.strays(of: key, since: object.intentTime) {
      enqueue(.abortMultipartUpload(uploadID: uploadID), for: entry)
    }
    for warning in page.warnings(ofDoubtful: key, since: object.intentTime) {
      report(.warning(entry, warning))
    }
    if let next = page.next, ExactText(next.key) == ExactText(key) {
      enqueue(.listMultipartUploads(marker: next), for: entry)
    } else {
      closeIfIdle(entry)
    }
  }

  /// With no request left the old upload, or the strays, are gone: that becomes a record.
  mutating func closeIfIdle(_ entry: EntryIndex) {
    guard let object = objects[entry], object.requests == 0 else { return }
    if object.phase == .searching {
      confirm(entry, object)
      return
    }
    if object.ending != nil {
      endIfIdle(entry)
      return
    }
    record(.closed(object.identity), then: .closed(entry))
  }

  mutating func uploadIsClosed(_ entry: EntryIndex) {
    guard let object = objects[entry] else { return }
    commands.append(.removeCheckpoint(object.identity))
    objects[entry]?.uploadID = nil
    objects[entry]?.ledger = nil
    // (What a Put may have stored is there, whatever becomes of it.)
    if object.plan.partSize != nil { objects[entry]?.mayBeStored = false }
    objects[entry]?.isCompleted = false
    objects[entry]?.partsWereInvalid = false
    switch object.afterClosing {
    case .begin:
      guard stopping == .no else { return }
      objects[entry]?.resumes = false
      if object.sourceChanged { inspectAgain(entry) } else { begin(entry) }
    case .unchanged(.exists): existingStays(entry)
    case .unchanged(let reason):
      if let fact = facts.done(object.identity), facts.failures[object.identity] != nil {
        record(.done(object.identity, fact), then: .recorded(entry, reason))
      } else {
        becameUnchanged(entry, object.identity, reason)
      }
    case .fail(let failure): recordFailure(entry, object.identity, failure)
    }
  }

  mutating func inspectAgain(_ entry: EntryIndex) {
    pledge(entry, 0)
    objects[entry]?.sourceChanged = false
    commands.append(.release(entry))
    commands.append(.inspect(entry))
  }
}

extension ListedPart {
  /// The service's part is the local range: by CRC64, else by the MD5 that a part's ETag is.
  fileprivate func isProved(by digest: RangeDigest) -> Bool {
    if let crc64 { return crc64 == digest.crc64 }
    return etag.filter { $0 != "\"" }.uppercased() == digest.md5
  }
}
