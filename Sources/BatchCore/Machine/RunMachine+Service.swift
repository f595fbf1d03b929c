/// How the run treats its service: how much it asks of it, when it asks again, and what it does when
/// nobody answers.
extension RunMachine {
  /// Requests of one kind pause together when the service asks for a pause.
  struct Pauses: Sendable {
    private var bodies: Int64 = 0
    private var others: Int64 = 0

    func until(_ operation: Operation) -> Int64 { operation.sendsBody ? bodies : others }
    var bodiesUntil: Int64 { bodies }

    mutating func pause(_ operation: Operation, until due: Int64) {
      if operation.sendsBody { bodies = max(bodies, due) } else { others = max(others, due) }
    }
  }

  /// A request whose attempts are used up. It fails its entry only if the service turns out to be there.
  struct Condemned: Sendable {
    var request: RunRequest
    var failure: Failure
    var attempts: Int
    var since: Int64
  }

  // Answers

  /// What an answer says of the service, whatever it says of its object.
  mutating func noteAnswer(_ request: RunRequest, _ result: Result<Reply, Failure>) {
    let time = now.monotonic
    guard case .failure(let failure) = result else {
      freed += 1
      limiter.answered(inFlight: inFlight + freed, at: time)
      retryBudget.succeeded()
      serviceAnswered(request)
      return
    }
    if failure.kind == .throttled {
      throttled(request, failure)
    } else {
      freed += 1
      if failure.provesService { limiter.answered(inFlight: inFlight + freed, at: time) }
    }
    if failure.provesService {
      serviceAnswered(request)
    } else if failure.doubtsService, stopping == .no, !request.isProbe {
      health.failed(failure, limit: limiter.limit, at: time)
    }
  }

  private mutating func throttled(_ request: RunRequest, _ failure: Failure) {
    let asked = min(failure.delayMilliseconds ?? 0, RetryPolicy.longestHonouredMilliseconds)
    let pause = Int64(asked) * 1_000_000
    limiter.throttled(
      window: request.window, inFlight: inFlight + freed, pause: pause, at: now.monotonic)
    if pause > 0 { pauses.pause(request.operation, until: now.monotonic + pause) }
  }

  /// It proves that the service was there when the request was sent, or later.
  private mutating func serviceAnswered(_ request: RunRequest) {
    let since = health.failingSince
    if health.answered(requestOf: request.sentAt) {
      limiter.restart(at: now.monotonic)
      let seconds = (now.monotonic - (since ?? now.monotonic)) / 1_000_000_000
      report(.warning(nil, "the service answers again, after \(seconds) s: the run goes on"))
    }
    guard stopping == .no else { return }
    let judged = condemned.filter { $0.since <= request.sentAt }
    condemned.removeAll { $0.since <= request.sentAt }
    if !condemned.isEmpty { health.doubt(at: now.monotonic) }
    for item in judged where objects[item.request.entry] != nil {
      objects[item.request.entry]?.requests -= 1
      giveUp(item.request, item.failure, attempts: item.attempts)
    }
  }

  // Attempts

  /// The attempts of a request are used up. Whether that is its own fault is known once the service has
  /// answered anything that was sent since the first of them failed.
  mutating func exhausted(_ request: RunRequest, _ failure: Failure, attempts: Int) {
    if health.isAway {
      var request = request
      request.forgive()
      retry(request, failure)
      return
    }
    if let proof = health.provenAt, proof > request.failingSince ?? now.monotonic {
      giveUp(request, failure, attempts: attempts)
      return
    }
    objects[request.entry]?.requests += 1
    condemned.append(
      Condemned(request: request, failure: failure, attempts: attempts, since: now.monotonic))
    health.doubt(at: now.monotonic)
  }

  /// The service is away: no attempt that failed of it counts against an entry.
  private mutating func forgiveAttempts() {
    for index in delayed.indices { delayed[index].request.forgive() }
    urgent.update { $0.forgive() }
    let forgiven = condemned
    condemned = []
    for item in forgiven where objects[item.request.entry] != nil {
      objects[item.request.entry]?.requests -= 1
      var request = item.request
      request.forgive()
      retry(request, item.failure)
    }
  }

  /// Repeats a request after a backoff. Waiting requests hold no slot.
  mutating func retry(_ request: RunRequest, _ failure: Failure) {
    var request = request
    request.failingSince = request.failingSince ?? now.monotonic
    request.failures += 1
    objects[request.entry]?.requests += 1
    let delay = policy.delay(
      afterAttempt: request.failures, requested: failure.delayMilliseconds)
    reportRetry(request, failure, delay)
    // While the service is away attempts do not count.
    if health.isAway { request.forgive() }
    delayed.append(
      Delayed(due: now.monotonic + Int64(delay) * 1_000_000, request: request, isRetry: true))
  }

  /// Repeats a request that only had the wrong time.
  mutating func retryAtOnce(_ request: RunRequest, _ failure: Failure) {
    var request = request
    request.failures += 1
    reportRetry(request, failure, 0)
    enqueue(request)
  }

