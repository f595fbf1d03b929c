/// Moments as other programs write them.
package enum RFC3339Time {
  /// Seconds since 1970 of `2023-12-29T07:45:02Z`, with or without a fraction, or with an offset such
  /// as `+08:00` in the place of `Z` (RFC 3339 §5.6); nil when it is no such text.
  package static func seconds(_ text: String) -> Int64? {
    if text.hasSuffix("Z") { return CalendarTime(rfc3339: text)?.seconds }
    guard text.utf8.count > 6, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
    let offset = text.suffix(6)
    let numbers = offset.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
    guard offset.first == "+" || offset.first == "-", numbers.count == 2,
      let hours = twoDigits(numbers[0]), let minutes = twoDigits(numbers[1]), hours < 24,
      minutes < 60, let local = CalendarTime(rfc3339: text.dropLast(6) + "Z")
    else { return nil }
    let distance = Int64(hours * 3600 + minutes * 60)
    return offset.first == "+" ? local.seconds - distance : local.seconds + distance
  }

  private static func twoDigits(_ text: Substring) -> Int? {
    guard text.utf8.count == 2, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int(text)
  }
}
