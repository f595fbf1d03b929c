/// When a failed request goes again: exponential backoff with full jitter, never before the service
/// asked for. (The jitter of many requests spreads them evenly instead of in waves.)
package struct RetryPolicy: Sendable {
  /// Upper bound of the first delay; it doubles with every attempt.
  package static let baseMilliseconds = 200
  package static let capMilliseconds = 20_000
  /// A service that asks for more than this is not believed.
  package static let longestHonouredMilliseconds = 300_000

  private var random: SplitMix64

  package init(seed: UInt64) { random = SplitMix64(seed: seed) }

  /// Milliseconds to wait before attempt `attempt` + 1, where `attempt` ≥ 1 have failed.
  package mutating func delay(afterAttempt attempt: Int, requested: Int?) -> Int {
    let exponent = min(attempt - 1, 16)
    let bound = min(Self.capMilliseconds, Self.baseMilliseconds << exponent)
    let jitter = Int(random.next(upperBound: UInt64(bound) + 1))
    guard let requested else { return jitter }
    return min(requested, Self.longestHonouredMilliseconds) + jitter
  }

  /// 0 … 1, to keep what is periodic from being so exactly.
  mutating func share() -> Double { Double.random(in: 0...1, using: &random) }
}

/// A small deterministic generator (Steele, Lea and Flood, 2014): the machine must replay exactly from
/// a seed.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
