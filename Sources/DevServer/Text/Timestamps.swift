internal import Glibc
internal import Platform

/// The three spellings of a moment that OSS uses. Seconds since 1970 (UTC) throughout.
enum Timestamps {
  /// `Wed, 28 Dec 2022 10:27:41 GMT`: the `Date` and `Last-Modified` headers.
  static func rfc1123(_ seconds: Int64) -> String {
    WallClock.formatted(seconds: seconds, "%a, %d %b %Y %H:%M:%S GMT")
  }

  /// `2022-12-28T10:27:41.000Z`: times in XML documents.
  static func iso8601(_ seconds: Int64) -> String {
    WallClock.formatted(seconds: seconds, "%Y-%m-%dT%H:%M:%S.000Z")
  }

  /// The moment of an RFC 1123 date; nil when it is not one.
  static func parseRFC1123(_ text: String) -> Int64? {
    let words = text.split(separator: " ")
    guard words.count == 6, words[0].hasSuffix(","), words[5] == "GMT",
      let month = months.firstIndex(of: String(words[2]))
    else { return nil }
    let clock = words[4].split(separator: ":", omittingEmptySubsequences: false)
    guard clock.count == 3 else { return nil }
    return moment([words[3], Substring(String(month + 1)), words[1]] + clock)
  }

  /// The moment of `20221228T102741Z`, the form of `x-oss-date` under V4; nil when it is not one.
  static func parseCompact(_ text: String) -> Int64? {
    let letters = Array(text.utf8)
    guard letters.count == 16, letters[8] == UInt8(ascii: "T"), letters[15] == UInt8(ascii: "Z")
    else { return nil }
    let fields = [0..<4, 4..<6, 6..<8, 9..<11, 11..<13, 13..<15]
    return moment(fields.map { Substring(String(decoding: letters[$0], as: UTF8.self)) })
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// From year, month, day, hour, minute, second; nil when one is out of its range.
  private static func moment(_ fields: [Substring]) -> Int64? {
    let ranges: [ClosedRange<Int32>] = [1970...9999, 1...12, 1...31, 0...23, 0...59, 0...60]
    let numbers = fields.compactMap { $0.utf8.allSatisfy(isDigit) ? Int32($0) : nil }
    guard numbers.count == ranges.count, zip(ranges, numbers).allSatisfy({ $0.contains($1) })
    else { return nil }
    var parts = tm()
    parts.tm_year = numbers[0] - 1900
    parts.tm_mon = numbers[1] - 1
    parts.tm_mday = numbers[2]
    parts.tm_hour = numbers[3]
    parts.tm_min = numbers[4]
    parts.tm_sec = numbers[5]
    return Int64(timegm(&parts))
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
