import BatchCore
import OSSProtocol
import Platform
import Testing

/// What dated answers show of a service's clock.
@Suite struct ServiceClockTests {
  /// An object that was stored 100 s before the answer, as HEAD tells of it.
  private func stored(
    _ clock: inout ServiceClock, date: Int64, asked: Int64, answered: Int64
  ) throws -> TimeSpan? {
    let now = 1_800_000_000 as Int64
    let head = [
      "ETag": "e", "Content-Length": "1", "Date": httpDate(now + date),
      "Last-Modified": httpDate(now + date - 100),
    ]
    var raw = reply(200, head)
    (raw.asked, raw.answered) = (now + asked, now + answered)
    let meaning = ReplyInterpreter(try endpoint()).interpret(raw, to: .headObject, &clock)
    guard case .success(.object(let object)) = meaning.outcome else { return nil }
    return object.modified
  }

  private func httpDate(_ time: Int64) -> String {
    WallClock.formatted(seconds: time, "%a, %d %b %Y %H:%M:%S GMT")
  }

  private func span(_ earliest: Int64, _ latest: Int64) -> TimeSpan {
    TimeSpan(earliest: 1_800_000_000 + earliest, latest: 1_800_000_000 + latest)
  }

  @Test func aQuickAnswerShowsItWithinSeconds() throws {
    for lead in [Int64(0), 600, -600] {
      var clock = ServiceClock()
      let seen = try stored(&clock, date: lead, asked: 0, answered: 0)
      #expect(seen == span(-101, -98), "ahead by \(lead) s")
    }
  }

  /// A program that is stopped meanwhile, or a service that takes its time.
  @Test func aLateAnswerLeavesItOpenUnlessAnotherHasShownIt() throws {
    var clock = ServiceClock()
    #expect(try stored(&clock, date: 0, asked: 0, answered: 40) == span(-101, -58))
    #expect(try stored(&clock, date: 50, asked: 50, answered: 51) == span(-51, -47))
    #expect(try stored(&clock, date: 60, asked: 60, answered: 160) == span(-41, -37))
  }

  @Test func aClockThatWasSetIsBelievedAnew() throws {
    var clock = ServiceClock()
    #expect(try stored(&clock, date: 0, asked: 0, answered: 0) == span(-101, -98))
    #expect(try stored(&clock, date: 130, asked: 10, answered: 10) == span(-91, -88))
    // Ours, between request and answer: nothing is learned from it.
    #expect(try stored(&clock, date: 140, asked: 20, answered: -500) == span(-81, -78))
  }
}
