import BatchCore
import Testing

/// A service that carries so much and no more, a client that always has work, and the limiter between.
private struct BusyService {
  enum Capacity {
    /// Requests in flight.
    case slots(Int)
    /// Requests a second, with a bucket of a twentieth of them.
    case rate(Double)
  }

  struct Count {
    var carried = 0
    var throttled = 0
    var share: Double { Double(throttled) / Double(max(1, carried + throttled)) }
  }

  var limiter: ConcurrencyLimiter
  var capacity: Capacity
  var latency: Int64 = 20_000_000
  /// The share of requests that are throttled whatever is asked.
  var noise = 0.0
  private var clock: Int64 = 0
  private var bucket = 1.0
  private var flying: [(due: Int64, window: Int, isCarried: Bool)] = []
  private var random = SplitMix64(seed: 3)

  init(budget: Int, capacity: Capacity) {
    limiter = ConcurrencyLimiter(budget: budget)
    self.capacity = capacity
  }

  private mutating func carries() -> Bool {
    if noise > 0, Double.random(in: 0..<1, using: &random) < noise { return false }
    switch capacity {
    case .slots(let count): return flying.count { $0.isCarried } < count
    case .rate:
      guard bucket >= 1 else { return false }
      bucket -= 1
      return true
    }
  }

  private mutating func pass(to time: Int64) {
    if case .rate(let rate) = capacity {
      bucket = min(max(1, rate / 20), bucket + Double(time - clock) / 1e9 * rate)
    }
    clock = time
  }

  /// Nothing is sent, and no answer seen.
  mutating func stop(seconds: Double) { pass(to: clock + Int64(seconds * 1e9)) }

  /// Keeps the service busy for so long, and counts.
  mutating func work(seconds: Double) -> Count {
    var count = Count()
    let end = clock + Int64(seconds * 1e9)
    while clock < end {
      while limiter.maySend(inFlight: flying.count, at: clock) {
        limiter.sent(at: clock)
        let isCarried = carries()
        let share = Double.random(in: 0.7...1.3, using: &random)
        let duration = isCarried ? Int64(Double(latency) * share) : min(latency / 2, 1_000_000)
        flying.append((clock + duration, limiter.window, isCarried))
      }
      let next = flying.map(\.due).min() ?? .max
      pass(to: max(clock, min(end, next, limiter.nextSend(inFlight: flying.count) ?? .max)))
      for item in flying where item.due <= clock {
        if item.isCarried { count.carried += 1 } else { count.throttled += 1 }
      }
      answer()
    }
    return count
  }

  private mutating func answer() {
    while let index = flying.firstIndex(where: { $0.due <= clock }) {
      let item = flying.remove(at: index)
      if item.isCarried {
        limiter.answered(inFlight: flying.count + 1, at: clock)
      } else {
        limiter.throttled(window: item.window, inFlight: flying.count, pause: 0, at: clock)
      }
      #expect((1...limiter.budget).contains(limiter.limit))
    }
  }
}

@Suite struct ConcurrencyLimiterTests {
  /// Capacity steps down and up; after 10 s each, nine tenths are used and few requests are throttled.
  @Test(arguments: [(100, 30), (30, 100), (64, 5), (5, 64), (8, 7), (1, 200), (200, 1), (3, 2)])
  func slotsAreFoundBothWays(before: Int, after: Int) {
    var service = BusyService(budget: 256, capacity: .slots(before))
    _ = service.work(seconds: 10)
    service.capacity = .slots(after)
    let settling = service.work(seconds: 10)
    let settled = service.work(seconds: 20)
    let most = Double(after) * 20 / 0.02
    #expect(Double(settled.carried) >= 0.9 * most, "\(settled) of \(most)")
    #expect(settled.share < 0.02, "\(settled)")
    #expect(settling.throttled < 2 * before + 100 + settling.carried / 50, "\(settling)")
  }

  /// Among them rates that no number of slots has: with one slot too little, with one more too much.
  @Test(
    arguments: [
      (2_000.0, 400.0), (400, 2_000), (1_900, 700), (700, 1_900), (3_000, 1_500), (900, 5_000),
      (5_000, 900), (300, 50), (50, 300), (20, 400),
    ], [20, 5, 1])
  func ratesAreFoundBothWays(step: (Double, Double), milliseconds: Int64) {
    var service = BusyService(budget: 64, capacity: .rate(step.0))
    service.latency = milliseconds * 1_000_000
    _ = service.work(seconds: 10)
    service.capacity = .rate(step.1)
    let settling = service.work(seconds: 10)
    let settled = service.work(seconds: 20)
    let most = min(step.1, 64_000 / Double(milliseconds))
    #expect(Double(settled.carried) >= 0.9 * most * 20, "\(settled)")
    #expect(settled.share < 0.02, "\(settled)")
    #expect(settling.throttled < 200 + settling.carried / 25, "\(settling)")
  }

  /// A program that was stopped for a while goes on where it was: it did not see the service being slow.
  @Test(arguments: [(6, 1.0), (6, 1.3), (6, 2.1), (3, 5.7), (12, 2.6), (40, 3.2)])
  func aStoppedProgramGoesOnAsBefore(slots: Int, after: Double) {
    var service = BusyService(budget: 64, capacity: .slots(slots))
    _ = service.work(seconds: after)
    service.stop(seconds: 47)
    _ = service.work(seconds: 5)
    let settled = service.work(seconds: 10)
    #expect(Double(settled.carried) >= 0.9 * Double(slots) * 10 / 0.02, "\(settled)")
    #expect(settled.share < 0.02, "\(settled)")
  }

