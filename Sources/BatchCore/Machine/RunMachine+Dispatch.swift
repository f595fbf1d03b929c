/// Which request goes when a slot is free.
extension RunMachine {
  /// Sends what may go while slots are free, to each target what its service carries: urgent requests, then
  /// whatever has most bytes left. Of several targets the one goes first whose next entry has the higher
  /// priority, then the one with fewer requests in flight: so none holds the slots of the others by being slow.
  mutating func dispatch() {
    guard !isPausedForCredentials else { return }
    while hasFreeSlot, let lane = nextLane {
      if let request = lanes[lane].urgent.first {
        lanes[lane].urgent.removeFirst()
        if !lanes[lane].postpone(request, at: now.monotonic) { transmit(request) }
      } else {
        dispatchBody(lane)
      }
    }
    for lane in lanes.indices { dispatchTwins(lane) }
  }

  private var nextLane: Int? {
    var next: (lane: Int, priority: Int)?
    for lane in lanes.indices {
      guard let priority = nextPriority(lane) else { continue }
      if let best = next,
        (best.priority, -lanes[best.lane].inFlight) >= (priority, -lanes[lane].inFlight)
      {
        continue
      }
      next = (lane, priority)
    }
    return next?.lane
  }

  /// The priority of the entry that the lane would send something of; nil: nothing may go.
  private func nextPriority(_ lane: Int) -> Int? {
    guard lanes[lane].maySend(at: now.monotonic) else { return nil }
    if let request = lanes[lane].urgent.first { return manifest.entries.priority(request.entry) }
    guard lanes[lane].bodiesMayGo(at: now.monotonic) else { return nil }
    switch (lanes[lane].transfers.first, lanes[lane].puts.first) {
    case (nil, nil): return nil
    case (let part?, let put?): return max(part.priority, put.priority)
    case (let item?, nil), (nil, let item?): return item.priority
    }
  }

  private mutating func dispatchBody(_ lane: Int) {
    switch (lanes[lane].transfers.first, lanes[lane].puts.first) {
    case (nil, nil): break
    case (let part?, let put?) where part.precedes(put): dispatchPart(part, lane)
    case (let part?, nil): dispatchPart(part, lane)
    case (_, let put?): dispatchPut(put, lane)
    }
  }

  /// Has the bodies read whose requests go as soon as a slot is free. Those that wait for a record first are many
  /// at once, and would fill the memory.
  mutating func readAhead() {
    guard !isPausedForCredentials else { return }
    for lane in lanes.indices where lanes[lane].health.state == .answering {
      let limit = max(1, lanes[lane].limiter.limit / lanes.count)
      for entry in lanes[lane].puts.chooseAhead(limit: limit) {
        guard let object = objects[entry], facts.done(object.identity) == nil,
          settings(entry).overwrite != .never
        else { continue }
        commands.append(.readAhead(entry, object.source))
      }
    }
  }

  private mutating func dispatchPut(_ item: ReadyQueue.Item, _ lane: Int) {
    lanes[lane].puts.removeFirst()
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
  private mutating func dispatchPart(_ item: ReadyQueue.Item, _ lane: Int) {
    let entry = item.entry
    guard objects[entry]?.phase == .transferring, let uploadID = objects[entry]?.uploadID,
      let number = objects[entry]?.ledger?.takeNext(),
      let unsentParts = objects[entry]?.ledger?.unsentCount,
      let unsentBytes = objects[entry]?.ledger?.unsentBytes,
      let plan = objects[entry]?.plan, let source = objects[entry]?.source
    else {
      _ = lanes[lane].transfers.popFirst()
      return
    }
    pledge(entry, unsentParts)
    if unsentParts > 0 {
      lanes[lane].transfers.updateFirst(remaining: unsentBytes)
    } else {
      _ = lanes[lane].transfers.popFirst()
    }
    let part = Operation.uploadPart(
      uploadID: uploadID, number: number, range: plan.range(ofPart: number))
    enqueue(RunRequest(entry: entry, operation: part, source: source))
  }

  /// Counts a request as its object's and puts it at the end of the urgent ones of its target.
  mutating func enqueue(_ request: RunRequest) {
    objects[request.entry]?.requests += 1
    lanes[lane(of: request.entry)].urgent.append(request)
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
    let lane = lane(of: request.entry)
    request.window = lanes[lane].limiter.window
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
    lanes[lane].inFlight += 1
    if request.partBytes != nil { lanes[lane].partsInFlight += 1 }
    summary.requests += 1
    lanes[lane].limiter.sent(at: now.monotonic)
    commands.append(.send(id, request))
    return id
  }
}
