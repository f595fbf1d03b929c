/// Which request goes when a slot is free.
extension RunMachine {
  /// Sends what may go while slots are free: urgent requests, then whatever has most bytes left.
  mutating func dispatch() {
    guard !isPausedForCredentials, health.state == .answering else { return }
    while limiter.maySend(inFlight: inFlight, at: now.monotonic) {
      if let request = urgent.first {
        urgent.removeFirst()
        if !postpone(request) { transmit(request) }
      } else if !dispatchBody(), !dispatchTwin() {
        break
      }
    }
  }

  private mutating func dispatchBody() -> Bool {
    guard bodiesMayGo else { return false }
    switch (transfers.first, puts.first) {
    case (nil, nil): return false
    case (let part?, let put?) where part.precedes(put): dispatchPart(part)
    case (let part?, nil): dispatchPart(part)
    case (_, let put?): dispatchPut(put)
    }
    return true
  }

  /// Has the bodies read whose requests go as soon as a slot is free. Those that wait for a record first are many
  /// at once, and would fill the memory.
  mutating func readAhead() {
    guard !isPausedForCredentials, health.state == .answering else { return }
    for entry in puts.chooseAhead(limit: limiter.limit) {
      guard let object = objects[entry], facts.done(object.identity) == nil,
        settings(entry).overwrite != .never
      else { continue }
      commands.append(.readAhead(entry, object.source))
    }
  }

  private mutating func dispatchPut(_ item: ReadyQueue.Item) {
    puts.removeFirst()
    let entry = item.entry
    guard let identity = objects[entry]?.identity else { return }
    objects[entry]?.phase = .busy
    objects[entry]?.intentTime = now.wall
    objects[entry]?.mayHaveReplaced = true
    recordReason(entry)
    if facts.done(identity) != nil {
      record(.replacing(identity), then: .put(entry))
    } else if settings(entry).overwrite == .never {
      intendPut(entry, identity)
    } else {
      enqueue(.putObject, for: entry)
    }
  }

  /// Where nothing may be overwritten, an object that is found must be told from somebody else's even
  /// after a crash: that it may be ours is durable before it can be.
  private mutating func intendPut(_ entry: EntryIndex, _ identity: EntryIdentity) {
    guard let time = facts.puts[identity] else {
      record(.putting(identity, time: now.wall), then: .put(entry))
      return
    }
    objects[entry]?.intentTime = time
    objects[entry]?.mayBeStored = true
    enqueue(.putObject, for: entry)
  }

  /// (The ledger is changed where it lies: a copy of it may be 10,000 parts long.)
  private mutating func dispatchPart(_ item: ReadyQueue.Item) {
    let entry = item.entry
    guard objects[entry]?.phase == .transferring, let uploadID = objects[entry]?.uploadID,
      let number = objects[entry]?.ledger?.takeNext(),
      let unsentParts = objects[entry]?.ledger?.unsentCount,
      let unsentBytes = objects[entry]?.ledger?.unsentBytes,
      let plan = objects[entry]?.plan, let source = objects[entry]?.source
    else {
      _ = transfers.popFirst()
      return
    }
    pledge(entry, unsentParts)
    if unsentParts > 0 {
      transfers.updateFirst(remaining: unsentBytes)
    } else {
      _ = transfers.popFirst()
    }
    let part = Operation.uploadPart(
      uploadID: uploadID, number: number, range: plan.range(ofPart: number))
    enqueue(RunRequest(entry: entry, operation: part, source: source))
  }

  /// Counts a request as its object's and puts it at the end of the urgent ones.
  mutating func enqueue(_ request: RunRequest) {
    objects[request.entry]?.requests += 1
    urgent.append(request)
  }

  /// The object's own next request, with nothing else of it under way.
  mutating func enqueue(_ operation: Operation, for entry: EntryIndex) {
    guard let object = objects[entry] else { return }
    var request = RunRequest(entry: entry, operation: operation, source: object.source)
    request.replacesOwn = object.replacesOwn
    enqueue(request)
  }

  @discardableResult
  mutating func transmit(_ request: RunRequest) -> RequestID {
    var request = request
    request.credentials = credentialsGeneration
    request.window = limiter.window
    request.sentAt = now.monotonic
    request.isTwin = false
    request.twin = nil
    let id: RequestID
    if let free = freeSlots.popLast() {
      id = free
      slots[id.value] = request
    } else {
      id = RequestID(slots.count)
      slots.append(request)
    }
    inFlight += 1
    if request.partBytes != nil { partsInFlight += 1 }
    summary.requests += 1
    limiter.sent(at: now.monotonic)
    commands.append(.send(id, request))
    return id
  }
}