  mutating func reportTwin(_ request: RunRequest) {
    var request = request
    request.failures += 1
    let seconds = (now.monotonic - request.sentAt) / 1_000_000_000
    reportRetry(
      request,
      Failure(
        .transient,
        "it has taken \(seconds) s, far longer than others: it is also sent on another connection",
        code: "SlowPart"), 0)
  }

  private mutating func reportRetry(_ request: RunRequest, _ failure: Failure, _ delay: Int) {
    summary.retries += 1
    report(
      .retry(
        request.entry, request: request.operation.name, cause: failure,
        attempt: request.failures, delayMilliseconds: delay))
  }

  /// Lets go again what has waited long enough, as far as the retry budget reaches.
  mutating func releaseDelayed() {
    guard !delayed.isEmpty, health.state == .answering else { return }
    let time = now.monotonic
    var waiting: [Delayed] = []
    for item in delayed {
      if item.due <= time, !item.isRetry || retryBudget.take(at: time) {
        urgent.append(item.request)
      } else {
        waiting.append(item)
      }
    }
    delayed = waiting
  }

  /// So many requests wait to be repeated that further bodies would only fail, too.
  var hasBacklog: Bool { delayed.count >= Self.patience * limiter.limit }

  var bodiesMayGo: Bool { !hasBacklog && now.monotonic >= pauses.bodiesUntil }

  /// A request that may not go yet for a pause of its kind waits without a slot.
  mutating func postpone(_ request: RunRequest) -> Bool {
    let due = pauses.until(request.operation)
    guard now.monotonic < due else { return false }
    delayed.append(Delayed(due: due, request: request, isRetry: false))
    return true
  }

  // Probes

  /// Asks the service whether it is there, when that is due. Any object will do to ask about.
  mutating func probe() {
    guard let due = nextProbe, now.monotonic >= due,
      let entry = condemned.first?.request.entry ?? objects.anyEntry,
      let object = objects[entry]
    else { return }
    var request = RunRequest(entry: entry, operation: .headObject, source: object.source)
    request.isProbe = true
    health.probeIsSent()
    transmit(request)
  }

  mutating func probeAnswered(_ result: Result<Reply, Failure>) {
    guard stopping == .no, case .failure(let failure) = result else { return }
    if failure.kind == .fatal {
      stop(.fatal(failure))
    } else if !failure.provesService {
      serviceIsAway(failure)
    }
  }

  /// A slot is free as soon as what is in flight has failed; without an object there is nothing to ask.
  private var nextProbe: Int64? {
    guard inFlight < limiter.limit, !objects.isEmpty, !isPausedForCredentials else { return nil }
    return health.nextProbe
  }

  private mutating func serviceIsAway(_ failure: Failure) {
    guard health.state != .answering else { return }
    let isNews = !health.isAway
    health.probeFailed(failure, at: now.monotonic, jitter: policy.share())
    guard isNews else { return }
    forgiveAttempts()
    let limit = health.wasReached ? configuration.outageLimit : Self.unreachableLimit
    report(
      .warning(
        nil,
        "the service is away: \(failure.message): waiting for it, for at most "
          + "\(limit / 1_000_000_000) s"))
  }

  /// Ends a run whose service has been away for too long.
  mutating func checkOutage() {
    guard let due = outageEnd, now.monotonic >= due, let cause = health.cause else { return }
    if health.wasReached {
      stop(.stopped("the service has been away for too long: \(cause.message)"))
    } else {
      stop(.unreachable(cause))
    }
  }

  private var outageEnd: Int64? {
    guard health.isAway, let since = health.failingSince else { return nil }
    return since + (health.wasReached ? configuration.outageLimit : Self.unreachableLimit)
  }

  // Time

  /// When something may go that only time keeps from it.
  var serviceWake: Int64? {
    guard health.state == .answering else {
      return [nextProbe, outageEnd].compactMap(\.self).min()
    }
    var wake: Int64?
    if let due = delayed.lazy.map(\.due).min() {
      // What is due and still waits, waits for the retry budget.
      wake = due > now.monotonic ? due : retryBudget.nextToken(at: now.monotonic)
      if due <= now.monotonic,
        let next = delayed.lazy.map(\.due).filter({ $0 > now.monotonic }).min()
      {
        wake = min(wake ?? .max, next)
      }
    }
    if let due = stragglerDue { wake = min(wake ?? .max, due) }
    let hasBodies = !puts.isEmpty || !transfers.isEmpty
    if hasBodies, !hasBacklog, pauses.bodiesUntil > now.monotonic {
      wake = min(wake ?? .max, pauses.bodiesUntil)
    }
    if !urgent.isEmpty || (hasBodies && bodiesMayGo),
      let due = limiter.nextSend(inFlight: inFlight)
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

extension Operation {
  var sendsBody: Bool {
    switch self {
    case .putObject, .uploadPart: true
    default: false
    }
  }
}
