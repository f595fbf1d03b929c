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
  /// 1 … `budget`.
  package private(set) var limit: Int
  /// How often the limit has been lowered: a request knows how often it was when it was sent.
  package private(set) var window = 0
  /// What this window may not go below.
  private var floor = 1
  /// Slots that the next round of answers without a throttled one adds.
  private var step: Int
  private var round = AnswerRound(at: 0)
  private var noise = ThrottlingNoise()
  /// Nanoseconds for each answer in the last round without a throttled one.
  private var lastInterval = 1_000_000.0
  /// When more may be tried again, however few the answers were; nil: at the end of each round.
  private var heldUntil: Int64?
  private var pausedUntil: Int64 = 0
  /// Windows that ended in throttling since the last round without.
  private var strikes = 0
  private var spacing: RequestSpacing?
  /// The slots that are in use under the spacing that was carried last, while it is tried whether
  /// as much is carried without.
  private var resort: (limit: Int, spacing: Double)?
  /// The slots alone were not carried as well.
  private var trustsSpacing = false

  package init(budget: Int) {
    self.budget = budget
    limit = min(budget, Self.firstLimit)
    step = limit
  }

  /// The service carries the whole budget, as far as is known.
  var isOpen: Bool { limit == budget && spacing == nil }

  package func maySend(inFlight: Int, at now: Int64) -> Bool {
    inFlight < limit && now >= spacing?.nextStart ?? .min
  }

  /// When a request may be sent that only its spacing keeps from it.
  package func nextSend(inFlight: Int) -> Int64? {
    inFlight < limit ? spacing?.nextStart : nil
  }

  package mutating func sent(at now: Int64) { spacing?.began(at: now) }

  // More

  /// A request was answered and not throttled, with `inFlight` requests, itself included, until then.
  package mutating func answered(inFlight: Int, at now: Int64) {
    noise.answered(isHeld: isHeld)
    // What is not used proves nothing.
    guard spacing != nil || (inFlight >= limit && limit < budget) else { return }
    spacing?.answered(isFull: inFlight >= limit)
    round.answered(at: now)
    if let heldUntil {
      guard now >= pausedUntil, round.answers >= Self.holdAnswers || now >= heldUntil else {
        return
      }
      self.heldUntil = nil
    } else {
      guard round.answers >= (spacing == nil ? limit : Self.smallestRound),
        now - round.began >= Self.smallestRoundTime
      else { return }
    }
    strikes = 0
    lastInterval = round.interval
    if spacing == nil { raise(at: now) } else { quicken() }
    round = AnswerRound(at: now)
  }

  private mutating func raise(at now: Int64) {
    let resort = resort
    self.resort = nil
    if let resort, lastInterval > 1.05 * resort.spacing {
      trustsSpacing = true
      limit = resort.limit
      spacing = RequestSpacing(spacing: resort.spacing, origin: nil, at: now)
    } else if step == 1, limit < Self.smallLimit {
      spacing = RequestSpacing(
        spacing: lastInterval / RequestSpacing.firstStep, origin: limit, at: now)
      limit += 1
    } else {
      limit = min(budget, limit + step)
      step = min(2 * step, limit)
    }
  }

  private mutating func quicken() {
    switch spacing?.bound(answers: round.answers) {
    case .spacing: spacing?.shorten()
    case .slots:
      limit = min(budget, limit + max(1, limit / 2))
      spacing?.follow(interval: lastInterval)
    case .neither, nil: break
    }
    spacing?.beginRound()
    guard limit > Self.smallLimit || limit == budget && spacing?.isNothing == true else { return }
    spacing = nil
    step = max(1, limit / 2)
  }

  // Less

  /// No more is tried than was carried before.
  private var isHeld: Bool { heldUntil != nil || limit == budget }

  /// A request that was sent in `window` was throttled, and `inFlight` are left. `pause`: nanoseconds
  /// for which the service asked.
  package mutating func throttled(
    window sentIn: Int, inFlight: Int, pause: Int64, at now: Int64
  ) {
    pausedUntil = max(pausedUntil, now + Self.pauseShare * pause)
    if noise.throttled(isHeld: isHeld) { return }
    if sentIn == window { beginWindow(at: now) }
    if spacing == nil { limit = max(floor, min(limit, inFlight)) }
    step = 1
    round = AnswerRound(at: now)
    spacing?.beginRound()
    heldUntil = now + Self.holdTime
  }

  private mutating func beginWindow(at now: Int64) {
    window += 1
    strikes += 1
    floor = max(1, limit / 2)
    if let spacing {
      lower(spacing, at: now)
    } else if let resort {
      // Not even the slots alone: it is a rate that is carried.
      self.resort = nil
      trustsSpacing = true
      limit = resort.limit
      spacing = RequestSpacing(spacing: 1.1 * resort.spacing, origin: nil, at: now)
    } else if limit == 1 || (strikes == 1 && limit <= Self.smallLimit) {
      let known = round.answers > 5 ? round.interval : lastInterval
      let wider = max(known, Self.smallestInterval) * (strikes > 2 ? 1.4 : 1.08)
      spacing = RequestSpacing(spacing: wider, origin: nil, at: now)
    }
  }

  /// The first throttled request after a while was a try, and a little less is carried; after several in
  /// a row the service carries much less.
  private mutating func lower(_ current: RequestSpacing, at now: Int64) {
    if let origin = current.origin {
      limit = origin
      floor = origin
      spacing = nil
    } else if strikes == 1, limit > 1, !trustsSpacing {
      resort = (limit, current.lastCarried)
      spacing = nil
    } else if strikes == 1 {
      spacing?.widen(to: current.lastCarried, at: now)
    } else if strikes == 2 {
      spacing?.widen(to: 1.1 * current.spacing, at: now)
    } else if limit > 1 {
      spacing = nil
      trustsSpacing = false
    } else {
      let factor = strikes < 4 ? 1.15 : strikes < 8 ? 1.4 : 2
      spacing?.widen(to: factor * current.spacing, at: now)
    }
  }

  /// The service was away: what it carries now is to be found out anew, beginning with little.
  package mutating func restart(at now: Int64) {
    limit = min(budget, Self.limitAfterOutage)
    step = limit
    round = AnswerRound(at: now)
    heldUntil = nil
    strikes = 0
    spacing = nil
    resort = nil
    trustsSpacing = false
    window += 1
  }
}
