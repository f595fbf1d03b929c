import Checksum
import CurlTransport
import Platform
import Testing

/// What a request is on the wire.
@Suite(.timeLimit(timeLimit))
struct RequestBytesTests {
  /// What the server saw of one request, by way of its reply: the head, then the body.
  private func echo(_ request: HTTPRequest) throws -> (head: String, body: [UInt8], HTTPCompletion)
  {
    let seen = Lock<(String, [UInt8])>(("", []))
    let server = ScriptedServer { exchange in
      let body = exchange.readBody()
      seen.withLock { $0 = (exchange.head, body) }
      exchange.reply(body: Array("thanks".utf8))
    }
    defer { server.stop() }
    var request = request
    request.url = Array(server.url(String(decoding: request.url.dropLast(), as: UTF8.self)).utf8)
    let client = try Client()
    let completion = try client.perform(request)
    client.transport.stop()
    #expect(completion.reply?.status == 200)
    #expect(completion.reply?.body == Array("thanks".utf8))
    let (head, body) = seen.withLock { $0 }
    return (head, body, completion)
  }

  private func checksum(_ bytes: [UInt8]) -> CRC64 {
    var sum = CRC64()
    bytes.withUnsafeBytes { sum.update($0) }
    return sum
  }

  @Test(arguments: [0, 1, 4096, 65_535, 65_536, 1 << 20 | 3])
  func bodyInMemoryArrivesWhole(size: Int) throws {
    let bytes = variedBytes(size)
    let (head, body, completion) = try echo(HTTPRequest(.put, "/k", body: .bytes(bytes)))
    #expect(body == bytes)
    #expect(head.contains("\r\nContent-Length: \(size)\r\n"))
    #expect(completion.facts.checksum == checksum(bytes))
    #expect(completion.facts.bodyBytesSent == size)
  }

  @Test(arguments: [0, 1, 65_535, 65_536, 1 << 20 | 3])
  func fileRangeArrivesExactly(length: Int) throws {
    let bytes = variedBytes(length + 2000)
    let file = try temporaryFile(bytes)
    let range = HTTPRequest.Body.file(file, offset: 1000, length: length)
    let (head, body, completion) = try echo(HTTPRequest(.put, "/k", body: range))
    #expect(body == Array(bytes[1000..<(1000 + length)]))
    #expect(head.contains("\r\nContent-Length: \(length)\r\n"))
    #expect(completion.facts.checksum == checksum(body))
    #expect(completion.facts.bodyBytesSent == length)
    #expect(completion.facts.sends == 1)
    #expect(completion.facts.openedConnection)
  }

  /// Beyond 2 and 4 GiB, and near the end of the largest object (48.8 TiB).
  @Test(arguments: [1 << 31, 1 << 32, 1 << 45, 9_999 * (5 << 30)])
  func aRangeFarIntoALargeFileArrivesExactly(offset: Int) throws {
    let bytes = variedBytes(300_000)
    let file = try sparseFile(bytes, at: offset - 1_000)
    let range = HTTPRequest.Body.file(file, offset: offset, length: 200_000)
    let (_, body, completion) = try echo(HTTPRequest(.put, "/k", body: range))
    #expect(body == Array(bytes[1_000..<201_000]))
    #expect(completion.facts.checksum == checksum(body))
  }

  /// A file system that cannot tell what it has at hand is read by others, in blocks of 256 KiB.
  @Test(arguments: [1, 256 << 10, 256 << 10 | 1, 5 << 20 | 3])
  func whatIsReadAheadArrivesExactly(length: Int) throws {
    let bytes = variedBytes(length + 2000)
    let file = try temporaryFile(bytes, in: "/dev/shm")
    let range = HTTPRequest.Body.file(file, offset: 1000, length: length)
    let (_, body, completion) = try echo(HTTPRequest(.put, "/k", body: range))
    #expect(body == Array(bytes[1000..<(1000 + length)]))
    #expect(completion.facts.checksum == checksum(body))
    #expect(completion.facts.bodyBytesSent == length)
  }

