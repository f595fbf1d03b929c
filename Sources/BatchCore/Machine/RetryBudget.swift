/// How many requests may be repeated: a share of what succeeds, and a trickle, so that a service in
/// trouble is not also asked everything twice. A bucket of tokens; each repetition takes one.
package struct RetryBudget: Sendable {
  /// A service that fails a third of all requests is repeated to without delay.
  static let tokensPerSuccess = 0.5
  static let tokensPerSecond = 8.0
  /// What the bucket holds at first, and at most, for each slot of the budget and at least.
  static let tokensPerSlot = 4.0
  static let smallestCapacity = 64.0

  private let capacity: Double
  private var tokens: Double
  private var filledAt: Int64?

  package init(concurrency: Int) {
    capacity = max(Self.smallestCapacity, Self.tokensPerSlot * Double(concurrency))
    tokens = capacity
  }

  package mutating func succeeded() { tokens = min(capacity, tokens + Self.tokensPerSuccess) }

  /// True when a request may be repeated now, which it then must be.
  package mutating func take(at now: Int64) -> Bool {
    if let filledAt, now > filledAt {
      tokens = min(capacity, tokens + Double(now - filledAt) / 1e9 * Self.tokensPerSecond)
    }
    filledAt = now
    guard tokens >= 1 else { return false }
    tokens -= 1
    return true
  }

  /// When there is a token again, even if nothing succeeds; nil: there is one.
  package func nextToken(at now: Int64) -> Int64? {
    guard tokens < 1 else { return nil }
    return now + Int64((1 - tokens) / Self.tokensPerSecond * 1e9) + 1
  }
}
