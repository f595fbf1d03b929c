import CurlTransport
import Foundation
import Platform
import Testing

/// Cancelling, stopping, and what remains afterwards.
@Suite(.timeLimit(timeLimit))
struct LifecycleTests {
  /// A server that answers nothing, with a client that has four requests there and six waiting.
  private func withRequestsInFlight(_ body: (Client) throws -> Void) throws {
    let arrived = Inbox<Int>()
    let server = ScriptedServer { exchange in
      if exchange.requestLine.contains("/answer") { return exchange.reply() }
      arrived.post(exchange.connection)
      exchange.waitForEnd()
    }
    defer { server.stop() }
    let client = try Client(connections: 4)
    client.submit((0..<10).map { HTTPRequest(.put, server.url("/\($0)"), token: $0) })
    for _ in 0..<4 { _ = arrived.next() }
    try body(client)
    let completions = try client.collect(10)
    #expect(completions.map(\.token) == Array(0..<10))
    #expect(completions.allSatisfy { $0.failure?.kind == .cancelled })
    #expect(completions.count { $0.failure?.mayHaveTakenEffect == true } == 4)
    client.transport.stop()
  }

  @Test func cancelAllEndsEveryRequest() throws {
    try withRequestsInFlight { $0.transport.cancelAll() }
  }

  @Test func stopEndsEveryRequest() throws {
    try withRequestsInFlight { client in
      client.transport.stop()
      client.transport.stop()
    }
  }

  @Test func anExpectedRequestMayComeOrNot() throws {
    let server = ScriptedServer { $0.reply() }
    defer { server.stop() }
    for requests in 0...1 {
      let client = try Client(connections: 2)
      client.transport.expectRequests()
      client.transport.expectRequests()
      for _ in 0..<requests {
        #expect(try client.perform(HTTPRequest(.get, server.url("/"))).reply?.status == 200)
      }
      client.transport.beginStop()
      client.transport.stop()
    }
  }

  @Test func aTransportWorksOnAfterCancelAll() throws {
    let arrived = Inbox<Int>()
    let server = ScriptedServer { exchange in
      if exchange.requestLine.contains("/answer") { return exchange.reply() }
      arrived.post(exchange.connection)
      exchange.waitForEnd()
    }
    defer { server.stop() }
    let client = try Client(connections: 2)
    for _ in 0..<10 {
      client.submit([HTTPRequest(.put, server.url("/hang"))])
      _ = arrived.next()
      client.transport.cancelAll()
      #expect(try client.collect(1).first?.failure?.kind == .cancelled)
      #expect(try client.perform(HTTPRequest(.get, server.url("/answer"))).reply?.status == 200)
    }
    client.transport.stop()
  }

  /// In a process of its own, where nothing else makes threads or opens files.
  @Test func transportsLeaveNoThreadAndNoDescriptor() async {
    await #expect(processExitsWith: .success) {
      func useTransport() throws {
        let server = ScriptedServer { $0.reply() }
        defer { server.stop() }
        let client = try Client(connections: 3)  // stopped by going out of scope
        #expect(try client.perform(HTTPRequest(.get, server.url("/"))).reply?.status == 200)
      }
      try useTransport()
      let threads = try count("/proc/self/task")
      let descriptors = try count("/proc/self/fd")
      for _ in 0..<50 { try useTransport() }
      #expect(try count("/proc/self/fd") == descriptors)
      #expect(try count("/proc/self/task") <= threads)
    }
  }

  @Test func theLibraryNamesItself() {
    #expect(HTTPTransport.libraryVersion.hasPrefix("libcurl/"))
  }
}

private func count(_ directory: String) throws -> Int {
  try FileManager.default.contentsOfDirectory(atPath: directory).count
}
