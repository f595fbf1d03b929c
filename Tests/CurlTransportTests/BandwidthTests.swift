import Platform
import TestKit
import Testing

@testable import CurlTransport

@Suite struct TokenBucketTests {
  private static let second: Int64 = 1_000_000_000

  /// Whatever is asked for and when, the rate holds over 10 s, and over a tenth of a second.
  @Test(arguments: [65_536, 1 << 20, 1 << 30], [1_000, 16_384, 262_144])
  func theRateHoldsAndNothingComesInBursts(rate: Int, chunk: Int) {
    var bucket = TokenBucket(rate: rate, at: 0)
    var sent = 0
    var tenth = 0
    var mostOfTenth = 0
    for millisecond in 0..<Int64(10_000) {
      if millisecond % 100 == 0 {
        mostOfTenth = max(mostOfTenth, tenth)
        tenth = 0
      }
      let now = millisecond * 1_000_000
      while true {
        let taken = bucket.take(chunk, at: now)
        if taken == 0 { break }
        sent += taken
        tenth += taken
      }
    }
    #expect(abs(Double(sent) / 10 / Double(rate) - 1) < 0.02)
    #expect(Double(mostOfTenth) <= 0.21 * Double(rate))
  }

  @Test func aBodyInOnePieceIsLentAndPaidBack() {
    var bucket = TokenBucket(rate: 100_000, at: 0)
    let tooEarly = bucket.takeWhole(50_000, at: 0)
    let lent = bucket.takeWhole(50_000, at: Self.second / 10)
    let unpaid = bucket.take(1, at: Self.second / 4)
    let wait = bucket.wait(at: Self.second / 4)
    let paid = bucket.take(1_024, at: Self.second / 4 + wait)
    #expect([tooEarly, lent] == [false, true])
    #expect([unpaid, paid] == [0, 1_024])
    #expect(wait > 0)
  }

  @Test func whatIsNotUsedIsLost() {
    var bucket = TokenBucket(rate: 1_000_000, at: 0)
    let taken = bucket.take(1 << 30, at: 3_600 * Self.second)
    #expect(taken == 100_000)
  }
}

/// Bytes at a rate cannot be through before their time.
@Suite(.timeLimit(timeLimit)) struct BandwidthTests {
  private func upload(
    _ count: Int, of bytes: Int, rate: Int?, then: (HTTPTransport) -> Void = { _ in }
  ) throws -> Duration {
    let server = ScriptedServer { exchange in
      let isWhole = exchange.readBody().count == bytes
      exchange.reply(isWhole ? 200 : 400)
    }
    defer { server.stop() }
    let client = try Client()
    client.transport.limitBandwidth(rate)
    let file = try temporaryFile(variedBytes(bytes))
    let start = ContinuousClock.now
    client.submit(
      (0..<count).map { index in
        HTTPRequest(
          .put, server.url("/\(index)"), body: .file(file, offset: 0, length: bytes),
          token: UInt64(index))
      })
    then(client.transport)
    let completions = try client.collect(count)
    #expect(completions.allSatisfy { $0.reply?.status == 200 })
    client.transport.stop()
    return ContinuousClock.now - start
  }

  @Test(arguments: [(4, 300_000), (60, 20_000)]) func theRateIsKept(count: Int, bytes: Int) throws {
    let duration = try upload(count, of: bytes, rate: 1_000_000)
    // A tenth of a second of it may come at once, and one small body may be lent.
    #expect(duration > .milliseconds(count * bytes / 1_000 - 200))
  }

  @Test func aLimitThatIsLiftedHoldsNothingBack() throws {
    let duration = try upload(2, of: 2_000_000, rate: 65_536) { $0.limitBandwidth(nil) }
    #expect(duration < .seconds(50), "at that rate it would take a minute")
  }

  /// A body waits for bandwidth while its event loop is held up; when that goes on, it finds the connection
  /// broken and bandwidth there, both in one turn.
  @Test func aBodyThatMayGoOnAsItsConnectionBreaksOnlyFails() throws {
    let (begun, mayBreak) = (Inbox<Int>(), Inbox<Int>())
    let server = ScriptedServer { exchange in
      begun.post(exchange.connection)
      _ = mayBreak.next()
      exchange.reset()
    }
    defer { server.stop() }
    let (heldUp, mayGoOn, ended) = (Inbox<UInt64>(), Inbox<Int>(), Inbox<HTTPCompletion>())
    let settings = TransportSettings(connections: 1, userAgent: "test-agent/1")
    let transport = try HTTPTransport(settings) { batch in
      for completion in batch where completion.token == 1 {
        heldUp.post(completion.token)
        _ = mayGoOn.next()
      }
      ended.post(draining: &batch)
    }
    transport.limitBandwidth(1)
    let file = try temporaryFile(variedBytes(100_000))
    var requests = (0..<2).map { token in
      HTTPRequest(
        .put, server.url("/k"), body: .file(file, offset: 0, length: 100_000), token: token)
    }
    transport.submit(&requests)
    _ = begun.next()
    transport.cancel(1)
    _ = heldUp.next()
    transport.limitBandwidth(nil)
    mayBreak.post(1)
    try eventually("the connection is broken") { server.statistics.openConnections == 0 }
    mayGoOn.post(1)
    let failures = [ended.next(), ended.next()].map(\.failure)
    #expect(failures.first??.kind == .cancelled)
    #expect(failures.last??.mayHaveTakenEffect == true)
    transport.stop()
  }
}
