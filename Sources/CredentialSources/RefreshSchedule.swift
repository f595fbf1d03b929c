/// When newer credentials are asked for although those at hand are still good. All in seconds since
/// 1970, of a clock that may be wrong: the service decides what has expired.
enum RefreshSchedule {
  /// Metadata services exchange credentials at least this long before they expire.
  static let margin: Int64 = 300
  /// How soon again, when there were no newer ones yet.
  static let interval: Int64 = 30

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
