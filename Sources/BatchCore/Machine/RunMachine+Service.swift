/// How the run treats its service: how much it asks of it, when it asks again, and what it does when
/// nobody answers.
extension RunMachine {
  // Answers

  /// What an answer says of the service, whatever it says of its object.
  mutating func noteAnswer(_ request: RunRequest, _ result: Result<Reply, Failure>) {
    let lane = lane(of: request.entry)
    guard case .failure(let failure) = result else {
      noteServed(lane)
      lanes[lane].retryBudget.succeeded()
      serviceAnswered(request, lane)
      return
    }
    if failure.kind == .throttled {
      throttled(request, failure, lane)
    } else if failure.provesService {
      noteServed(lane)
    } else {
      lanes[lane].freed += 1
    }
    if failure.provesService {
      serviceAnswered(request, lane)
    } else if failure.doubtsService, stopping == .no, !request.isProbe {
      lanes[lane].health.failed(failure, limit: lanes[lane].limiter.limit, at: now.monotonic)
    }
  }

  private mutating func noteServed(_ lane: Int) {
    lanes[lane].freed += 1
    lanes[lane].limiter.answered(
      inFlight: lanes[lane].inFlight + lanes[lane].freed, at: now.monotonic)
  }

  private mutating func throttled(_ request: RunRequest, _ failure: Failure, _ lane: Int) {
    let asked = min(failure.delayMilliseconds ?? 0, RetryPolicy.longestHonouredMilliseconds)
    let pause = Int64(asked) * 1_000_000
    let freed = lanes[lane].freed
    // Those that waited for a connection have not been carried.
    let waiting = max(0, inFlight + freed + 1 - configuration.concurrency)
    lanes[lane].limiter.throttled(
      window: request.window, inFlight: max(0, lanes[lane].inFlight + freed - waiting),
      pause: pause, at: now.monotonic)
    if pause > 0 { lanes[lane].pauses.pause(request.operation, until: now.monotonic + pause) }
  }

  /// It proves that the service was there when the request was sent, or later.
  private mutating func serviceAnswered(_ request: RunRequest, _ lane: Int) {
    let since = lanes[lane].health.failingSince
    if lanes[lane].health.answered(requestOf: request.sentAt) {
      lanes[lane].limiter.restart(at: now.monotonic)
      let seconds = (now.monotonic - (since ?? now.monotonic)) / 1_000_000_000
      report(
        .warning(
          nil, "\(lanes[lane].service) answers again, after \(seconds) s: the run goes on"))
    }
    guard stopping == .no, !lanes[lane].condemned.isEmpty else { return }
    let judged = lanes[lane].condemned.filter { $0.since <= request.sentAt }
    lanes[lane].condemned.removeAll { $0.since <= request.sentAt }
    if !lanes[lane].condemned.isEmpty { lanes[lane].health.doubt(at: now.monotonic) }
    for item in judged where objects.contains(item.request.entry) {
      objects[item.request.entry]?.requests -= 1
      giveUp(item.request, item.failure, attempts: item.attempts)
    }
  }

  // Attempts

  /// The attempts of a request are used up. Whether that is its own fault is known once the service has
  /// answered anything that was sent since the first of them failed.
  mutating func exhausted(_ request: RunRequest, _ failure: Failure, attempts: Int) {
    let lane = lane(of: request.entry)
    if lanes[lane].health.isAway {
      forgive(request, failure)
      return
    }
    if let proof = lanes[lane].health.provenAt, proof > request.failingSince ?? now.monotonic {
      giveUp(request, failure, attempts: attempts)
      return
    }
    objects[request.entry]?.requests += 1
    lanes[lane].condemned.append(
      Lane.Condemned(request: request, failure: failure, attempts: attempts, since: now.monotonic))
    lanes[lane].health.doubt(at: now.monotonic)
  }

  /// The service is away: no attempt that failed of it counts against an entry.
  private mutating func forgiveAttempts(_ lane: Int) {
    for index in lanes[lane].delayed.indices { lanes[lane].delayed[index].request.forgive() }
    lanes[lane].urgent.update { $0.forgive() }
    let forgiven = lanes[lane].condemned
    lanes[lane].condemned = []
    for item in forgiven where objects.contains(item.request.entry) {
      objects[item.request.entry]?.requests -= 1
      forgive(item.request, item.failure)
    }
  }

  private mutating func forgive(_ request: RunRequest, _ failure: Failure) {
    var request = request
    request.forgive()
    // One of them is remembered: it may have opened an upload.
    let lost = objects[request.entry]?.lostInitiates ?? 0
    objects[request.entry]?.lostInitiates = min(1, lost)
    retry(request, failure)
  }

  /// Repeats a request after a backoff. Waiting requests hold no slot.
  mutating func retry(_ request: RunRequest, _ failure: Failure) {
    let lane = lane(of: request.entry)
    var again = repetition(of: request, after: failure)
    again.failingSince = again.failingSince ?? now.monotonic
    again.failures += 1
    objects[request.entry]?.requests += 1
    let delay = policy.delay(afterAttempt: again.failures, requested: failure.delayMilliseconds)
    reportRetry(request.operation, again, failure, delay)
    // While the service is away attempts do not count.
    if lanes[lane].health.isAway { again.forgive() }
    lanes[lane].delayed.append(
      Lane.Delayed(due: now.monotonic + Int64(delay) * 1_000_000, request: again, isRetry: true))
  }

  /// Repeats a request that only had the wrong time.
  mutating func retryAtOnce(_ request: RunRequest, _ failure: Failure) {
    var again = repetition(of: request, after: failure)
    again.failures += 1
    reportRetry(request.operation, again, failure, 0)
    enqueue(again)
  }

