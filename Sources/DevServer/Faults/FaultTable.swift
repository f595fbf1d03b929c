internal import Platform

/// The faults that are switched on, in the order they were given.
final class FaultTable: Sendable {
  private struct State: Sendable {
    var faults: [Fault] = []
    /// How many faults were ever given.
    var count = 0
    /// What goes on with the requests that are held, and how often such were let go.
    var held: [@Sendable () -> Void] = []
    var releases = 0
  }

  private let state = Lock(State())

  /// Adds one fault per line (empty lines and `#` comments are skipped), all of them or none.
  func add(_ text: String) throws(FaultSyntaxError) -> Int {
    var added: [Fault] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let line = line.drop { $0 == " " || $0 == "\t" }
      if line.isEmpty || line.hasPrefix("#") || line == "\r" { continue }
      added.append(try FaultParser.parse(line, number: index + 1))
    }
    let new = added
    state.withLock { state in
      for var fault in new {
        state.count += 1
        fault.number = state.count
        state.faults.append(fault)
      }
    }
    return new.count
  }

  func clear() {
    state.withLock { $0.faults = [] }
    letGo()
  }

  /// Requests that are held now go on; their faults stay, and hold what comes later.
  func letGo() {
    let held = state.withLock { state in
      state.releases += 1
      defer { state.held = [] }
      return state.held
    }
    for goOn in held { goOn() }
  }

  /// Requests that are held now.
  var heldCount: Int { state.withLock { $0.held.count } }

  /// Calls back once, on any thread: when the request is let go, or at once when that has been.
  func hold(since releases: Int, _ goOn: @escaping @Sendable () -> Void) {
    let isHeld = state.withLock { state in
      guard state.releases == releases else { return false }
      state.held.append(goOn)
      return true
    }
    if !isHeld { goOn() }
  }

  /// One line per fault: how many requests it has met, and its text.
  var listing: String {
    state.withLock { $0.faults.map { "\($0.hits)\t\($0.text)\n" }.joined() }
  }

  /// Every fault that matches and strikes takes part: delays and skews add up, and the first with an
  /// outcome decides the outcome; the later ones with an outcome are left for later requests.
  func plan(_ operation: Operation, _ key: ObjectKey?, partNumber: Int?) -> FaultPlan {
    state.withLock { state in
      var plan = FaultPlan()
      for index in state.faults.indices {
        guard state.faults[index].matches(operation, key, partNumber: partNumber),
          plan.outcome == nil || state.faults[index].outcome == nil
        else { continue }
        if state.faults[index].capacity != nil,
          !state.faults[index].overflows(at: Instant.now.nanoseconds)
        {
          plan.carriers.append(state.faults[index].number)
          continue
        }
        guard state.faults[index].strikes() else { continue }
        if state.faults[index].isHold { plan.heldSince = state.releases }
        plan.delayMilliseconds += state.faults[index].delayMilliseconds
        plan.skewSeconds += state.faults[index].skewSeconds
        plan.outcome = plan.outcome ?? state.faults[index].outcome
      }
      return plan
    }
  }

  /// The request has been answered, or its connection is gone.
  func release(_ plan: FaultPlan) {
    guard !plan.carriers.isEmpty else { return }
    state.withLock { state in
      for index in state.faults.indices where plan.carriers.contains(state.faults[index].number) {
        state.faults[index].carried -= 1
      }
    }
  }
}