  @Test func nothingIsAddedToTheHeaders() throws {
    var request = HTTPRequest(
      .post, "/b/../a//c%20d?x=%2F&y", ["Authorization: OSS4 x", "x-oss-meta-a: b  c", "X-Empty;"])
    request.body = .bytes(variedBytes(2 << 20))
    let (head, _, _) = try echo(request)
    let lines = head.split(separator: "\r\n").map(String.init)
    #expect(lines.first == "POST /b/../a//c%20d?x=%2F&y HTTP/1.1")
    #expect(
      Set(lines.dropFirst(2)) == [
        "Authorization: OSS4 x", "x-oss-meta-a: b  c", "X-Empty:", "Content-Length: 2097152",
        "User-Agent: test-agent/1",
      ])
    #expect(lines[1].hasPrefix("Host: 127.0.0.1:"))
  }

  @Test func aGivenHeaderReplacesTheTransportsOwn() throws {
    let headers = ["Content-Type: application/xml", "Accept: text/plain", "User-Agent: mine"]
    let (head, _, _) = try echo(HTTPRequest(.post, "/k", headers))
    let lines = head.split(separator: "\r\n").map(String.init)
    #expect(Set(lines.dropFirst(2)) == Set(headers + ["Content-Length: 0"]))
  }

  @Test(arguments: [
    (HTTPRequest.Method.get, "GET", false), (.delete, "DELETE", false), (.put, "PUT", true),
    (.post, "POST", true),
  ])
  func methodWithoutABody(method: HTTPRequest.Method, name: String, saysLength: Bool) throws {
    let (head, body, completion) = try echo(HTTPRequest(method, "/k"))
    #expect(head.hasPrefix("\(name) /k HTTP/1.1\r\n"))
    #expect(head.contains("\r\nContent-Length: 0\r\n") == saysLength)
    #expect(body == [])
    #expect(completion.facts.checksum == nil)
  }

  /// One handle serves all of them in turn, so nothing of one request may remain in the next.
  @Test func kindsOfRequestsAlternateOnOneConnection() throws {
    let server = ScriptedServer { exchange in
      let body = exchange.readBody()
      let isHead = exchange.requestLine.hasPrefix("HEAD")
      let seen = exchange.requestLine + " \(body.count) " + exchange.givenLines.joined()
      let length = ["X-Seen: " + seen]
      if isHead {
        exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\(length[0])\r\n\r\n")
      } else {
        exchange.reply(headers: length)
      }
    }
    defer { server.stop() }
    let client = try Client(connections: 1)
    let file = try temporaryFile(variedBytes(100_000))
    let kinds: [(HTTPRequest.Method, HTTPRequest.Body, String)] = [
      (.put, .file(file, offset: 0, length: 100_000), "PUT /k HTTP/1.1 100000 A: b"),
      (.post, .none, "POST /k HTTP/1.1 0 A: b"), (.head, .none, "HEAD /k HTTP/1.1 0 A: b"),
      (.put, .bytes([1, 2, 3]), "PUT /k HTTP/1.1 3 A: b"), (.get, .none, "GET /k HTTP/1.1 0 A: b"),
      (.delete, .none, "DELETE /k HTTP/1.1 0 A: b"),
      (.post, .file(file, offset: 0, length: 70_000), "POST /k HTTP/1.1 70000 A: b"),
    ]
    for first in kinds {
      for second in kinds {
        for (method, body, seen) in [first, second] {
          var request = HTTPRequest(method, server.url("/k"), ["A: b"])
          request.body = body
          let head = try #require(try client.perform(request).reply?.head)
          #expect(String(decoding: head, as: UTF8.self).contains("\r\nX-Seen: \(seen)\r\n"))
        }
      }
    }
    client.transport.stop()
    #expect(server.statistics.connections == 1)
  }
}
