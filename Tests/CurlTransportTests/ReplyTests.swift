import CurlTransport
import Testing

/// What comes back, as the caller sees it.
@Suite(.timeLimit(timeLimit))
struct ReplyTests {
  private func perform(
    _ request: (String) -> HTTPRequest = { HTTPRequest(.get, $0) },
    _ script: @escaping @Sendable (Exchange) -> Void
  ) throws -> HTTPCompletion {
    let server = ScriptedServer(script)
    defer { server.stop() }
    let client = try Client()
    defer { client.transport.stop() }
    return try client.perform(request(server.url("/k")))
  }

  @Test func headAndBodyAreRaw() throws {
    let completion = try perform { exchange in
      exchange.send("HTTP/1.1 404 No Such Key\r\nContent-Length: 4\r\nX-A:  b \r\n\r\n<E/>")
    }
    #expect(
      completion.reply
        == HTTPReply(
          status: 404,
          head: Array("HTTP/1.1 404 No Such Key\r\nContent-Length: 4\r\nX-A:  b \r\n\r\n".utf8),
          body: Array("<E/>".utf8)))
  }

  @Test func interimResponsesAndTrailersAreNotInTheHead() throws {
    let final = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    let completion = try perform { exchange in
      exchange.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
      exchange.send(final + "3\r\nabc\r\n0\r\nX-Trailer: y\r\n\r\n")
    }
    #expect(
      completion.reply == HTTPReply(status: 200, head: Array(final.utf8), body: Array("abc".utf8)))
  }

  @Test func redirectsAreNotFollowed() throws {
    let completion = try perform { exchange in
      exchange.reply(307, headers: ["Location: /other"])
    }
    #expect(completion.reply?.status == 307)
  }

  @Test func aReplyOfTheLargestSizeIsTaken() throws {
    var request = HTTPRequest(.get, "")
    request.maximumReplyBytes = 1000
    let completion = try perform({ [request] in
      var request = request
      request.url = Array($0.utf8)
      return request
    }) { $0.reply(body: variedBytes(1000)) }
    #expect(completion.reply?.body == variedBytes(1000))
  }

  @Test func aLargerReplyIsAFailure() throws {
    let completion = try perform({
      var request = HTTPRequest(.post, $0)
      request.maximumReplyBytes = 1000
      return request
    }) { exchange in
      exchange.reply(body: variedBytes(1001))
    }
    #expect(completion.failure?.kind == .replyTooLarge)
    #expect(completion.failure?.mayHaveTakenEffect == true)
    #expect(completion.failure?.message.hasSuffix("its body has more than 1000 bytes") == true)
  }

  /// In many lines, and in one, which libcurl gives up by itself.
  @Test(arguments: [(1_000, 300), (200_000, 1)])
  func anEndlessHeadIsAFailure(length: Int, lines: Int) throws {
    let completion = try perform { exchange in
      exchange.send("HTTP/1.1 200 OK\r\n")
      let line = "X-A: " + String(repeating: "a", count: length) + "\r\n"
      for _ in 0..<lines { exchange.send(line) }
      exchange.waitForEnd()
    }
    #expect(completion.failure?.kind == .replyTooLarge)
  }

  @Test func aTruncatedReplyIsAFailure() throws {
    let completion = try perform { exchange in
      exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
      exchange.close()
    }
    #expect(completion.failure?.kind == .receiveFailed)
    #expect(completion.failure?.mayHaveTakenEffect == true)
  }

  @Test func whatIsNotHTTPIsAFailure() throws {
    let completion = try perform { exchange in
      exchange.send("SSH-2.0-OpenSSH_9.2\r\n")
      exchange.close()
    }
    #expect(completion.failure?.kind == .malformedReply)
  }

  @Test func anErrorBeforeTheBodyIsReadIsAReply() throws {
    let file = try temporaryFile(variedBytes(8 << 20))
    let completion = try perform({
      HTTPRequest(.put, $0, body: .file(file, offset: 0, length: 8 << 20))
    }) { exchange in
      exchange.reply(403, headers: ["Connection: close"], body: Array("no".utf8))
      exchange.waitForEnd()
    }
    #expect(completion.reply?.status == 403)
    #expect(completion.reply?.body == Array("no".utf8))
  }
}
