/// Answers since a limit, or the spacing of requests, was last changed: how many, and how far apart.
struct AnswerRound: Sendable {
  /// A pause that is longer than this, and than all the rest of the round, is no pace of the service's: the
  /// program, or the whole machine, was stopped.
  static let longestPause: Int64 = 1_000_000_000

  private(set) var began: Int64 = 0
  private(set) var answers = 0
  private var newest: Int64 = 0
  private var longest: Int64 = 0

  init(at now: Int64) {
    began = now
    newest = now
  }

  mutating func answered(at now: Int64) {
    answers += 1
    longest = max(longest, now - newest)
    newest = now
  }

  /// Nanoseconds from one answer to the next.
  var interval: Double {
    let duration = newest - began
    guard answers > 1, longest > Self.longestPause, longest > duration / 2 else {
      return Double(duration) / Double(max(1, answers))
    }
    return Double(duration - longest) / Double(answers - 1)
  }
}
