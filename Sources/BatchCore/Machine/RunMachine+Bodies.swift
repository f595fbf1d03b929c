/// Bodies are made ready before their requests have a slot. A slot is for the network: what comes from a slow disk
/// holds one no longer than what comes from a fast one, and what comes from a disk that does not answer holds none. So
/// slots need not be shared out between disks by guesses about their speed: whatever is ready takes the next one.
///
/// (Repeated requests, the second of twins, and Complete are made ready while they have a slot: their sources were read
/// just now. A file system that stops to answer between keeps that slot, until the entry is given up.)
extension RunMachine {
  /// The number of the queue of what an entry, whose source is on this disk, has sent.
  mutating func disk(_ name: UInt64, of entry: EntryIndex) -> UInt32 {
    let lane = lane(of: entry)
    if let known = disks.firstIndex(where: { $0.name == name && $0.lane == lane }) {
      return UInt32(known)
    }
    disks.append(DiskQueue(name: name, lane: lane))
    return UInt32(disks.count - 1)
  }

  /// Bodies that may be read ahead of their turn.
  private func limit(of disk: DiskQueue) -> Int {
    max(1, lanes[disk.lane].limiter.limit / lanes.count)
  }

  /// Has the next bodies of every disk read, as far as its bounds reach.
  mutating func readBodies() {
    guard !isPausedForCredentials else { return }
    for disk in disks.indices where lanes[disks[disk].lane].health.state == .answering {
      let limit = limit(of: disks[disk])
      while let next = disks[disk].next(limit: limit) {
        if next.isPart { readPart(next.item, disk) } else { readPut(next.item, disk) }
      }
    }
  }

  /// A Put that must be on record before it is sent is recorded before it is read: those are many at once, and would
  /// fill the memory.
  private mutating func readPut(_ item: ReadyQueue.Item, _ disk: Int) {
    _ = disks[disk].puts.popFirst()
    let entry = item.entry
    guard let object = objects[entry] else { return }
    if object.isIntended {
      objects[entry]?.isIntended = false
    } else {
      objects[entry]?.beginPut(at: now.wall)
      recordReason(entry)
      let intent = settings(entry).overwrite == .never ? newIntent(entry, object) : nil
      if facts.done(object.identity) != nil {
        objects[entry]?.isReplacing = true
        if let intent { record(.putting(object.identity, intent)) }
        record(.replacing(object.identity), then: .put(entry))
        return
      }
      if let intent { return record(.putting(object.identity, intent), then: .put(entry)) }
    }
    var request = RunRequest(entry: entry, operation: .putObject, source: object.source)
    request.replacesOwn = object.replacesOwn
    read(request, item, disk)
  }

  /// Where nothing may be overwritten, an object that is found must be told from somebody else's even
  /// after a crash: that it may be ours, and with which settings, is durable before it can be. nil: so it is already.
  private mutating func newIntent(_ entry: EntryIndex, _ object: ObjectState) -> PutIntent? {
    guard let intent = facts.puts[object.identity] else {
      return PutIntent(time: now.wall, settings: object.settingsDigest)
    }
    objects[entry]?.intentTime = intent.time
    objects[entry]?.mayBeStored = true
    guard intent.settings != object.settingsDigest else { return nil }
    objects[entry]?.mayHaveOtherSettings = true
    return intent.settings == nil ? nil : PutIntent(time: intent.time, settings: nil)
  }

  /// What had to be on record before a Put is.
  mutating func putIsIntended(_ entry: EntryIndex) {
    guard stopping == .no, objects[entry] != nil else { return }
    objects[entry]?.isIntended = true
    queue(entry)
  }

  /// (The ledger is changed where it lies: a copy of it may be 10,000 parts long.)
  private mutating func readPart(_ item: ReadyQueue.Item, _ disk: Int) {
    let entry = item.entry
    guard objects[entry]?.phase == .transferring, let uploadID = objects[entry]?.uploadID,
      let number = objects[entry]?.ledger?.takeNext(),
      let unsentParts = objects[entry]?.ledger?.unsentCount,
      let unsentBytes = objects[entry]?.ledger?.unsentBytes,
      let plan = objects[entry]?.plan, let source = objects[entry]?.source
    else {
      _ = disks[disk].transfers.popFirst()
      return
    }
    if unsentParts > 0 {
      disks[disk].transfers.updateFirst(remaining: unsentBytes)
    } else {
      _ = disks[disk].transfers.popFirst()
    }
    let part = Operation.uploadPart(
      uploadID: uploadID, number: number, range: plan.range(ofPart: number))
    read(RunRequest(entry: entry, operation: part, source: source), item, disk)
  }

  private mutating func read(_ request: RunRequest, _ item: ReadyQueue.Item, _ disk: Int) {
    objects[request.entry]?.requests += 1
    let body = Body(request: request, item: item, disk: disk)
    disks[disk].began(bytes: body.bytes)
    commands.append(.readBody(bodies.insert(body), request))
  }

  /// A body is there, or cannot be read.
  mutating func bodyRead(_ id: BodyID, _ result: Result<Void, Failure>) {
    if case .success = result, let item = bodies.read(id) {
      lanes[lane(of: item.entry)].ready.insert(item)
      return
    }
    guard let body = bodies.take(id) else { return }
    leave(body)
    guard stopping == .no, case .failure(let failure) = result, body.isWanted else { return }
    objects[body.request.entry]?.requests -= 1
    failed(body.request, failure)
  }

  /// Sends the most urgent of the bodies that have been read; of equally urgent ones that of which most is left.
  mutating func dispatchBody(_ lane: Int) {
    guard let item = lanes[lane].ready.popFirst() else { return }
    let id = bodies.id(at: item.body)
    guard var body = bodies.take(id) else { return }
    leave(body)
    body.request.body = id
    transmit(body.request)
  }

  /// The body is not the disk's any more.
  private mutating func leave(_ body: Body) {
    disks[body.disk].ended(bytes: body.bytes)
    guard body.isWanted, body.request.partBytes != nil,
      let pledged = objects[body.request.entry]?.pledged, pledged > 0
    else { return }
    pledge(body.request.entry, Int(pledged) - 1)
  }

  /// Gives up the bodies of an object that have not been sent. What a disk is still at counts as its until it answers.
  mutating func withdrawBodies(_ entry: EntryIndex) {
    for id in bodies.ids(of: entry) {
      guard let body = bodies.withdraw(id) else { continue }
      objects[entry]?.requests -= 1
      commands.append(.dropBody(id))
      guard body.isRead else { continue }
      leave(body)
      lanes[lane(of: entry)].ready.removeAll { $0.body == id.place }
    }
  }

  /// A disk could read more than it does: for the check that none idles meanwhile.
  package var hasIdleDisk: Bool {
    guard stopping == .no, !isPausedForCredentials, !hasEnded else { return false }
    return disks.contains {
      lanes[$0.lane].health.state == .answering && $0.idles(limit: limit(of: $0))
    }
  }
}
