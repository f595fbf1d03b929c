/// A moment in UTC, taken apart: the forms that signatures, headers and replies write times in.
/// Pure arithmetic on the proleptic Gregorian calendar, no clock and no time zone data.
struct CalendarTime: Equatable {
  var year: Int
  /// 1 … 12.
  var month: Int
  /// 1 … 31.
  var day: Int
  var hour: Int
  var minute: Int
  var second: Int

  private static let monthNames = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  private static let weekdayNames = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

  /// Nil when a number is outside its range.
  private init?(_ date: (year: Int, month: Int, day: Int), _ time: (Int, Int, Int)) {
    guard (1...9999).contains(date.year), (1...12).contains(date.month),
      (1...31).contains(date.day), (0...23).contains(time.0), (0...59).contains(time.1),
      (0...60).contains(time.2)
    else { return nil }
    (year, month, day) = date
    (hour, minute, second) = time
  }

  /// From seconds since 1970. The civil date counts eras of 400 years from 0000-03-01.
  init(seconds: Int64) {
    let days = Int(seconds >= 0 ? seconds : seconds - 86_399) / 86_400
    let rest = Int(seconds) - days * 86_400
    (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// Days since 1970-01-01.
  private var days: Int {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// Seconds since 1970.
  var seconds: Int64 { Int64(days * 86_400 + hour * 3600 + minute * 60 + second) }

  /// `20231216`.
  var compactDate: String { padded(year, 4) + padded(month, 2) + padded(day, 2) }

  /// `20231216T162057Z`, the form of `x-oss-date`.
  var compact: String {
    compactDate + "T" + padded(hour, 2) + padded(minute, 2) + padded(second, 2) + "Z"
  }

  /// `Sat, 16 Dec 2023 16:20:57 GMT`, the form of `Date` (RFC 9110 §5.6.7).
  var httpDate: String {
    let weekday = Self.weekdayNames[((days % 7) + 7) % 7]
    let date = "\(padded(day, 2)) \(Self.monthNames[month - 1]) \(padded(year, 4))"
    return "\(weekday), \(date) \(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2)) GMT"
  }

  private func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// Reads `Sat, 16 Dec 2023 16:20:57 GMT`.
  init?(httpDate text: String) {
    let words = text.split(separator: " ")
    guard words.count == 6, words[0].hasSuffix(","), words[5] == "GMT",
      let month = Self.monthNames.firstIndex(of: String(words[2])),
      let day = Self.number(words[1]), let year = Self.number(words[3]),
      let time = Self.time(words[4])
    else { return nil }
    self.init((year, month + 1, day), time)
  }

  /// Reads `2023-12-16T16:20:57.000Z`, with or without the fraction.
  init?(rfc3339 text: String) {
    guard text.hasSuffix("Z") else { return nil }
    let halves = text.dropLast().split(separator: "T")
    guard halves.count == 2, let clock = halves[1].split(separator: ".").first,
      let time = Self.time(clock)
    else { return nil }
    let date = halves[0].split(separator: "-").compactMap(Self.number)
    guard date.count == 3 else { return nil }
    self.init((date[0], date[1], date[2]), time)
  }

  private static func time(_ text: Substring) -> (Int, Int, Int)? {
    let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map(number)
    guard numbers.count == 3, let hour = numbers[0], let minute = numbers[1],
      let second = numbers[2]
    else { return nil }
    return (hour, minute, second)
  }

  private static func number(_ text: Substring) -> Int? {
    guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) })
    else { return nil }
    return Int(text)
  }
}