  mutating func reportTwin(_ request: RunRequest) {
    var request = request
    request.failures += 1
    let seconds = (now.monotonic - request.sentAt) / 1_000_000_000
    reportRetry(
      request.operation, request,
      Failure(
        .transient,
        "it has taken \(seconds) s, far longer than others: it is also sent on another connection",
        code: "SlowPart"), 0)
  }

  /// `failed` is what did not succeed; something else may go instead of it.
  private mutating func reportRetry(
    _ failed: Operation, _ again: RunRequest, _ failure: Failure, _ delay: Int
  ) {
    summary.retries += 1
    report(
      .retry(
        again.entry, request: failed.name, cause: failure, attempt: again.failures,
        delayMilliseconds: delay))
  }

  // Probes

  /// Asks the target's service whether it is there, when that is due. Any object will do to ask about.
  mutating func probe(_ lane: Int) {
    guard let due = nextProbe(lane), now.monotonic >= due,
      let entry = lanes[lane].condemned.first?.request.entry
        ?? objects.anyEntry(where: { self.lane(of: $0) == lane }),
      let object = objects[entry]
    else { return }
    var request = RunRequest(entry: entry, operation: .headObject, source: object.source)
    request.isProbe = true
    lanes[lane].health.probeIsSent(at: now.monotonic)
    transmit(request)
  }

  mutating func probeAnswered(_ result: Result<Reply, Failure>, _ lane: Int) {
    guard stopping == .no, case .failure(let failure) = result else { return }
    if failure.endsRun {
      stop(for: failure)
    } else if !failure.provesService {
      serviceIsAway(failure, lane)
    }
  }

  /// A slot is free as soon as what is in flight has failed; without an object there is nothing to ask.
  private func nextProbe(_ lane: Int) -> Int64? {
    guard lanes[lane].inFlight < lanes[lane].limiter.limit, hasFreeSlot, lanes[lane].objects > 0,
      !isPausedForCredentials
    else { return nil }
    return lanes[lane].health.nextProbe
  }

  private mutating func serviceIsAway(_ failure: Failure, _ lane: Int) {
    guard lanes[lane].health.state != .answering else { return }
    let isNews = !lanes[lane].health.isAway
    lanes[lane].health.probeFailed(failure, at: now.monotonic, jitter: policy.share())
    guard isNews else { return }
    forgiveAttempts(lane)
    let seconds = lanes[lane].patience(configuration.outageLimit) / 1_000_000_000
    report(
      .warning(
        nil,
        "\(lanes[lane].service) is away: \(failure.message): waiting for it, for at most "
          + "\(seconds) s"))
  }

  /// Ends a run of which nothing is left but what waits for services that have been away for too long: as
  /// long as there is something to do for another target, that is done.
  mutating func checkOutage() {
    guard let lane = lanes.indices.first(where: isOverdue), let cause = lanes[lane].health.cause,
      lanes.indices.allSatisfy({ isOverdue($0) || (lanes.count > 1 && isIdle($0)) })
    else { return }
    if lanes.contains(where: \.health.wasReached) {
      stop(
        .stopped("\(lanes[lane].service) has been away for too long: \(cause.message)"))
    } else {
      stop(.unreachable(cause))
    }
  }

  private func isOverdue(_ lane: Int) -> Bool {
    guard lanes[lane].objects > 0,
      let end = lanes[lane].outageEnd(limit: configuration.outageLimit), now.monotonic >= end
    else { return false }
    // Who was stopped himself has not asked meanwhile: he asks once more.
    let missed = nextProbe(lane).map { now.monotonic - $0 > Self.longestDelay } ?? false
    return !missed && !lanes[lane].health.asks(since: end)
  }

  /// So late a probe may be on a busy machine.
  private static var longestDelay: Int64 { 1_000_000_000 }

  /// Nothing is left to do for the target but what waits for others.
  private func isIdle(_ lane: Int) -> Bool {
    lanes[lane].objects == 0 && lanes[lane].inspecting == 0 && lanes[lane].released.isEmpty
      && lanes[lane].inspectionCursor == outcomes.count && !manifest.entries.isGrowing
  }

  // Time

  /// When something may go that only time keeps from it.
  var serviceWake: Int64? { lanes.indices.compactMap(serviceWake).min() }

  private func serviceWake(_ lane: Int) -> Int64? {
    let time = now.monotonic
    guard lanes[lane].health.state == .answering else {
      // What is overdue waits for the other targets.
      let end = lanes[lane].outageEnd(limit: configuration.outageLimit).flatMap {
        $0 > time ? $0 : nil
      }
      return [nextProbe(lane), end].compactMap(\.self).min()
    }
    var wake = lanes[lane].nextRelease(at: time)
    if let due = stragglerDue(lane) { wake = min(wake ?? .max, due) }
    let bodiesUntil = lanes[lane].pauses.bodiesUntil
    let hasBodies = !lanes[lane].ready.isEmpty
    if hasBodies, !lanes[lane].hasBacklog, bodiesUntil > time {
      wake = min(wake ?? .max, bodiesUntil)
    }
    if hasFreeSlot, !lanes[lane].urgent.isEmpty || (hasBodies && lanes[lane].bodiesMayGo(at: time)),
      let due = lanes[lane].limiter.nextSend(inFlight: lanes[lane].inFlight)
    {
      wake = min(wake ?? .max, due)
    }
    return wake
  }
}

extension RunRequest {
  fileprivate mutating func forgive() {
    failures = 0
    failingSince = nil
  }
}
