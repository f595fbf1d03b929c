internal import Platform

/// Whether a request still moves. Its body must arrive, and its reply come in, at a least speed; between
/// the two the server may think for a while. There is no limit on the whole time: it would forbid large
/// bodies on slow lines.
struct StallWatch: Sendable {
  /// What can be seen of a request at some moment.
  struct Progress: Sendable, Equatable {
    /// Bytes of the body that the other side has acknowledged.
    var bodyBytes = 0
    /// That is all of them.
    var isDelivered = false
    var replyBytes = 0
    /// It waits for bandwidth, and so cannot be blamed for being slow.
    var isHeld = false
  }

  fileprivate enum Phase: Sendable { case sending, waiting, receiving }

  /// For so long fewer than `leastBytes` may move.
  private let limit: Duration
  private let leastBytes: Int
  /// From the last byte of the body to the first of the reply.
  private let replyLimit: Duration
  private var phase = Phase.sending
  private var since: Instant
  /// How many bytes are enough to begin the time anew.
  private var goal: Int

  init(_ settings: TransportSettings, thinkingTime: Duration, at now: Instant) {
    limit = settings.stallLimit
    leastBytes = settings.leastStallBytes
    replyLimit = settings.replyLimit + thinkingTime
    since = now
    goal = leastBytes
  }

  /// Why the request is to be given up now, in words for people; nil: it goes on.
  mutating func look(_ progress: Progress, at now: Instant) -> String? {
    let phase = Phase(progress)
    let moved = phase == .receiving ? progress.replyBytes : progress.bodyBytes
    if phase != self.phase || progress.isHeld || (phase != .waiting && moved >= goal) {
      self.phase = phase
      since = now
      goal = moved + leastBytes
      return nil
    }
    let waited = Duration.nanoseconds(now.nanoseconds - since.nanoseconds)
    switch phase {
    case .waiting:
      guard waited >= replyLimit else { return nil }
      return "no reply for \(replyLimit.inWords)"
    case .sending, .receiving:
      guard waited >= limit else { return nil }
      return "less than \(leastBytes) bytes in \(limit.inWords)"
    }
  }
}

extension StallWatch.Phase {
  fileprivate init(_ progress: StallWatch.Progress) {
    self = progress.replyBytes > 0 ? .receiving : progress.isDelivered ? .waiting : .sending
  }
}

extension Duration {
  package var inWords: String {
    let (seconds, attoseconds) = components
    let milliseconds = attoseconds / 1_000_000_000_000_000
    return milliseconds == 0 ? "\(seconds) s" : "\(1_000 * seconds + milliseconds) ms"
  }
}
