import CurlTransport
import Glibc
import Platform
import Testing

/// What a hostile URL, environment or server cannot make of a request.
@Suite(.timeLimit(timeLimit))
struct ContainmentTests {
  private func perform(_ url: String, profile: ConnectionProfile = ConnectionProfile()) throws
    -> HTTPCompletion
  {
    let client = try Client(profiles: [profile])
    defer { client.transport.stop() }
    return try client.perform(HTTPRequest(.get, url, ["Authorization: OSS4 ours"]))
  }

  @Test(arguments: [
    "file:///etc/passwd", "ftp://127.0.0.1/k", "gopher://127.0.0.1:1/k", "dict://127.0.0.1:1/k",
    "telnet://127.0.0.1:1", "smb://127.0.0.1/k", "ldap://127.0.0.1/k", "scp://127.0.0.1/k",
  ])
  func onlyHTTPIsSpoken(url: String) throws {
    let failure = try #require(try perform(url).failure)
    guard case .internal = failure.kind else {
      Issue.record("\(failure)")
      return
    }
    #expect(failure.message.contains("Protocol"), "\(failure.message)")
    #expect(!failure.mayHaveTakenEffect)
  }

  /// Neither the request nor its signature goes anywhere else.
  @Test(arguments: [301, 302, 303, 307, 308])
  func aRedirectElsewhereIsNotFollowed(status: Int) throws {
    let other = ScriptedServer { $0.reply() }
    defer { other.stop() }
    let location = "Location: \(other.url("/k"))"
    let server = ScriptedServer { $0.reply(status, headers: [location]) }
    defer { server.stop() }
    #expect(try perform(server.url("/k")).reply?.status == status)
    #expect(other.statistics.connections == 0)
  }

  @Test func whatSaysThatItIsPackedIsNotUnpacked() throws {
    let packed: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x4B, 4, 0, 0x43, 0xBE, 0xB7, 0xE8]
    let server = ScriptedServer { exchange in
      let asked = exchange.header("Accept-Encoding")
      exchange.reply(asked == nil ? 200 : 400, headers: ["Content-Encoding: gzip"], body: packed)
    }
    defer { server.stop() }
    let reply = try perform(server.url("/k")).reply
    #expect(reply?.status == 200, "nothing asks for it")
    #expect(reply?.body == packed)
  }

  /// The reply is cut off soon after its limit, whatever it announces.
  @Test(arguments: [true, false]) func tenGigabytesOfReplyAreNotTaken(isAnnounced: Bool) throws {
    let sent = Counter()
    let server = ScriptedServer { exchange in
      let length = isAnnounced ? "Content-Length: 10000000000\r\n" : "Connection: close\r\n"
      exchange.send("HTTP/1.1 200 OK\r\n\(length)\r\n<ListPartsResult>")
      let block = Array(repeating: UInt8(ascii: "x"), count: 1 << 20)
      while exchange.isWritable, sent.value < 10_000 {
        exchange.send(block)
        sent.add(1)
      }
      exchange.close()
    }
    let completion = try perform(server.url("/k"))
    server.stop()
    #expect(completion.failure?.kind == .replyTooLarge)
    #expect(sent.value < 100, "MiB that left the server, most of them into buffers")
  }

  /// In a process of its own: the environment is one for all threads.
  @Test func theProxysCredentialsAreForTheProxyAlone() async {
    await #expect(processExitsWith: .success) {
      let heads = Heads()
      let server = ScriptedServer { exchange in
        heads.append(exchange.head)
        exchange.reply()
      }
      defer { server.stop() }
      let address = "http://agent:pr0xyW0rd@127.0.0.1:\(server.port)"
      let client = try Client()
      setenv("http_proxy", address, 1)
      setenv("https_proxy", address, 1)
      setenv("NO_PROXY", "127.0.0.1", 1)
      let token = ["Authorization: OSS4 ours", "x-oss-security-token: t0ken"]
      let direct = try client.perform(HTTPRequest(.get, server.url("/k"), token))
      #expect(direct.reply?.status == 200)
      let tunnelled = try client.perform(HTTPRequest(.get, "https://bucket.invalid/k", token))
      let said = try #require(tunnelled.failure).message
      client.transport.stop()
      try #require(heads.all.count == 2)
      #expect(!heads.all[0].contains("Proxy-Authorization"))
      #expect(heads.all[0].contains("Authorization: OSS4 ours"))
      #expect(heads.all[1].hasPrefix("CONNECT bucket.invalid:443"))
      #expect(heads.all[1].contains("Proxy-Authorization: Basic"))
      #expect(!heads.all[1].contains("OSS4 ours"))
      #expect(!heads.all[1].contains("t0ken"))
      #expect(!said.contains("pr0xyW0rd"), "\(said)")
    }
  }

  @Test func aNetrcIsNotRead() async {
    await #expect(processExitsWith: .success) {
      let heads = Heads()
      let server = ScriptedServer { exchange in
        heads.append(exchange.head)
        exchange.reply()
      }
      defer { server.stop() }
      var template = Array("/tmp/osbatch-test-XXXXXX".utf8CString)
      let made = mkdtemp(&template)
      let home = String(cString: try #require(made))
      defer {
        unlink(home + "/.netrc")
        rmdir(home)
      }
      let file = try #require(fopen(home + "/.netrc", "w"))
      fputs("machine 127.0.0.1 login somebody password n3trcW0rd\n", file)
      fclose(file)
      let client = try Client()
      setenv("HOME", home, 1)
      let completion = try client.perform(HTTPRequest(.get, server.url("/k")))
      #expect(completion.reply?.status == 200)
      client.transport.stop()
      #expect(heads.all.count == 1)
      #expect(!heads.all[0].contains("Authorization"))
    }
  }
}

/// What a server has seen.
private final class Heads: Sendable {
  private let heads = Lock<[String]>([])
  var all: [String] { heads.withLock { $0 } }
  func append(_ head: String) { heads.withLock { $0.append(head) } }
}

private final class Counter: Sendable {
  private let count = Lock(0)
  var value: Int { count.withLock { $0 } }
  func add(_ more: Int) { count.withLock { $0 += more } }
}
