import BatchCore

/// The service behind one target: what it carries, and whether it is there.
struct SimulatedService {
  /// Requests that it carries at once, and those that it carries now.
  var capacity: Int
  var carried: Set<RequestID> = []
  /// Until then it is away, in one of several ways; and requests that came meanwhile.
  var awayUntil: Int64 = 0
  var absence = Failure(.unreachable, "refused")
  var requestsWhileAway = 0
}

/// Several targets, and what must hold of them: each is asked for no more than its service carries, and one
/// that is away or busy is in the way of no other.
extension SimulatedWorld {
  static func drawTargets(_ wishes: inout [Wish], before firstLate: Int, _ random: inout SplitMix64)
    -> Int
  {
    let count = max(1, Int.random(in: -1...3, using: &random))
    for index in wishes.indices {
      wishes[index].target = Int.random(in: 0..<count, using: &random)
    }
    return count
  }

  static func targets(_ count: Int) -> [Target] {
    (0..<count).map { Target(name: count == 1 ? "" : "t\($0)", bucket: "b\($0)") }
  }

  func target(of request: RunRequest) -> Int { wishes[request.entry.value].target }

  /// A world in which nothing ever happens but that the first target's service is away during whole runs,
  /// which take longer than a run waits for a service.
  mutating func isolateOutage() {
    isIsolated = true
    disks.kinds = disks.kinds.map { _ in .quick }
    (faults.capacityStep, faults.straggle, faults.outage) = (0, 0, 0)
  }

  mutating func beginServices() {
    for target in services.indices {
      services[target].carried = []
      services[target].requestsWhileAway = 0
    }
    runBegan = clock
    if isIsolated, isFaulty { services[0].awayUntil = .max }
  }

  /// How long a request may be on its way.
  mutating func longestWay() -> Int64 {
    if chance(faults.straggle) { return 30_000_000_000 }
    return isIsolated ? 4_000_000_000 : 50_000_000
  }

  /// Requests to a service that is away.
  private var mostRequestsOfAnOutage: Int {
    let probes = isIsolated ? (clock - runBegan) / (ServiceHealth.longestInterval / 2) : 0
    return Self.mostRequestsOfAnOutage + Int(probes)
  }

  /// Whether the target's service is away, which may begin with this request.
  mutating func isAway(_ target: Int) -> Bool {
    if clock >= services[target].awayUntil, chance(faults.outage) {
      services[target].awayUntil =
        clock + Int64.random(in: shortestOutage...2 * Self.outageLimit, using: &random)
      services[target].requestsWhileAway = 0
      let kinds = [
        Failure(.unreachable, "refused"), Failure(.transient, "500", status: 500),
        Failure(.transient, "reset", mayHaveTakenEffect: true),
        Failure(.throttled, "503", status: 503),
      ]
      services[target].absence = kinds[Int.random(in: 0..<kinds.count, using: &random)]
    }
    guard clock < services[target].awayUntil else { return false }
    services[target].requestsWhileAway += 1
    if services[target].requestsWhileAway > mostRequestsOfAnOutage {
      fail("\(services[target].requestsWhileAway) requests were sent to a service that is away")
    }
    return true
  }

  /// To each target that something was sent to, no more is under way than its limit allows.
  mutating func checkLimits(_ machine: RunMachine) {
    var underWay = Array(repeating: 0, count: services.count)
    for request in flying.values { underWay[target(of: request)] += 1 }
    for target in sentTo where underWay[target] > machine.limit(of: target) + waiting(machine) {
      fail(
        "\(underWay[target]) requests to target \(target), where \(machine.limit(of: target)) may be"
      )
    }
    sentTo = []
  }

  /// So many requests may wait for a connection.
  func waiting(_ machine: RunMachine) -> Int {
    let mayWait = services.count == 1 && machine.limit == concurrency && concurrency >= 16
    return mayWait ? concurrency / 8 : 0
  }

  /// It has nothing to do with the target that is away.
  private func isApart(_ index: Int) -> Bool {
    wishes[index].target != 0 && needed(by: index).allSatisfy(isApart)
  }

  /// Where one service alone is away, all is done that goes to the others.
  mutating func checkIsolation(_ event: RunEvent) {
    guard isIsolated, isFaulty, case .notRun(let entry, let why) = event, isApart(entry.value)
    else { return }
    fail("k\(entry.value) is not run (\(why)), since the service of another target is away")
  }
}
