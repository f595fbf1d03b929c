/// One target of the run: what its service carries, whether it is there, and all that waits for it. Each target has
/// its own, since each may have a service of its own: one that is away, or asks for less, keeps no other from being
/// used. The slots are shared: see `RunMachine.dispatch`.
struct Lane: Sendable {
  /// The target's name; empty where there is one target.
  let name: String

  // What its service carries

  var limiter: ConcurrencyLimiter
  var retryBudget: RetryBudget
  var health = ServiceHealth()
  var pauses = Pauses()
  var condemned: [Condemned] = []
  /// Answers since requests were last sent, but for throttled ones: they come in batches, and the slots
  /// that they leave are as good as in use.
  var freed = 0
  var inFlight = 0
  var partsInFlight = 0
  /// Those that a connection may be busy with for long.
  var longInFlight = 0
  var pace = PartPace()

  // Its entries

  /// The next entry to inspect: none of its own is before it that has not been.
  var inspectionCursor = 0
  /// Inspections under way.
  var inspecting = 0
  /// Entries that wait no more and are to be looked at again.
  var released = Queue<EntryIndex>()
  /// Entries between their inspection and their outcome.
  var objects = 0

  // What waits

  /// Bodies that have been read, and go as soon as there is a slot.
  var ready = ReadyQueue()
  /// Requests that go before all others: each unlocks or repeats something.
  var urgent = Queue<RunRequest>()
  var delayed: [Delayed] = []

  init(name: String, concurrency: Int) {
    self.name = name
    limiter = ConcurrencyLimiter(budget: concurrency)
    retryBudget = RetryBudget(concurrency: concurrency)
  }

  /// So many requests wait to be repeated that further bodies would only fail, too.
  var hasBacklog: Bool { delayed.count >= RunMachine.patience * limiter.limit }

  func bodiesMayGo(at now: Int64) -> Bool { !hasBacklog && now >= pauses.bodiesUntil }

  /// A request may go, as far as its service is concerned.
  func maySend(at now: Int64) -> Bool {
    health.state == .answering && limiter.maySend(inFlight: inFlight, at: now)
  }

  /// The service, as a sentence names it.
  var service: String { name.isEmpty ? "the service" : "the service of target \(name)" }
}

extension Lane {
  /// A request that waits for its time.
  struct Delayed: Sendable {
    var due: Int64
    var request: RunRequest
    /// It has failed: to send it again takes from the retry budget.
    var isRetry: Bool
  }

  /// A request whose attempts are used up. It fails its entry only if the service turns out to be there.
  struct Condemned: Sendable {
    var request: RunRequest
    var failure: Failure
    var attempts: Int
    var since: Int64
  }

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

  /// Takes an entry's requests back that have not been sent, and says how many they were.
  mutating func withdraw(_ entry: EntryIndex) -> Int {
    let waiting = delayed.count + urgent.count + condemned.count
    delayed.removeAll { $0.request.entry == entry }
    urgent.removeAll { $0.entry == entry }
    condemned.removeAll { $0.request.entry == entry }
    return waiting - delayed.count - urgent.count - condemned.count
  }

  /// Lets go again what has waited long enough, as far as the retry budget reaches.
  mutating func releaseDelayed(at time: Int64) {
    guard !delayed.isEmpty, health.state == .answering else { return }
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

  /// A request that may not go yet for a pause of its kind waits without a slot.
  mutating func postpone(_ request: RunRequest, at time: Int64) -> Bool {
    let due = pauses.until(request.operation)
    guard time < due else { return false }
    delayed.append(Delayed(due: due, request: request, isRetry: false))
    return true
  }

  /// When something may be repeated that only time, or the retry budget, keeps from it.
  func nextRelease(at time: Int64) -> Int64? {
    guard let due = delayed.lazy.map(\.due).min() else { return nil }
    guard due <= time else { return due }
    // What is due and still waits, waits for the retry budget.
    let later = delayed.lazy.map(\.due).filter { $0 > time }.min()
    return [retryBudget.nextToken(at: time), later].compactMap(\.self).min()
  }

  /// When the run has waited for too long for this service, which is away.
  func outageEnd(limit: Int64) -> Int64? {
    guard health.isAway, let since = health.failingSince else { return nil }
    return since + patience(limit)
  }

  /// Nanoseconds for which the service is waited for, with `limit` for one that was ever there.
  func patience(_ limit: Int64) -> Int64 {
    health.wasReached ? limit : min(limit, RunMachine.unreachableLimit)
  }
}

extension Operation {
  package var sendsBody: Bool {
    switch self {
    case .putObject, .uploadPart: true
    default: false
    }
  }
}
