internal import BatchCore
internal import BatchRunner

/// How far a run is, and how fast of late: from the progress that it tells now and then.
struct ProgressMeter {
  /// The rate is that of so many milliseconds, or of the time since the last sample but one.
  private static let window = 10_000
  /// No time left is told that is longer.
  private static let longest = 1e15

  private var samples: [(milliseconds: Int, sent: Int)] = [(0, 0)]
  private var newest = (sent: 0, kept: 0, planned: 0)
  private var isPlanKnown = false

  mutating func note(_ progress: RunProgress, milliseconds: Int) {
    // (What is under way counts as sent. A failed attempt takes it back, which nobody likes to see.)
    let sent = progress.summary.bytesSent + progress.bytesUnderWay
    newest = (max(newest.sent, sent), progress.summary.bytesKept, max(progress.bytesPlanned, 0))
    isPlanKnown = progress.hasInspectedAll
    samples.append((milliseconds, sent))
    while samples.count > 2, samples[1].milliseconds <= milliseconds - Self.window {
      samples.removeFirst()
    }
  }

  /// Bytes that the service has, or is being sent.
  var moved: Int { min(newest.sent + newest.kept, max(newest.planned, newest.kept)) }

  /// 0 … 1; nil while nobody knows what of.
  var share: Double? {
    guard isPlanKnown, newest.planned > 0 else { return nil }
    return Double(moved) / Double(newest.planned)
  }

  /// Bytes a second.
  var rate: Int {
    guard let first = samples.first, let last = samples.last,
      last.milliseconds > first.milliseconds
    else { return 0 }
    return Int(
      Double(max(0, last.sent - first.sent)) * 1_000
        / Double(last.milliseconds - first.milliseconds))
  }

  /// Milliseconds until the end at this rate; nil while that is not known.
  var remaining: Int? {
    let left = newest.planned - moved
    guard isPlanKnown, rate > 0, left > 0, (samples.last?.milliseconds ?? 0) > 2_000 else {
      return nil
    }
    return Int(min(Double(left) / Double(rate) * 1_000, Self.longest))
  }
}
