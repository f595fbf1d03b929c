internal import BatchCore

/// How far a service's clock is ahead of this machine's, as far as its dated answers have shown: each was made after its request was
/// sent and before it had come, which leaves a span, and all of them together leave what their spans have in common. An
/// answer that took long, or was read late, widens nothing.
package struct ServiceClock: Sendable {
  /// Seconds; nil: nothing was dated yet.
  private var lead: ClosedRange<Int64>?

  package init() {}

  /// An answer has the date `date`, in whole seconds; its request was sent no earlier than `asked`, and it had come by
  /// `answered`, in whole seconds since 1970 by this machine's clock.
  package mutating func note(date: Int64, asked: Int64, answered: Int64) {
    let (least, most) = (date - answered - 1, date + 1 - asked)
    // (This machine's clock was set back meanwhile.)
    guard least <= most else { return }
    let seen = least...most
    // With nothing in common, one of the clocks has been set since.
    lead = lead.map { $0.overlaps(seen) ? $0.clamped(to: seen) : seen } ?? seen
  }

  /// When something was by this machine's clock that the service dates so, in whole seconds.
  func span(of time: Int64) -> TimeSpan? {
    lead.map { TimeSpan(earliest: time - $0.upperBound, latest: time + 1 - $0.lowerBound) }
  }
}
