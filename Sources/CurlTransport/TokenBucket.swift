/// The bytes that may be sent by now at a rate: it fills evenly, and what is not used for a while is
/// lost, so that nothing comes in bursts.
struct TokenBucket: Sendable {
  /// Seconds of the rate that it holds.
  static let depth = 0.1
  /// Seconds of the rate that are worth a send, so that few small ones are made.
  static let portion = 0.01
  static let portionRange: ClosedRange<Double> = 1_024...65_536

  let rate: Double
  private var tokens = 0.0
  private var filledAt: Int64

  /// `rate`: bytes a second.
  init(rate: Int, at now: Int64) {
    self.rate = Double(rate)
    filledAt = now
  }

  private var smallest: Double {
    min(max(rate * Self.portion, Self.portionRange.lowerBound), Self.portionRange.upperBound)
  }

  private mutating func fill(at now: Int64) {
    guard now > filledAt else { return }
    tokens = min(max(rate * Self.depth, smallest), tokens + Double(now - filledAt) / 1e9 * rate)
    filledAt = now
  }

  /// How many of `count` bytes may go now, 0: none yet.
  mutating func take(_ count: Int, at now: Int64) -> Int {
    fill(at: now)
    guard tokens >= min(smallest, Double(count)) else { return 0 }
    let taken = min(count, Int(tokens))
    tokens -= Double(taken)
    return taken
  }

  /// Whether all `count` bytes may go now. More than there are are lent, and those after them wait.
  mutating func takeWhole(_ count: Int, at now: Int64) -> Bool {
    fill(at: now)
    guard tokens >= min(smallest, Double(count)) else { return false }
    tokens -= Double(count)
    return true
  }

  mutating func giveBack(_ count: Int) { tokens += Double(count) }

  /// Nanoseconds until something may go.
  func wait(at now: Int64) -> Int64 {
    let missing = smallest - tokens - Double(now - filledAt) / 1e9 * rate
    return missing <= 0 ? 0 : Int64(missing / rate * 1e9) + 1
  }
}
