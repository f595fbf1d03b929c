/// Throttled answers that have nothing to do with how much is asked: a service that refuses one request in twenty
/// whatever comes does not carry more when it is asked for less. They are known by a trial: where requests are still
/// throttled although they have become far fewer, or the same share of them is for long, more are sent for a moment. A
/// service for which that is too much throttles a far larger share then; otherwise the share stays what it was,
/// and from then on so many throttled answers are excused.
struct ThrottlingNoise: Sendable {
  /// Answers come at another rate after this time and so many of them.
  static let windowTime: Int64 = 200_000_000
  static let windowAnswers = 8
  /// Fewer answers a second than this share of the most are far fewer.
  static let fewer = 0.7
  /// A larger share is throttled for asking too much, whatever else.
  static let largestShare = 0.3
  /// After each trial that showed that more is too much, the next one waits for twice as many throttled answers, up
  /// to so many times.
  static let mostRefusals = 4
  /// How many are excused, of those that are expected.
  static let tolerance = 1.5
  /// Chance brings several together, the more often the larger their share: how many are excused at once, at
  /// least, for each hundredth of the share, and at most.
  static let least = 2.0
  static let perHundredth = 1.0
  static let most = 8.0
  static let longestStreak = 4

  private let budget: Int
  /// The share of requests that is throttled however few they are, as far as is known.
  private var share = 0.0
  private var credit = 0.0
  private var window = AnswerRound(at: 0)
  /// The pace at the beginning of the window, and how many answers of it were throttled.
  private var windowPace: RequestPace?
  private var windowThrottled = 0
  /// Where the service carried most requests a second, and how many.
  private var reference: (pace: RequestPace, rate: Double)?
  /// Answers while no more was tried than is carried as far as is known.
  private var sample = ThrottlingSample()
  private var trial: ThrottlingTrial?
  /// Throttled answers without another between them.
  private var streak = 0
  private var refusals = 0

  init(budget: Int) { self.budget = budget }

  /// More is asked than before: that goes on, whatever is throttled, until it is known what for.
  var isTrying: Bool { trial != nil }

  /// A request was answered, and `inFlight` are left. `isHeld`: no more is tried at this pace than before. The
  /// result is the pace to go on at; nil: as before.
  mutating func answered(
    isThrottled: Bool, inFlight: Int, at pace: RequestPace, isHeld: Bool, now: Int64
  ) -> RequestPace? {
    credit = min(mostCredit, credit + Self.tolerance * share)
    streak = isThrottled ? streak + 1 : 0
    if trial != nil {
      return tried(isThrottled: isThrottled, inFlight: inFlight, at: pace, now: now)
    }
    if isHeld { sample.answered(isThrottled: isThrottled) }
    window.answered(at: now)
    if isThrottled { windowThrottled += 1 }
    guard window.answers >= Self.windowAnswers, now - window.began >= Self.windowTime else {
      return nil
    }
    return windowEnded(inFlight: inFlight, at: pace, now: now)
  }

  /// True when a throttled answer is excused.
  mutating func excuses(inFlight: Int) -> Bool {
    guard credit >= 1, !isHopeless(inFlight: inFlight) else { return false }
    credit -= 1
    return true
  }

  /// Nothing else comes any more. (Throttled answers come sooner than others: as many as are in flight may come
  /// first.)
  private func isHopeless(inFlight: Int) -> Bool { streak > max(Self.longestStreak, inFlight) }

  private var mostCredit: Double {
    min(Self.most, Self.least + 100 * share * Self.perHundredth)
  }

  private mutating func windowEnded(
    inFlight: Int, at pace: RequestPace, now: Int64
  ) -> RequestPace? {
    let rate = carriedRate
    if rate > reference?.rate ?? 0 {
      let first = windowPace ?? pace
      reference = (first.isMore(than: pace) ? first : pace, rate)
    }
    beginWindow(at: pace, now: now)
    guard rate > 0, let before = reference else { return nil }
    let isFewer = rate <= Self.fewer * before.rate
    let ratio = isFewer ? rate / before.rate : 0.5
    guard let seen = sampled(evidence(isFewer: isFewer, ratio)) else { return nil }
    let target = isFewer ? before.pace : pace.doubled(budget: budget)
    guard target.isMore(than: pace) else { return nil }
    trial = ThrottlingTrial(
      from: pace, isDoubling: !isFewer, seen: seen, rate: rate, ratio: ratio, settling: inFlight,
      at: now)
    return target
  }

  /// What the service carried a second in the window.
  private var carriedRate: Double {
    let carried = Double(window.answers - windowThrottled) / Double(window.answers)
    return carried * 1e9 / max(1, window.interval)
  }

  /// Throttled answers after which a trial is worth what it costs: the farther below the reference, the fewer.
  private func evidence(isFewer: Bool, _ ratio: Double) -> Int {
    isFewer
      ? max(2, Int(ratio * Double(ThrottlingSample.enough)))
      : ThrottlingSample.enough << refusals
  }

  /// The share that is throttled, once so many answers were; it may be by chance.
  private mutating func sampled(_ evidence: Int) -> Double? {
    guard sample.throttled >= evidence || sample.answers >= ThrottlingSample.longest else {
      return nil
    }
    let seen = sample
    sample = ThrottlingSample()
    if seen.isWhole {
      share = min(share, 2 * seen.share)
      guard seen.share <= Self.largestShare else {
        reference = nil
        return nil
      }
    }
    return seen.throttled >= evidence ? min(seen.share, Self.largestShare) : nil
  }

  private mutating func tried(
    isThrottled: Bool, inFlight: Int, at pace: RequestPace, now: Int64
  ) -> RequestPace? {
    let found = self.trial?.answered(isThrottled: isThrottled, inFlight: inFlight, at: now)
    guard let trial = self.trial,
      let finding = isHopeless(inFlight: inFlight) ? .tooMuch : found
    else { return nil }
    self.trial = nil
    reference = nil
    var next = pace
    switch finding {
    case .tooMuch:
      next = trial.from
      if trial.isDoubling { refusals = min(Self.mostRefusals, refusals + 1) }
    case .noise(let share):
      self.share = max(self.share, share)
      credit = mostCredit
      refusals = 0
    }
    beginWindow(at: next, now: now)
    return next
  }

  private mutating func beginWindow(at pace: RequestPace, now: Int64) {
    window = AnswerRound(at: now)
    windowPace = pace
    windowThrottled = 0
  }
}
