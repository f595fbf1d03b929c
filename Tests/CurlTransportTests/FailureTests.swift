import CurlTransport
import Glibc
import Platform
import Testing

/// Requests that get no reply: which failure, which words, and whether they may have had an effect.
@Suite(.timeLimit(timeLimit))
struct FailureTests {
  private func failure(
    _ request: HTTPRequest, adjust: (inout TransportSettings) -> Void = { _ in }
  ) throws -> TransportFailure {
    let client = try Client(adjust: adjust)
    defer { client.transport.stop() }
    return try #require(try client.perform(request).failure)
  }

  @Test func refusedConnection() throws {
    let server = ScriptedServer { _ in }
    let url = server.url("/b/k?secret")
    server.stop()
    let failure = try failure(HTTPRequest(.put, url, body: .bytes([1])))
    #expect(failure.kind == .connect)
    #expect(failure.mayHaveTakenEffect == false)
    #expect(failure.message.hasPrefix("cannot connect to http://127.0.0.1:\(server.port): Failed"))
    #expect(failure.message.contains("secret") == false)
  }

  /// A label that no name can have, so that no name server is asked.
  @Test func unknownHost() throws {
    let name = String(repeating: "x", count: 70) + ".invalid"
    let failure = try failure(HTTPRequest(.get, "http://\(name)/k"))
    #expect(failure.kind == .resolve)
    #expect(failure.mayHaveTakenEffect == false)
    #expect(
      failure.message
        == "cannot resolve the name of http://\(name): Could not resolve host: \(name)")
  }

  @Test(arguments: ["ftp://127.0.0.1/k", "http://", "not a url", ""])
  func impossibleURL(url: String) throws {
    let failure = try failure(HTTPRequest(.get, url))
    guard case .internal = failure.kind else {
      Issue.record("\(failure)")
      return
    }
    #expect(failure.mayHaveTakenEffect == false)
  }

  @Test func unknownProfileAndBodyWithGet() throws {
    var request = HTTPRequest(.get, "http://127.0.0.1:1/k")
    request.profile = 7
    #expect(try failure(request).kind == .internal("no connection profile 7"))
    request.profile = 0
    request.body = .bytes([1])
    #expect(try failure(request).kind == .internal("GET and HEAD carry no body"))
  }

  @Test func resetInTheMiddleOfTheBody() throws {
    let server = ScriptedServer { exchange in
      _ = exchange.readBody(atMost: 100_000)
      exchange.reset()
    }
    defer { server.stop() }
    let file = try temporaryFile(variedBytes(8 << 20))
    let body = HTTPRequest.Body.file(file, offset: 0, length: 8 << 20)
    let failure = try failure(HTTPRequest(.put, server.url("/k"), body: body))
    #expect(failure.kind == .sendFailed || failure.kind == .receiveFailed)
    #expect(failure.mayHaveTakenEffect)
  }

  @Test func closedWithoutAReply() throws {
    let server = ScriptedServer { exchange in
      _ = exchange.readBody()
      exchange.close()
    }
    defer { server.stop() }
    let failure = try failure(HTTPRequest(.put, server.url("/k"), body: .bytes([1, 2, 3])))
    #expect(failure.kind == .receiveFailed)
    #expect(failure.mayHaveTakenEffect)
    #expect(
      failure.message.hasPrefix("the connection to http://127.0.0.1:\(server.port) ended before"))
  }

  @Test func stalledReply() throws {
    let server = ScriptedServer { $0.waitForEnd() }
    defer { server.stop() }
    let failure = try failure(HTTPRequest(.put, server.url("/k"), body: .bytes([1]))) {
      $0.stallLimit = .milliseconds(500)
    }
    #expect(failure.kind == .stalled)
    #expect(failure.mayHaveTakenEffect)
    #expect(failure.message.hasSuffix("stalled: no reply for 1 s"), "\(failure.message)")
  }

  /// What is in the sockets' buffers has not moved as long as nobody takes it out.
  @Test(arguments: [40_000, 64 << 20]) func aBodyThatNobodyTakes(length: Int) throws {
    let server = ScriptedServer { exchange in
      poll(nil, 0, 4_000)
      exchange.close()
    }
    defer { server.stop() }
    let file = try temporaryFile([1])
    #expect(ftruncate(file.descriptor.raw, length) == 0)
    let body = HTTPRequest.Body.file(file, offset: 0, length: length)
    let failure = try failure(HTTPRequest(.put, server.url("/k"), body: body)) {
      $0.stallLimit = .milliseconds(500)
    }
    #expect(failure.kind == .stalled)
    let words = length < 1 << 20 ? "no reply for 1 s" : "less than 512 bytes in 500 ms"
    #expect(failure.message.hasSuffix(words), "\(failure.message)")
  }

  @Test func aReplyThatOnlyDrips() throws {
    let server = ScriptedServer { exchange in
      _ = exchange.readBody()
      exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
      while exchange.isWritable {
        exchange.send("x")
        poll(nil, 0, 20)
      }
      exchange.close()
    }
    defer { server.stop() }
    let failure = try failure(HTTPRequest(.get, server.url("/k"))) { $0.stallLimit = .seconds(1) }
    #expect(failure.kind == .stalled)
    #expect(failure.message.hasSuffix("less than 1024 bytes in 1 s"), "\(failure.message)")
  }

  /// Slow in all, but never below the least speed.
  @Test func whatMovesIsNoStall() throws {
    let server = ScriptedServer { exchange in
      for _ in 0..<30 {
        _ = exchange.readBody(atMost: 100_000)
        poll(nil, 0, 80)
      }
      exchange.reply()
    }
    defer { server.stop() }
    let client = try Client { $0.stallLimit = .seconds(1) }
    let file = try temporaryFile([1])
    #expect(ftruncate(file.descriptor.raw, 3_000_000) == 0)
    let body = HTTPRequest.Body.file(file, offset: 0, length: 3_000_000)
    let completion = try client.perform(HTTPRequest(.put, server.url("/k"), body: body))
    #expect(completion.reply?.status == 200, "\(String(describing: completion.failure))")
    client.transport.stop()
  }

  @Test func whoNeedsMoreTimeToReplyHasIt() throws {
    let server = ScriptedServer { exchange in
      _ = exchange.readBody()
      poll(nil, 0, 700)
      exchange.reply()
    }
    defer { server.stop() }
    let client = try Client { $0.stallLimit = .milliseconds(100) }
    var request = HTTPRequest(.put, server.url("/k"), body: .bytes([1]))
    #expect(try client.perform(request).failure?.kind == .stalled)
    request.thinkingTime = .seconds(20)
    #expect(try client.perform(request).reply?.status == 200)
    client.transport.stop()
  }

  /// Slow because it was asked to be is no stall.
  @Test func whatWaitsForBandwidthIsNoStall() throws {
    let server = ScriptedServer { exchange in
      _ = exchange.readBody()
      exchange.reply()
    }
    defer { server.stop() }
    let client = try Client(connections: 16) { $0.stallLimit = .seconds(1) }
    client.transport.limitBandwidth(400_000)
    let file = try temporaryFile([1])
    #expect(ftruncate(file.descriptor.raw, 70_000) == 0)
    let requests = (0..<16).map { index in
      HTTPRequest(
        .put, server.url("/\(index)"), body: .file(file, offset: 0, length: 70_000),
        token: UInt64(index))
    }
    #expect(try client.perform(requests).allSatisfy { $0.reply?.status == 200 })
    client.transport.stop()
  }

  /// One is cancelled, on its connection or before it has one; the others go on.
  @Test func oneIsCancelled() throws {
    let server = ScriptedServer { exchange in
      if exchange.requestLine.contains("/slow") { return exchange.waitForEnd() }
      exchange.reply()
    }
    defer { server.stop() }
    let client = try Client(connections: 1)
    client.submit([
      HTTPRequest(.get, server.url("/slow"), token: 1),
      HTTPRequest(.get, server.url("/a"), token: 2),
      HTTPRequest(.get, server.url("/b"), token: 3),
    ])
    client.transport.cancel(2)
    #expect(try client.collect(1).map(\.failure?.kind) == [.cancelled])
    client.transport.cancel(7)
    client.transport.cancel(1)
    let rest = try client.collect(2)
    #expect(rest.map(\.token) == [1, 3])
    #expect(rest.first?.failure?.kind == .cancelled)
    #expect(rest.last?.reply?.status == 200)
    client.transport.stop()
  }

  @Test(arguments: [1000, 2 << 20], ["/tmp", "/dev/shm"])
  func fileThatBecameShorter(length: Int, directory: String) throws {
    let server = ScriptedServer { exchange in
      _ = exchange.readBody()
      exchange.waitForEnd()
    }
    defer { server.stop() }
    let file = try temporaryFile(variedBytes(length), in: directory)
    #expect(ftruncate(file.descriptor.raw, length - 1) == 0)
    let body = HTTPRequest.Body.file(file, offset: 10, length: length - 10)
    let failure = try failure(HTTPRequest(.put, server.url("/k"), body: body))
    #expect(failure.kind == .sourceTooShort)
    #expect(
      failure.message
        == "data.bin ends at byte \(length - 1), before byte \(length) that is to be sent: it "
        + "became shorter")
  }

  @Test(arguments: [1000, 2 << 20])
  func fileThatCannotBeRead(length: Int) throws {
    let server = ScriptedServer { exchange in
      _ = exchange.readBody()
      exchange.waitForEnd()
    }
    defer { server.stop() }
    let directory = SourceFile(
      owning: try FileDescriptor.open("/tmp", O_RDONLY), path: "data.bin", waitsFor: nil)
    let body = HTTPRequest.Body.file(directory, offset: 0, length: length)
    let failure = try failure(HTTPRequest(.put, server.url("/k"), body: body))
    #expect(failure.kind == .sourceReadFailed(code: EISDIR))
    #expect(failure.message == "cannot read data.bin: Is a directory")
  }

  /// After each failure the same handle carries out a good request.
  @Test func aFailureLeavesNothingBehind() throws {
    let server = ScriptedServer { exchange in
      let body = exchange.readBody()
      if exchange.requestLine.contains("/close") { return exchange.close() }
      exchange.reply(body: body)
    }
    defer { server.stop() }
    let client = try Client(connections: 1)
    let file = try temporaryFile(variedBytes(100_000))
    let failing: [HTTPRequest] = [
      HTTPRequest(.put, server.url("/close")), HTTPRequest(.get, "http://"),
      HTTPRequest(.put, server.url("/k"), body: .file(file, offset: 50_000, length: 100_000)),
    ]
    for request in failing {
      #expect(try client.perform(request).failure != nil)
      let body = HTTPRequest.Body.file(file, offset: 0, length: 100_000)
      #expect(
        try client.perform(HTTPRequest(.put, server.url("/k"), body: body)).reply?.body
          == variedBytes(100_000))
    }
    client.transport.stop()
  }
}
