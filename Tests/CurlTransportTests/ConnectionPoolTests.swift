import Checksum
import CurlTransport
import Glibc
import Platform
import Testing

/// How many connections there are, and what happens when a kept one is dead.
@Suite(.timeLimit(timeLimit))
struct ConnectionPoolTests {
  @Test(arguments: [1, 2, 4, 7])
  func connectionsAreReusedWithinTheBudget(budget: Int) throws {
    let server = ScriptedServer { exchange in
      let body = exchange.readBody()
      exchange.reply(body: body)
    }
    defer { server.stop() }
    let client = try Client(connections: budget)
    let requests = (0..<200).map { number in
      HTTPRequest(
        .put, server.url("/\(number)"), body: .bytes([UInt8(number)]), token: UInt64(number))
    }
    let completions = try client.perform(requests)
    #expect(completions.map(\.token) == requests.map(\.token))
    #expect(completions.map { $0.reply?.body } == (0..<200).map { [UInt8($0)] })
    #expect(completions.count { $0.facts.openedConnection } <= budget)
    #expect(client.transport.bodyBytes == 200)
    client.transport.stop()
    #expect(server.statistics.connections <= budget)
    #expect(server.statistics.mostRequestsInFlight <= budget)
    #expect(server.statistics.requests == 200)
  }

  @Test func theWholeBudgetIsUsed() throws {
    let arrived = Inbox<Int>()
    let release = Inbox<Int>()
    let server = ScriptedServer { exchange in
      arrived.post(exchange.connection)
      _ = release.next()
      exchange.reply()
    }
    defer { server.stop() }
    let client = try Client(connections: 5)
    client.submit((0..<5).map { HTTPRequest(.get, server.url("/"), token: $0) })
    for _ in 0..<5 { _ = arrived.next() }
    for number in 0..<5 { release.post(number) }
    #expect(try client.collect(5).allSatisfy { $0.reply?.status == 200 })
    client.transport.stop()
    #expect(server.statistics.mostRequestsInFlight == 5)
  }

  /// The kept connection to the one server has to make room for one to the other.
  @Test func serversShareTheBudget() throws {
    let servers = (0..<3).map { number in
      ScriptedServer { exchange in exchange.reply(body: [UInt8(number)]) }
    }
    defer { for server in servers { server.stop() } }
    let client = try Client(connections: 2)
    let requests = (0..<60).map { HTTPRequest(.get, servers[$0 % 3].url("/"), token: UInt64($0)) }
    let completions = try client.perform(requests)
    #expect(completions.map { $0.reply?.body } == (0..<60).map { [UInt8($0 % 3)] })
    client.transport.stop()
  }

