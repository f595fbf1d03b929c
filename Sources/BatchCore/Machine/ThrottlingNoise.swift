/// Throttled answers that have nothing to do with how much is asked: a service that refuses one request in a hundred
/// whatever comes does not carry more when it is asked for less. Such answers come one by one also while no more is
/// tried; so many of them are excused.
struct ThrottlingNoise: Sendable {
  /// Answers over which their share is taken.
  static let memory = 256.0
  /// Answers between two of them, at least: where a service carries less, they come together.
  static let distance = 12
  /// How many are excused, of those that are expected, and at most at once.
  static let tolerance = 1.5
  static let most = 2.0

  private var share = 0.0
  private var credit = 0.0
  /// Answers since the last throttled one.
  private var distance = 0

  /// `isHeld`: no more is tried than was carried before.
  mutating func answered(isHeld: Bool) {
    distance += 1
    credit = min(Self.most, credit + Self.tolerance * share)
    if isHeld { share -= share / Self.memory }
  }

  /// True when the answer is excused.
  mutating func throttled(isHeld: Bool) -> Bool {
    if isHeld, distance >= Self.distance { share += (1 - share) / Self.memory }
    distance = 0
    guard credit >= 1 else { return false }
    credit -= 1
    return true
  }
}
