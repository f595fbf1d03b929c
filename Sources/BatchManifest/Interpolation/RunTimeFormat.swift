internal import Platform

/// How `${run.date:…}` and `${run.time:…}` are written: a part of strftime (POSIX), in UTC and English.
enum RunTimeFormat {
  static let date = "%Y-%m-%d"
  static let time = "%H%M%S"

  private static let letters = "YymdjHMSFTsGVuab%"

  /// Formats are as long as somebody would write one.
  private static let maximumLength = 64

  /// What is wrong with a format; nil: nothing.
  static func problem(_ format: String) -> String? {
    guard format.utf8.count <= maximumLength else {
      return "a format has at most \(maximumLength) bytes"
    }
    guard !format.holds(0) else { return "a format must not hold NUL" }
    var rest = format[...]
    while let percent = rest.firstIndex(of: "%") {
      rest = rest[percent...].dropFirst()
      guard let letter = rest.popFirst(), letters.contains(letter) else {
        let known = letters.map { "%\($0)" }.joined(separator: " ")
        return "\(quoted(format)) is not a format of time; known are \(known)"
      }
    }
    return nil
  }

  static func text(_ format: String, seconds: Int64) -> String {
    WallClock.formatted(seconds: seconds, format)
  }
}