  /// In a process of its own: the environment is one for all threads.
  @Test func theProxyOfTheEnvironmentIsUsed() async {
    await #expect(processExitsWith: .success) {
      let proxy = ScriptedServer { exchange in
        exchange.reply(body: Array(exchange.requestLine.utf8))
      }
      defer { proxy.stop() }
      let client = try Client()
      setenv("http_proxy", proxy.url(""), 1)
      setenv("NO_PROXY", "127.0.0.1", 1)
      let viaProxy = try client.perform(HTTPRequest(.get, "http://bucket.invalid/k"))
      #expect(viaProxy.reply?.body == Array("GET http://bucket.invalid/k HTTP/1.1".utf8))
      let direct = try client.perform(HTTPRequest(.get, proxy.url("/k")))
      #expect(direct.reply?.body == Array("GET /k HTTP/1.1".utf8))
    }
  }

  /// The server reads the second request of its first connection and resets it unanswered: it goes again
  /// from the body's beginning on a fresh connection, whether that is noticed by sending or by receiving.
  @Test func aPutOnADeadConnectionIsRepeatedFromItsBeginning() throws {
    let bodies = Lock<[[UInt8]]>([])
    let server = ScriptedServer { exchange in
      if exchange.connection == 1, exchange.number == 2 {
        _ = exchange.readBody(atMost: 300_000)
        return exchange.reset()
      }
      let body = exchange.readBody()
      bodies.withLock { $0.append(body) }
      exchange.reply()
    }
    defer { server.stop() }
    let client = try Client(connections: 1)
    let bytes = variedBytes(1 << 20)
    let file = try temporaryFile(bytes)
    #expect(try client.perform(HTTPRequest(.get, server.url("/"))).reply?.status == 200)
    let completion = try client.perform(
      HTTPRequest(.put, server.url("/k"), body: .file(file, offset: 0, length: bytes.count)))
    client.transport.stop()
    var sum = CRC64()
    bytes.withUnsafeBytes { sum.update($0) }
    #expect(completion.reply?.status == 200, "\(completion.result)")
    #expect(bodies.withLock { $0.last } == bytes)
    #expect(completion.facts.checksum == sum)
    #expect(completion.facts.sends == 2)
  }

  @Test func aSmallPutOnADeadConnectionIsRepeated() throws {
    let server = ScriptedServer { exchange in
      let body = exchange.readBody()
      if exchange.connection == 1, exchange.number == 2 { return exchange.close() }
      exchange.reply(body: body)
    }
    defer { server.stop() }
    let client = try Client(connections: 1)
    #expect(try client.perform(HTTPRequest(.get, server.url("/"))).facts.sends == 1)
    let completion = try client.perform(HTTPRequest(.put, server.url("/"), body: .bytes([1, 2])))
    client.transport.stop()
    #expect(completion.reply?.body == [1, 2])
    #expect(completion.facts.sends == 2)
    #expect(completion.facts.openedConnection)
  }

  @Test func aPostOnADeadConnectionIsNotRepeated() throws {
    let server = ScriptedServer { exchange in
      if exchange.number == 2 { return exchange.close() }
      exchange.reply()
    }
    defer { server.stop() }
    let client = try Client(connections: 1)
    #expect(try client.perform(HTTPRequest(.get, server.url("/"))).reply?.status == 200)
    let completion = try client.perform(HTTPRequest(.post, server.url("/k?uploads")))
    client.transport.stop()
    #expect(completion.failure?.kind == .receiveFailed)
    #expect(completion.failure?.mayHaveTakenEffect == true)
    #expect(server.statistics.requests == 2)
  }

  /// On each connection it reads a second request and closes without a word.
  private func takerOfOne() -> ScriptedServer {
    ScriptedServer { exchange in
      _ = exchange.readBody()
      if exchange.number == 2 { return exchange.close() }
      exchange.reply()
    }
  }

  @Test func afterADeathAPostGetsAFreshConnection() throws {
    let server = takerOfOne()
    defer { server.stop() }
    let client = try Client(connections: 1)
    #expect(try client.perform(HTTPRequest(.get, server.url("/"))).reply?.status == 200)
    #expect(try client.perform(HTTPRequest(.post, server.url("/k?uploads"))).reply == nil)
    for _ in 0..<3 {
      #expect(try client.perform(HTTPRequest(.get, server.url("/"))).reply?.status == 200)
      let completion = try client.perform(HTTPRequest(.post, server.url("/k?uploads")))
      #expect(completion.reply?.status == 200, "\(completion.result)")
      #expect(completion.facts.sends == 1)
      #expect(completion.facts.openedConnection)
    }
    client.transport.stop()
  }

  /// A death that only an idempotent request has met is one, too.
  @Test func aDeathUnderAGetIsOneForPosts() throws {
    let server = takerOfOne()
    defer { server.stop() }
    let client = try Client(connections: 1)
    for _ in 0..<2 {
      #expect(try client.perform(HTTPRequest(.get, server.url("/"))).reply?.status == 200)
    }
    #expect(try client.perform(HTTPRequest(.post, server.url("/k"))).reply?.status == 200)
    client.transport.stop()
  }

  /// Each server by what it does itself: who keeps connections is asked on them.
  @Test func aDeathSaysNothingOfOtherServers() throws {
    let servers = [takerOfOne(), ScriptedServer { $0.reply() }]
    defer { for server in servers { server.stop() } }
    let profile = ConnectionProfile()
    let client = try Client(connections: 1, profiles: [profile, profile])
    for _ in 0..<2 {
      #expect(try client.perform(HTTPRequest(.get, servers[0].url("/"))).reply?.status == 200)
    }
    var post = HTTPRequest(.post, servers[1].url("/k"))
    post.profile = 1
    #expect(try client.perform(post).facts.openedConnection)
    #expect(try client.perform(post).facts.openedConnection == false)
    client.transport.stop()
  }

  /// libcurl counts what it repeats over all requests of a handle, and gives the sixth up.
  @Test func requestsDoNotShareTheirRepeats() throws {
    let server = takerOfOne()
    defer { server.stop() }
    let client = try Client(connections: 1)
    for number in 0..<20 {
      let completion = try client.perform(HTTPRequest(.get, server.url("/")))
      #expect(completion.reply?.status == 200, "\(completion.result)")
      #expect(completion.facts.sends == (number == 0 ? 1 : 2))
    }
    client.transport.stop()
  }

  /// More kept connections are dead than libcurl tries.
  @Test func aPoolOfDeadConnectionsFailsNoRequest() throws {
    let arrived = Inbox<Int>()
    let release = Inbox<Int>()
    let server = ScriptedServer { exchange in
      if exchange.number == 2 { return exchange.close() }
      if exchange.requestLine.contains("/all") {
        arrived.post(exchange.connection)
        _ = release.next()
      }
      exchange.reply()
    }
    defer { server.stop() }
    let client = try Client(connections: 16)
    client.submit((0..<16).map { HTTPRequest(.get, server.url("/all"), token: $0) })
    for _ in 0..<16 { _ = arrived.next() }
    for number in 0..<16 { release.post(number) }
    #expect(try client.collect(16).allSatisfy { $0.reply?.status == 200 })
    let completion = try client.perform(HTTPRequest(.put, server.url("/k"), body: .bytes([1])))
    #expect(completion.reply?.status == 200, "\(completion.result)")
    #expect(completion.facts.openedConnection)
    client.transport.stop()
  }

  /// The server closes after every reply without having said so, which a request may meet on its way.
  @Test func connectionsThatTheServerClosesAreReplaced() throws {
    let server = ScriptedServer { exchange in
      exchange.reply()
      exchange.close()
    }
    defer { server.stop() }
    let client = try Client(connections: 1)
    for _ in 0..<20 {
      #expect(try client.perform(HTTPRequest(.get, server.url("/"))).reply?.status == 200)
    }
    client.transport.stop()
    #expect(server.statistics.connections >= 20)
  }
}
