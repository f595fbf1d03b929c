/// When newer credentials are asked for although those at hand are still good. All in seconds since
/// 1970, of a clock that may be wrong: the service decides what has expired.
struct RefreshSchedule {
  /// Metadata services exchange credentials at least this long before they expire.
  static let margin: Int64 = 300
  /// How soon again, when there were no newer ones yet.
  static let interval: Int64 = 30
  /// How soon after a question the next one comes at the soonest.
  static let shortestPause: Int64 = 2

  private var pause = shortestPause

  /// The next time after a question at `now`, when by what it gave that would be `due`. What lasts for a moment only, time
  /// after time, is asked for at intervals that double: a command would else be started without end, and who needs newer
  /// ones, since the service refused these, asks anyway.
  mutating func paced(_ due: Int64?, at now: Int64) -> Int64? {
    guard let due else { return nil }
    guard due - now < Self.shortestPause else {
      pause = Self.shortestPause
      return due
    }
    defer { pause = min(2 * pause, Self.interval) }
    return now + pause
  }

  /// The first time, for credentials that came at `now`: early enough to try more than once, and not
  /// so early that short-lived ones are renewed all the time. Nil: never.
  static func due(expiration: Int64?, at now: Int64) -> Int64? {
    guard let expiration else { return nil }
    let lifetime = expiration - now
    guard lifetime > 0 else { return now + interval }
    return expiration - min(margin, max(lifetime / 5, 1))
  }

  /// The next time after an attempt at `now` that gave nothing newer.
  static func dueAgain(expiration: Int64?, at now: Int64) -> Int64? {
    guard let expiration else { return nil }
    return now + min(interval, max((expiration - now) / 3, 1))
  }
}
