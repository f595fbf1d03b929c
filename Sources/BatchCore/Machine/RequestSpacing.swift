/// Requests that begin apart in time: what a service carries between so many slots and one more.
struct RequestSpacing: Sendable {
  static let range: ClosedRange<Double> = 50_000...1_000_000_000
  /// The share by which requests come sooner after the first round without a throttled one; it doubles
  /// with every further round.
  static let firstStep = 1.06
  static let largestStep = 2.0
  /// The largest step when slots are added, too.
  static let largestStepWithSlots = 1.2
  /// Beginnings that are late by less are made up for, since clocks wake late.
  static let catchUp: Int64 = 2_000_000

  /// Nanoseconds between two beginnings.
  private(set) var spacing: Double
  private var step = Self.firstStep
  private var lastStep = 1.0
  /// The limit that is carried without spacing; nil: this spacing has been carried for a round.
  private(set) var origin: Int?
  /// When the next request may begin.
  private(set) var nextStart: Int64
  /// Of this round: beginnings that had waited for their time, and answers while all slots were in use.
  private var waited = 0
  private var full = 0

  init(spacing: Double, origin: Int?, at now: Int64) {
    self.spacing = min(max(spacing, Self.range.lowerBound), Self.range.upperBound)
    self.origin = origin
    nextStart = now + Int64(self.spacing)
  }

  /// So short that it makes no difference.
  var isNothing: Bool { spacing <= Self.range.lowerBound }

  /// What to go back to when this spacing turns out to be a little too short.
  var lastCarried: Double { spacing * max(1.05, lastStep * 1.02) }

  mutating func began(at now: Int64) {
    if now - nextStart < Self.catchUp { waited += 1 }
    nextStart = max(nextStart + Int64(spacing), now - Self.catchUp)
  }

  mutating func answered(isFull: Bool) { if isFull { full += 1 } }

  enum Bound { case spacing, slots, neither }

  /// What kept requests from being more in a round with so many answers.
  func bound(answers: Int) -> Bound {
    if 3 * waited >= 2 * answers { return .spacing }
    return 3 * full >= 2 * answers ? .slots : .neither
  }

  mutating func beginRound() {
    waited = 0
    full = 0
  }

  mutating func shorten() {
    spacing = max(spacing / step, Self.range.lowerBound)
    lastStep = step
    step = min(Self.largestStep, 1 + 2 * (step - 1))
    origin = nil
  }

  /// There are more slots now: goes on from what was carried, an answer every `interval` nanoseconds.
  mutating func follow(interval: Double) {
    step = min(step, Self.largestStepWithSlots)
    lastStep = step
    spacing = max(interval / step, Self.range.lowerBound)
  }

  mutating func halve() { spacing = max(spacing / 2, Self.range.lowerBound) }

  mutating func widen(to wider: Double, at now: Int64) {
    spacing = min(wider, Self.range.upperBound)
    nextStart = now + Int64(spacing)
    step = Self.firstStep
    lastStep = 1
  }
}