  /// A service that throttles some requests by chance does not carry more when it is asked for less.
  @Test(
    arguments: [0.002, 0.01, 0.05, 0.1, 0.2],
    [(64, 20), (16, 20), (16, 200), (4, 20), (2, 20), (200, 200), (16, 1_000)])
  func chanceCostsLittle(share: Double, client: (slots: Int, milliseconds: Int64)) {
    var service = BusyService(budget: client.slots, capacity: .slots(.max))
    service.latency = client.milliseconds * 1_000_000
    service.noise = share
    let seconds = Double(client.milliseconds)
    _ = service.work(seconds: max(30, seconds))
    let settled = service.work(seconds: max(30, seconds))
    let most = max(30, seconds) * Double(client.slots) * 1_000 / Double(client.milliseconds)
    #expect(Double(settled.carried) >= 0.8 * most, "\(settled) of \(most)")
  }

  /// Nor is it asked for more than it carries.
  @Test(arguments: [0.005, 0.02, 0.05], [BusyService.Capacity.slots(30), .rate(700)])
  private func chanceHidesNoCapacity(share: Double, capacity: BusyService.Capacity) {
    var service = BusyService(budget: 64, capacity: capacity)
    service.noise = share
    _ = service.work(seconds: 30)
    let settled = service.work(seconds: 30)
    let most = if case .rate(let rate) = capacity { rate } else { 30 / 0.02 }
    #expect(Double(settled.carried) >= 0.8 * 30 * most, "\(settled)")
    #expect(settled.share < 2 * share + 0.02, "\(settled)")
  }

  /// What had been throttled by chance is throttled for its number later on.
  @Test func chanceThatEndsIsForgotten() {
    var service = BusyService(budget: 64, capacity: .slots(.max))
    service.noise = 0.1
    _ = service.work(seconds: 20)
    service.noise = 0
    _ = service.work(seconds: 10)
    service.capacity = .slots(20)
    _ = service.work(seconds: 10)
    let settled = service.work(seconds: 20)
    #expect(Double(settled.carried) >= 0.9 * 20 * 20 / 0.02, "\(settled)")
    #expect(settled.share < 0.02, "\(settled)")
  }

  /// A capacity that becomes less and less is followed, although it is throttled at each step.
  @Test func aFallingRateIsNoChance() {
    var service = BusyService(budget: 64, capacity: .rate(2_000))
    _ = service.work(seconds: 20)
    var sum = BusyService.Count()
    for rate in stride(from: 2_000.0, to: 300, by: -50) {
      service.capacity = .rate(rate)
      let count = service.work(seconds: 1)
      #expect(Double(count.carried) >= 0.75 * rate, "\(count) of \(rate)")
      sum.carried += count.carried
      sum.throttled += count.throttled
    }
    #expect(sum.share < 0.02, "\(sum)")
  }

  @Test func withoutThrottlingTheBudgetIsUsed() {
    var service = BusyService(budget: 500, capacity: .slots(.max))
    let count = service.work(seconds: 3)
    #expect(service.limiter.limit == 500)
    #expect(count.throttled == 0)
  }

  /// However many of one round trip are throttled, half of the slots stay.
  @Test func oneRoundTripCostsAtMostHalf() {
    var limiter = ConcurrencyLimiter(budget: 32)
    for left in (0..<32).reversed() {
      limiter.throttled(window: 0, inFlight: left, pause: 0, at: 0)
    }
    #expect(limiter.limit == 16)
    limiter.throttled(window: limiter.window, inFlight: 0, pause: 0, at: 1)
    #expect(limiter.limit == 8)
  }

  /// The limit is tried again only when the pause is a tenth of the time in between.
  @Test func aLongPauseIsRiskedRarely() {
    var limiter = ConcurrencyLimiter(budget: 32)
    limiter.throttled(window: 0, inFlight: 31, pause: 1_000_000_000, at: 0)
    for _ in 0..<1_000 { limiter.answered(inFlight: 31, at: 9_000_000_000) }
    #expect(limiter.limit == 31)
    limiter.answered(inFlight: 31, at: 10_000_000_000)
    #expect(limiter.limit == 32)
  }
}

@Suite struct RetryBudgetTests {
  @Test func withoutSuccessOnlyATrickleIsLeft() {
    var budget = RetryBudget(concurrency: 4)
    var taken = 0
    for tenth in 0..<600 {
      while budget.take(at: Int64(tenth) * 100_000_000) { taken += 1 }
    }
    #expect((64 + 400...64 + 480).contains(taken))
  }

  @Test func successesEarnRepetitions() {
    var budget = RetryBudget(concurrency: 1)
    while budget.take(at: 0) {}
    #expect(budget.nextToken(at: 0).map { $0 > 0 } == true)
    for _ in 0..<10 { budget.succeeded() }
    var taken = 0
    while budget.take(at: 0) { taken += 1 }
    #expect(taken == 5)
  }
}
