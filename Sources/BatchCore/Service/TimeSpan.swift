/// When something came to be that a service has dated by its own clock: between two times of this machine's, in seconds since
/// 1970. Each question is answered by the end that is safe for it.
package struct TimeSpan: Sendable, Equatable {
  private let earliest: Int64
  private let latest: Int64

  /// This machine's clock may have been set by so much, unnoticed, since a time was noted.
  private static let tolerance: Int64 = 5
  /// A clock that is further off is refused by the service.
  static let largestClockChange: Int64 = 900

  package init(earliest: Int64, latest: Int64) {
    self.earliest = earliest
    self.latest = latest
  }

  /// Too long to tell much: the answers by which the service's clock is known took their time, and another may be quicker.
  var isVague: Bool { latest - earliest > Self.tolerance }

  /// It was then or later, as far as clocks can be trusted.
  func isSince(_ time: Int64) -> Bool { earliest >= time - Self.tolerance }

  /// It was earlier, for certain.
  func isBefore(_ time: Int64) -> Bool { latest < time - Self.tolerance }

  /// It was later, for certain.
  func isAfter(_ time: Int64) -> Bool { earliest > time + Self.tolerance }
}
