/// The end of a run, when slots are free and nothing is left to begin: a part that takes far longer than
/// the others goes a second time, on another connection. The first answer counts, and the other request
/// is cancelled. Only parts: the same number with the same bytes may arrive twice, in whatever order,
/// where a Put or a Complete that comes late could undo what came after it.
extension RunMachine {
  /// Nothing else of its target could use a free slot.
  private func isTail(_ lane: Int) -> Bool {
    inspecting == 0 && lanes[lane].isTail(at: now.monotonic)
      && disks.allSatisfy { $0.lane != lane || $0.isEmpty && $0.ahead == 0 }
  }

  /// While slots are free, sends parts again that have been stragglers for longest.
  mutating func dispatchTwins(_ lane: Int) {
    guard isTail(lane) else { return }
    while hasFreeSlot, lanes[lane].maySend(at: now.monotonic), let straggler = nextStraggler(lane),
      straggler.due <= now.monotonic, let first = slots[straggler.id.value],
      lanes[lane].retryBudget.take(at: now.monotonic)
    {
      objects[first.entry]?.requests += 1
      reportTwin(first)
      let second = transmit(first)
      slots[straggler.id.value]?.isTwin = true
      slots[straggler.id.value]?.twin = second
      slots[second.value]?.isTwin = true
      slots[second.value]?.twin = straggler.id
    }
  }

  /// The part in flight that is the first to become a straggler, and when that is.
  private func nextStraggler(_ lane: Int) -> (id: RequestID, due: Int64)? {
    var next: (id: RequestID, due: Int64)?
    for (index, slot) in slots.enumerated() {
      guard let request = slot, !request.isTwin, let bytes = request.partBytes,
        self.lane(of: request.entry) == lane,
        objects[request.entry]?.phase == .transferring,
        let patience = lanes[lane].pace.patience(bytes: bytes)
      else { continue }
      let due = request.sentAt + patience
      if due < next?.due ?? .max { next = (RequestID(index), due) }
    }
    return next
  }

  /// When a part may go a second time that only time keeps from it.
  func stragglerDue(_ lane: Int) -> Int64? {
    let (limiter, inFlight) = (lanes[lane].limiter, lanes[lane].inFlight)
    guard isTail(lane), hasFreeSlot, inFlight < limiter.limit,
      let due = nextStraggler(lane)?.due
    else { return nil }
    return max(
      due, lanes[lane].retryBudget.nextToken(at: now.monotonic) ?? 0,
      limiter.nextSend(inFlight: inFlight) ?? 0)
  }

  // Answers

  /// A request has been answered: its twin, if it has one, is alone from now on.
  mutating func part(from request: RunRequest) {
    if let twin = request.twin { slots[twin.value]?.twin = nil }
  }

  /// The part is stored. What is under way of it besides is not wanted any more.
  mutating func supersede(_ twin: RequestID?) {
    guard let twin, slots[twin.value] != nil else { return }
    slots[twin.value]?.isSuperseded = true
    commands.append(.cancelRequest(twin))
  }

  /// The answer to a request that lost against its twin: whatever it is, its part is stored.
  mutating func supersededAnswered(_ request: RunRequest, _ result: Result<Reply, Failure>) {
    if case .failure(let failure) = result, failure.status == 0 {
      lanes[lane(of: request.entry)].freed += 1
    } else {
      noteAnswer(request, result)
    }
    objects[request.entry]?.requests -= 1
    continueTransfer(request.entry)
  }

  /// Goes on with an object when a part of it has been answered. A request that lost is waited for: so
  /// nothing of an upload is under way any more when it is completed.
  mutating func continueTransfer(_ entry: EntryIndex) {
    guard let object = objects[entry] else { return }
    if object.ending != nil {
      endIfIdle(entry)
    } else if object.phase == .transferring, object.requests == 0,
      object.ledger?.isComplete == true, stopping == .no
    {
      complete(entry)
    }
  }
}

extension Lane {
  fileprivate func isTail(at now: Int64) -> Bool {
    partsInFlight > 0 && ready.isEmpty && urgent.isEmpty && bodiesMayGo(at: now)
  }
}

extension RunRequest {
  /// The bytes of the part that it sends.
  var partBytes: Int? {
    if case .uploadPart(_, _, let range) = operation { range.count } else { nil }
  }
}

extension Failure {
  /// It says nothing of the part itself: where its twin is still under way, that decides.
  var leavesItToTheTwin: Bool {
    switch kind {
    case .transient, .throttled, .unreachable, .credentialsExpired, .clockSkew: true
    default: false
    }
  }
}
