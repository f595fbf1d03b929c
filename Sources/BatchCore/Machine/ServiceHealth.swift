/// Whether the service is there at all. While requests fail in a way that tells nothing of the object
/// (no connection, no answer, server errors) and nothing succeeds, it is doubted, and one small request
/// asks. Without an answer to that it is away: until it answers, only such probes are sent, at growing
/// intervals.
package struct ServiceHealth: Sendable {
  package enum State: Sendable, Equatable {
    case answering
    /// A probe is wanted, or under way.
    case doubted
    /// No probe was answered since it was doubted.
    case away(probes: Int)
  }

  /// Failures in a row, with nothing answered between them, that raise doubt: at least this many, and
  /// half of the slots.
  static let failuresForDoubt = 8
  /// The same for connections that did not come to be.
  static let refusalsForDoubt = 3
  /// Answers that ask for less are no doubt but for this long without any other.
  static let throttledForDoubt: Int64 = 3_000_000_000
  static let firstInterval: Int64 = 500_000_000
  package static let longestInterval: Int64 = 15_000_000_000

  package private(set) var state = State.answering
  /// Any request was ever answered.
  package private(set) var wasReached = false
  /// When the failures in a row began; nil: the last answer was none of them.
  package private(set) var failingSince: Int64?
  /// The newest time of sending of all requests that were answered: the service was there then, or later.
  package private(set) var provenAt: Int64?
  /// The newest of the failures.
  package private(set) var cause: Failure?
  /// When the next probe is due; nil: one is under way, or none is wanted.
  package private(set) var nextProbe: Int64?
  /// When the one was sent that is under way, or the last.
  private var probedAt: Int64 = 0
  private var failures = 0
  private var refusals = 0

  package init() {}

  /// The service has answered a request that was sent at that time. True when it had been away.
  package mutating func answered(requestOf sentAt: Int64) -> Bool {
    let wasAway = isAway
    state = .answering
    wasReached = true
    provenAt = max(provenAt ?? sentAt, sentAt)
    failingSince = nil
    nextProbe = nil
    failures = 0
    refusals = 0
    return wasAway
  }

  /// A request failed in a way that raises doubt.
  package mutating func failed(_ failure: Failure, limit: Int, at now: Int64) {
    if failure.status > 0 { wasReached = true }
    let since = failingSince ?? now
    failingSince = since
    cause = failure
    failures += 1
    if failure.kind == .unreachable { refusals += 1 }
    let isLasting = failure.kind != .throttled || now - since >= Self.throttledForDoubt
    let isMuch = failures >= max(Self.failuresForDoubt, limit / 2) && isLasting
    if isMuch || refusals >= Self.refusalsForDoubt { doubt(at: now) }
  }

  /// Asks for a probe at once.
  package mutating func doubt(at now: Int64) {
    guard state == .answering else { return }
    state = .doubted
    nextProbe = now
  }

  package mutating func probeIsSent(at now: Int64) {
    nextProbe = nil
    probedAt = now
  }

  /// Whether a probe is under way that was sent since then.
  func asks(since time: Int64) -> Bool { isAway && nextProbe == nil && probedAt >= time }

  /// The probe was not answered. `jitter`: 0 … 1, the share of half of the interval.
  package mutating func probeFailed(_ failure: Failure, at now: Int64, jitter: Double) {
    if failure.status > 0 { wasReached = true }
    cause = failure
    failingSince = failingSince ?? now
    let probes = if case .away(let before) = state { before + 1 } else { 1 }
    state = .away(probes: probes)
    let interval = min(Self.longestInterval, Self.firstInterval << Int64(min(probes - 1, 10)))
    let asked = Int64(min(failure.delayMilliseconds ?? 0, RetryPolicy.longestHonouredMilliseconds))
    nextProbe = now + max(interval / 2 + Int64(Double(interval / 2) * jitter), asked * 1_000_000)
  }

  package var isAway: Bool { if case .away = state { true } else { false } }
}

extension Failure {
  /// The service itself is in doubt, not only this request: it was not reached, did not answer, or
  /// answered with an error of its own.
  var doubtsService: Bool {
    switch kind {
    case .unreachable, .throttled: true
    case .transient: status == 0 || status >= 500
    default: false
    }
  }

  /// Somebody answered who knows the request.
  var provesService: Bool { status > 0 && !doubtsService }

  /// No other request would fare better.
  package var endsRun: Bool { kind == .fatal || kind == .misconfigured }

  /// The service looked at more of the request than who had signed it, and when.
  package var provesCredentials: Bool {
    provesService && kind != .credentialsExpired && kind != .clockSkew
  }
}
