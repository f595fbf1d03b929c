/// Which request goes when a slot is free.
extension RunMachine {
  /// Sends what may go while slots are free, to each target what its service carries: urgent requests, then
  /// bodies that have been read. Of several targets the one goes first whose next entry has the higher
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
    standBy()
  }

  /// Hands over requests before a connection is free for them: small bodies, while nothing else is under way that one of
  /// them could wait behind; and with one target only, since of several nobody knows whose connection becomes free
  /// first.
  private mutating func standBy() {
    guard lanes.count == 1, lanes[0].longInFlight == 0, lanes[0].health.state == .answering
    else { return }
    while inFlight < configuration.concurrency + configuration.standby, lanes[0].limiter.isOpen,
      lanes[0].urgent.isEmpty, lanes[0].bodiesMayGo(at: now.monotonic),
      let next = lanes[0].ready.first, next.remaining <= DiskQueue.smallBody
    {
      dispatchBody(0)
    }
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
    return lanes[lane].ready.first?.priority
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
    let body = request.body
    // Sent once more, it is read once more.
    request.body = nil
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
    if request.takesLong { lanes[lane].longInFlight += 1 }
    summary.requests += 1
    lanes[lane].limiter.sent(at: now.monotonic)
    request.body = body
    commands.append(.send(id, request))
    return id
  }
}

extension RunRequest {
  /// A connection may be busy with it for long.
  var takesLong: Bool {
    switch operation {
    case .putObject: source.size > DiskQueue.smallBody
    case .uploadPart, .completeMultipartUpload: true
    default: false
    }
  }
}
