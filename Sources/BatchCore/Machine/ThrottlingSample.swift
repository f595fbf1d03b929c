/// How many of some answers were throttled.
struct ThrottlingSample: Sendable {
  /// So many throttled answers tell their share well.
  static let enough = 16
  /// So many answers, whatever is throttled, tell that it is little.
  static let longest = 8_000

  private(set) var answers = 0
  private(set) var throttled = 0

  mutating func answered(isThrottled: Bool) {
    answers += 1
    if isThrottled { throttled += 1 }
  }

  var share: Double { Double(throttled) / Double(max(1, answers)) }
  var isWhole: Bool { throttled >= Self.enough || answers >= Self.longest }
}
