import Testing

@testable import CredentialSources

@Suite struct RefreshScheduleTests {
  @Test(
    arguments: [
      // An hour: five minutes before its end. Short ones: after four fifths.
      (3_600, 3_300), (36_000, 35_700), (1_500, 1_200), (100, 80), (10, 8), (3, 2), (1, 0),
      // It came expired, by our clock, which may be wrong: soon again.
      (0, 30), (-5, 30),
    ] as [(Int64, Int64)])
  func newerOnesAreAskedForAheadOfTime(lifetime: Int64, due: Int64) {
    let now: Int64 = 1_700_000_000
    #expect(RefreshSchedule.due(expiration: now + lifetime, at: now) == now + due)
  }

  @Test func whatLastsIsNotAskedFor() {
    #expect(RefreshSchedule.due(expiration: nil, at: 5) == nil)
    #expect(RefreshSchedule.dueAgain(expiration: nil, at: 5) == nil)
  }

  @Test(arguments: [(300, 30), (60, 20), (3, 1), (0, 1), (-1_000, 1)] as [(Int64, Int64)])
  func againMoreOftenTowardsTheEnd(left: Int64, wait: Int64) {
    #expect(RefreshSchedule.dueAgain(expiration: 1_000 + left, at: 1_000) == 1_000 + wait)
  }

  @Test func whatLastsForAMomentIsAskedForLessAndLessOften() {
    var schedule = RefreshSchedule()
    for pause: Int64 in [2, 4, 8, 16, 30, 30] {
      #expect(schedule.paced(1_000, at: 1_000) == 1_000 + pause)
    }
    #expect(schedule.paced(1_002, at: 1_000) == 1_002, "what lasts longer is asked for in time")
    #expect(schedule.paced(1_001, at: 1_000) == 1_002, "and then it begins anew")
    #expect(schedule.paced(nil, at: 1_000) == nil)
  }
}
