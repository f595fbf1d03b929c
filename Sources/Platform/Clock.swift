package import Glibc

/// A moment of the monotonic clock, in nanoseconds since an arbitrary start. Deadlines and
/// durations use this clock; only signatures and what people read use the calendar.
package struct Instant: Comparable, Sendable {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  package static var now: Instant {
    var time = Glibc.timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  package static func < (left: Instant, right: Instant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// At most a century later, so that no wish can overflow.
  package static func + (start: Instant, duration: Duration) -> Instant {
    let seconds = min(max(duration.components.seconds, 0), Duration.century.components.seconds)
    let fraction = max(duration.components.attoseconds, 0) / 1_000_000_000
    return Instant(nanoseconds: start.nanoseconds + seconds * 1_000_000_000 + fraction)
  }

  /// Waits until the moment has come.
  package func sleep() {
    var time = timespec
    while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
  }

  package var timespec: Glibc.timespec {
    Glibc.timespec(
      tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  }
}

extension Duration {
  /// Longer than anybody waits, and short enough to be counted in nanoseconds and bytes.
  package static let century = Duration.seconds(3_155_760_000)
}

/// Calendar time.
package enum WallClock {
  /// Nanoseconds since 1970 (UTC).
  package static var nanoseconds: Int64 {
    var time = Glibc.timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Seconds since 1970 (UTC).
  package static var seconds: Int64 { Int64(time(nil)) }

  /// The minute of the day by local time, and how many seconds of it are left.
  package static var localMinute: (minute: Int, secondsLeft: Int) {
    var time = time(nil)
    var parts = tm()
    localtime_r(&time, &parts)
    return (Int(parts.tm_hour) * 60 + Int(parts.tm_min), max(1, 60 - Int(parts.tm_sec)))
  }

  /// RFC 3339 with milliseconds in UTC, e.g. `2026-01-31T23:59:58.250Z`.
  package static func rfc3339(nanoseconds: Int64) -> String {
    // Times before 1970 are negative, their fractions are not.
    let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    let seconds = rest < 0 ? whole - 1 : whole
    let milliseconds = (rest < 0 ? rest + 1_000_000_000 : rest) / 1_000_000
    let digits = String(1_000 + milliseconds).dropFirst()
    return formatted(seconds: seconds, "%Y-%m-%dT%H:%M:%S") + "." + digits + "Z"
  }

  /// `strftime` in UTC and the C locale's words. The format is text without NUL.
  package static func formatted(seconds: Int64, _ format: String) -> String {
    var time = time_t(seconds)
    var parts = tm()
    gmtime_r(&time, &parts)
    // `%s` of the last second that there is takes 20 bytes, and no other two letters take more. What does not fit
    // would be no text at all.
    var buffer = [CChar](repeating: 0, count: format.utf8.count * 10 + 1)
    let length = strftime(&buffer, buffer.count, format, &parts)
    return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
