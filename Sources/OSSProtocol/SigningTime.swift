/// The forms of one second that signatures need; made anew only when the second changes.
struct SigningTime {
  let seconds: Int64
  /// `20231216`.
  let day: String
  /// `20231216T162057Z`.
  let compact: String
  /// `Sat, 16 Dec 2023 16:20:57 GMT`.
  let httpDate: String

  init(seconds: Int64) {
    let time = CalendarTime(seconds: seconds)
    self.seconds = seconds
    day = time.compactDate
    compact = time.compact
    httpDate = time.httpDate
  }
}
