/// How many requests may be in flight now: the budget, or fewer while the service asks for less. One for
/// the whole run.
///
/// A throttled request takes its slot away, but one round trip costs at most half of the slots: so the
/// limit falls to what the service carries, and no lower, within a round trip or two. It then stays there
/// for a while, tries one slot more, and as long as nothing is throttled takes ever larger steps (the
/// shape of CUBIC, RFC 9438: careful near the last known ceiling, fast far from it). Where even one
/// request after the other is too much, requests begin apart in time.
package struct ConcurrencyLimiter: Sendable {
  /// A budget above this is reached by doubling with every round trip; and the same after an outage.
  static let firstLimit = 64
  static let limitAfterOutage = 8
  /// At the ceiling one more slot is tried after this many answers, so that about one request in as many
  /// is throttled, or after this time where answers are slow.
  static let holdAnswers = 150
  static let holdTime: Int64 = 5_000_000_000
  /// A pause that the service asked for is a tenth of the time until the next try, at most.
  static let pauseShare: Int64 = 10
  /// Of the time between two beginnings where one request at a time is too much.
  static let spacingRange: ClosedRange<Int64> = 2_000_000...1_000_000_000
  /// A round lasts at least this long, so that a service that carries more for a moment is not
  /// believed, and has so many answers where requests begin apart.
  static let smallestRoundTime: Int64 = 400_000_000
  static let smallestRound = 8

  package let budget: Int
  /// 1 … `budget`.
  package private(set) var limit: Int
  /// How often the limit has been lowered: a request knows how often it was when it was sent.
  package private(set) var window = 0
  /// What this window may not go below.
  private var floor = 1
  /// Slots that the next round of answers without a throttled one adds.
  private var step: Int
  /// Answers since the limit, or the spacing, was last changed.
  private var answers = 0
  private var roundBegan: Int64 = 0
  /// When the limit may be raised again, however few the answers were; nil: at the end of each round.
  private var heldUntil: Int64?
  private var pausedUntil: Int64 = 0
  /// Nanoseconds between the beginnings of two requests; 0: none.
  private var spacing: Int64 = 0
  private var spacingStep = 1.0
  /// When the next request may begin.
  private var nextStart: Int64 = 0

  package init(budget: Int) {
    self.budget = budget
    limit = min(budget, Self.firstLimit)
    step = limit
  }

  package func maySend(inFlight: Int, at now: Int64) -> Bool {
    inFlight < limit && (spacing == 0 || now >= nextStart)
  }

  /// When a request may be sent that only its spacing keeps from it.
  package func nextSend(inFlight: Int) -> Int64? {
    inFlight < limit && spacing > 0 ? nextStart : nil
  }

  package mutating func sent(at now: Int64) {
    guard spacing > 0 else { return }
    nextStart = max(nextStart + spacing, now)
  }

  /// A request was answered and not throttled, with `inFlight` requests, itself included, until then.
  package mutating func answered(inFlight: Int, at now: Int64) {
    // What is not used proves nothing.
    guard spacing > 0 || (inFlight >= limit && limit < budget) else { return }
    answers += 1
    if let heldUntil {
      guard now >= pausedUntil, answers >= Self.holdAnswers || now >= heldUntil else { return }
      self.heldUntil = nil
    } else {
      guard answers >= (spacing > 0 ? Self.smallestRound : limit),
        now - roundBegan >= Self.smallestRoundTime
      else { return }
    }
    answers = 0
    roundBegan = now
    if spacing > 0 { quicken() } else { raise() }
  }

  private mutating func raise() {
    limit = min(budget, limit + step)
    step = min(2 * step, limit)
  }

  private mutating func quicken() {
    spacing = Int64(Double(spacing) / spacingStep)
    spacingStep = min(2, 1 + 2 * (spacingStep - 1))
    if spacing < Self.spacingRange.lowerBound { spacing = 0 }
  }

  /// A request that was sent in `window` was throttled, and `inFlight` are left. `pause`: nanoseconds
  /// for which the service asked.
  package mutating func throttled(
    window sentIn: Int, inFlight: Int, pause: Int64, at now: Int64
  ) {
    if sentIn == window { beginWindow() }
    limit = max(floor, min(limit, inFlight))
    step = 1
    answers = 0
    heldUntil = now + Self.holdTime
    pausedUntil = max(pausedUntil, now + Self.pauseShare * pause)
  }

  private mutating func beginWindow() {
    window += 1
    floor = max(1, limit / 2)
    guard limit == 1 else { return }
    // Soon after the last time the service carries much less, else this was a try.
    let isTry = heldUntil == nil && spacing > 0
    let wider = Double(spacing) * (isTry ? 1.05 : 1.4)
    spacing = min(max(Int64(wider), Self.spacingRange.lowerBound), Self.spacingRange.upperBound)
    spacingStep = 1.025
  }

  /// The service was away: what it carries now is to be found out anew, beginning with little.
  package mutating func restart() {
    limit = min(budget, Self.limitAfterOutage)
    step = limit
    answers = 0
    heldUntil = nil
    spacing = 0
    window += 1
  }
}
