import BatchCore
import Platform
import Testing

@testable import BatchRunner

/// When a body that is read ahead of its request is given up.
@Suite struct BodiesAheadTests {
  private let start = Instant.now
  private let all = ReadProgress.OfAll()
  private let body = BodyID(place: 0, generation: 0)

  private func bodies() -> BodiesAhead {
    BodiesAhead(stallLimit: .seconds(30), progressOfAll: all)
  }

  /// Looks at them every second, as the run does; `read` says in which seconds another source is read. When the
  /// body is given up, in seconds from the start.
  private func givenUp(_ bodies: inout BodiesAhead, whileRead read: Range<Int> = 0..<0) -> Int? {
    let other = ReadProgress(all)
    for second in 1...100 {
      let now = start + .seconds(second)
      if read.contains(second) { other.note(at: now) }
      if !bodies.giveUpStalled(at: now).isEmpty { return second }
    }
    return nil
  }

  @Test func aBodyOfWhichNothingComesIsGivenUp() throws {
    var bodies = bodies()
    bodies.expect(body, of: EntryIndex(0)).note(at: start)
    let second = try #require(givenUp(&bodies))
    #expect((30...33).contains(second))
  }

  /// A checksum of a large file may keep the threads of its file system busy for long.
  @Test func aBodyThatNobodyHasBegunWaitsWhileOtherSourcesAreRead() throws {
    var bodies = bodies()
    _ = bodies.expect(body, of: EntryIndex(0))
    let second = try #require(givenUp(&bodies, whileRead: 0..<61))
    #expect((90...93).contains(second))
  }

  @Test func aBodyThatHangsIsGivenUpWhateverElseIsRead() throws {
    var bodies = bodies()
    bodies.expect(body, of: EntryIndex(0)).note(at: start)
    let second = try #require(givenUp(&bodies, whileRead: 0..<100))
    #expect((30...33).contains(second))
  }
}
