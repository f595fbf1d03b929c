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
      $0.stallSeconds = 1
    }
    #expect(failure.kind == .stalled)
    #expect(failure.mayHaveTakenEffect)
    #expect(failure.message.contains("Less than 1024 bytes/sec"))
  }

  @Test(arguments: [1000, 2 << 20])
  func fileThatBecameShorter(length: Int) throws {
    let server = ScriptedServer { exchange in
      _ = exchange.readBody()
      exchange.waitForEnd()
    }
    defer { server.stop() }
    let file = try temporaryFile(variedBytes(length))
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
    let directory = SourceFile(owning: try FileDescriptor.open("/tmp", O_RDONLY), path: "data.bin")
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
