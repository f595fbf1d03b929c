/// How many requests may be in flight now: the budget, or fewer while the service asks for less. One for
/// each target of a run.
///
/// A throttled request takes its slot away, but one round trip costs at most half of the slots: so the
/// limit falls to what the service carries, and no lower, within a round trip or two. It then stays there
/// for a while, tries a little more, and as long as nothing is throttled takes ever larger steps (the
/// shape of CUBIC, RFC 9438: careful near the last known ceiling, fast far from it).
///
/// Where slots are few, one more or less is much: there requests also begin apart in time, and the
/// spacing is what is tried. Some services carry so many requests at once, others so many a second; which
/// it is shows in whether the slots alone are carried as well.
package struct ConcurrencyLimiter: Sendable {
  /// A budget above this is reached by doubling with every round trip; and the same after an outage.
  static let firstLimit = 64
  static let limitAfterOutage = 8
  /// At the ceiling more is tried after this many answers, so that about one request in as many is
  /// throttled, or after this time where answers are slow.
  static let holdAnswers = 100
  static let holdTime: Int64 = 5_000_000_000
  /// A pause that the service asked for is a tenth of the time until the next try, at most.
  static let pauseShare: Int64 = 10
  /// A round lasts at least this long, so that a service that carries more for a moment is not
  /// believed, and has so many answers where requests begin apart.
  static let smallestRoundTime: Int64 = 400_000_000
  static let smallestRound = 8
  /// Up to this limit spacing is tried before a slot more.
  static let smallLimit = 16
  /// Nanoseconds; what the first spacing is made of when nothing is known.
  static let smallestInterval = 100_000.0

  package let budget: Int
  private var pace: RequestPace
  /// How often the limit has been lowered: a request knows how often it was when it was sent.
  package private(set) var window = 0
  /// What this window may not go below.
  private var floor = 1
  private var round = AnswerRound(at: 0)
  private var noise: ThrottlingNoise
  /// Nanoseconds for each answer in the last round without a throttled one.
  private var lastInterval = 1_000_000.0
  /// When more may be tried again, however few the answers were; nil: at the end of each round.
  private var heldUntil: Int64?
  private var pausedUntil: Int64 = 0
  /// Windows that ended in throttling since the last round without.
  private var strikes = 0
  /// The slots that are in use under the spacing that was carried last, while it is tried whether
  /// as much is carried without.
  private var resort: (limit: Int, spacing: Double)?

  package init(budget: Int) {
    self.budget = budget
    noise = ThrottlingNoise(budget: budget)
    let first = min(budget, Self.firstLimit)
    pace = RequestPace(limit: first, step: first)
  }

  /// 1 … `budget`.
  package var limit: Int { pace.limit }

  /// The service carries the whole budget, as far as is known.
  var isOpen: Bool { limit == budget && pace.spacing == nil }

  package func maySend(inFlight: Int, at now: Int64) -> Bool {
    inFlight < limit && now >= pace.spacing?.nextStart ?? .min
  }

  /// When a request may be sent that only its spacing keeps from it.
  package func nextSend(inFlight: Int) -> Int64? {
    inFlight < limit ? pace.spacing?.nextStart : nil
  }

  package mutating func sent(at now: Int64) { pace.spacing?.began(at: now) }

  // More

  /// A request was answered and not throttled, with `inFlight` requests, itself included, until then.
  package mutating func answered(inFlight: Int, at now: Int64) {
    guard !judged(isThrottled: false, inFlight: inFlight - 1, at: now) else { return }
    // What is not used proves nothing.
    guard pace.spacing != nil || (inFlight >= limit && limit < budget) else { return }
    let isFull = inFlight >= limit
    pace.spacing?.answered(isFull: isFull)
    round.answered(at: now)
    if let heldUntil {
      guard now >= pausedUntil, round.answers >= Self.holdAnswers || now >= heldUntil else {
        return
      }
      self.heldUntil = nil
    } else {
      guard round.answers >= (pace.spacing == nil ? limit : Self.smallestRound),
        now - round.began >= Self.smallestRoundTime
      else { return }
    }
    strikes = 0
    lastInterval = round.interval
    if pace.spacing == nil { raise(at: now) } else { quicken() }
    round = AnswerRound(at: now)
  }

  private mutating func raise(at now: Int64) {
    let resort = resort
    self.resort = nil
    if let resort, lastInterval > 1.05 * resort.spacing {
      pace.trustsSpacing = true
      pace.limit = resort.limit
      pace.spacing = RequestSpacing(spacing: resort.spacing, origin: nil, at: now)
    } else if pace.step == 1, limit < Self.smallLimit {
      pace.spacing = RequestSpacing(
        spacing: lastInterval / RequestSpacing.firstStep, origin: limit, at: now)
      pace.limit += 1
    } else {
      pace.limit = min(budget, limit + pace.step)
      pace.step = min(2 * pace.step, limit)
    }
  }

  private mutating func quicken() {
    switch pace.spacing?.bound(answers: round.answers) {
    case .spacing: pace.spacing?.shorten()
    case .slots:
      pace.limit = min(budget, limit + max(1, limit / 2))
      pace.spacing?.follow(interval: lastInterval)
    case .neither, nil: break
    }
    pace.spacing?.beginRound()
    guard limit > Self.smallLimit || limit == budget && pace.spacing?.isNothing == true else {
      return
    }
    pace.spacing = nil
    pace.step = max(1, limit / 2)
  }

  // Less

  /// A request that was sent in `window` was throttled, and `inFlight` are left. `pause`: nanoseconds
  /// for which the service asked.
  package mutating func throttled(
    window sentIn: Int, inFlight: Int, pause: Int64, at now: Int64
  ) {
    pausedUntil = max(pausedUntil, now + Self.pauseShare * pause)
    guard !judged(isThrottled: true, inFlight: inFlight, at: now),
      !noise.excuses(inFlight: inFlight)
    else { return }
    if sentIn == window { beginWindow(at: now) }
    if pace.spacing == nil { pace.limit = max(floor, min(limit, inFlight)) }
    pace.step = 1
    round = AnswerRound(at: now)
    pace.spacing?.beginRound()
    heldUntil = now + Self.holdTime
  }

  private mutating func beginWindow(at now: Int64) {
    window += 1
    strikes += 1
    floor = max(1, limit / 2)
    if let spacing = pace.spacing {
      lower(spacing, at: now)
    } else if let resort {
      // Not even the slots alone: it is a rate that is carried.
      self.resort = nil
      pace.trustsSpacing = true
      pace.limit = resort.limit
      pace.spacing = RequestSpacing(spacing: 1.1 * resort.spacing, origin: nil, at: now)
    } else if limit == 1 || (strikes == 1 && limit <= Self.smallLimit) {
      let known = round.answers > 5 ? round.interval : lastInterval
      let wider = max(known, Self.smallestInterval) * (strikes > 2 ? 1.4 : 1.08)
      pace.spacing = RequestSpacing(spacing: wider, origin: nil, at: now)
    }
  }

  /// The first throttled request after a while was a try, and a little less is carried; after several in
  /// a row the service carries much less.
  private mutating func lower(_ current: RequestSpacing, at now: Int64) {
    if let origin = current.origin {
      pace.limit = origin
      floor = origin
      pace.spacing = nil
    } else if strikes == 1, limit > 1, !pace.trustsSpacing {
      resort = (limit, current.lastCarried)
      pace.spacing = nil
    } else if strikes == 1 {
      pace.spacing?.widen(to: current.lastCarried, at: now)
    } else if strikes == 2 {
      pace.spacing?.widen(to: 1.1 * current.spacing, at: now)
    } else if limit > 1 {
      pace.spacing = nil
      pace.trustsSpacing = false
    } else {
      let factor = strikes < 4 ? 1.15 : strikes < 8 ? 1.4 : 2
      pace.spacing?.widen(to: factor * current.spacing, at: now)
    }
  }

  // As before

  /// True when the answer neither adds nor takes away: it is one of those by which is found out what
  /// requests are throttled for.
  private mutating func judged(isThrottled: Bool, inFlight: Int, at now: Int64) -> Bool {
    let other = noise.answered(
      isThrottled: isThrottled, inFlight: inFlight, at: pace, isHeld: heldUntil != nil || isOpen,
      now: now)
    guard let other else { return noise.isTrying }
    pace = other
    window += 1
    floor = max(1, limit / 2)
    strikes = 0
    resort = nil
    round = AnswerRound(at: now)
    pace.spacing?.beginRound()
    heldUntil = now + Self.holdTime
    return true
  }

  /// The service was away: what it carries now is to be found out anew, beginning with little.
  package mutating func restart(at now: Int64) {
    let first = min(budget, Self.limitAfterOutage)
    pace = RequestPace(limit: first, step: first)
    noise = ThrottlingNoise(budget: budget)
    round = AnswerRound(at: now)
    heldUntil = nil
    strikes = 0
    resort = nil
    window += 1
  }
}
