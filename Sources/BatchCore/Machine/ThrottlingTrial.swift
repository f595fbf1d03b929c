/// More requests are sent for a while, to see whether a larger share of them is throttled.
struct ThrottlingTrial: Sendable {
  /// How many times as likely the newest answers must be from a service for which it is too much as from one
  /// that throttles by chance, to be believed (Page's test, 1954).
  static let certainty = 8_000.0
  /// What is carried for a moment only is not believed.
  static let shortest: Int64 = 400_000_000

  enum Finding {
    case tooMuch
    /// What share is throttled in any case.
    case noise(Double)
  }

  /// The pace of before.
  let from: RequestPace
  /// The pace was doubled; otherwise it is one that was carried before.
  let isDoubling: Bool
  /// The share that was throttled before.
  private let seen: Double
  /// The share that is throttled now if the service carries no more than before.
  private let ifTooMuch: Double
  /// Less a second than so much is what the service carried before.
  private let more: Double
  /// Answers to what was sent before that are still to come.
  private var settling: Int
  private var began: Int64
  private var sample = ThrottlingSample()
  private var likelihoodRatio = 1.0

  /// `rate`: what the service carried a second; `ratio`: that to what is expected now, if it is carried.
  init(
    from: RequestPace, isDoubling: Bool, seen: Double, rate: Double, ratio: Double,
    settling: Int, at now: Int64
  ) {
    self.from = from
    self.isDoubling = isDoubling
    self.seen = seen
    ifTooMuch = 1 - (1 - seen) * ratio
    more = rate / ratio.squareRoot()
    self.settling = settling
    began = now
  }

  /// One more is answered, and `inFlight` are left. nil: it is not known yet.
  mutating func answered(isThrottled: Bool, inFlight: Int, at now: Int64) -> Finding? {
    guard settling == 0 else {
      settling -= 1
      began = now
      return nil
    }
    sample.answered(isThrottled: isThrottled)
    // What was carried for a moment tells nothing of what is throttled after it.
    likelihoodRatio = max(1, likelihoodRatio * factor(isThrottled: isThrottled))
    if isTooMuch(inFlight: inFlight) { return .tooMuch }
    let isRare = Double(sample.answers) * seen >= Double(2 * ThrottlingSample.enough)
    guard isRare || sample.isWhole, now - began >= Self.shortest else { return nil }
    let carried = Double(sample.answers - sample.throttled) * 1e9 / Double(now - began)
    let isNoise = sample.share <= (seen + ifTooMuch) / 2 && carried >= more
    return isNoise ? .noise(sample.share) : .tooMuch
  }

  /// How many times as likely an answer is when it is too much.
  private func factor(isThrottled: Bool) -> Double {
    isThrottled ? ifTooMuch / seen : (1 - ifTooMuch) / (1 - seen)
  }

  /// Throttled answers come sooner than others: what is in flight is taken for carried.
  private func isTooMuch(inFlight: Int) -> Bool {
    guard likelihoodRatio >= Self.certainty else { return false }
    let carried = factor(isThrottled: false)
    return (0..<inFlight).reduce(likelihoodRatio) { ratio, _ in ratio * carried } >= Self.certainty
  }
}
