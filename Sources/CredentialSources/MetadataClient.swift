internal import CurlTransport
internal import Platform

/// HTTP with an instance's metadata service: a few small requests one after the other, never through a
/// proxy, and each over within seconds, since on other machines nothing answers at that address.
struct MetadataClient {
  struct Reply {
    var status: Int
    var body: [UInt8]
  }

  private static let connectTimeout = 1_000
  private static let timeout = Duration.seconds(5)
  private static let maximumReplyBytes = 64 << 10
  /// How often it is seen whether anybody still waits.
  private static let interval = Duration.milliseconds(100)

  private let address: String
  private let cancellation: Cancellation
  private let inbox: Inbox<HTTPCompletion>
  private let transport: HTTPTransport

  init(_ address: String, _ cancellation: Cancellation) throws(CredentialProblem) {
    guard Self.isAddress(address) else {
      throw .broken("OSBATCH_ECS_METADATA_ENDPOINT is not like http://HOST:PORT")
    }
    self.address = address.hasSuffix("/") ? String(address.dropLast()) : address
    self.cancellation = cancellation
    let inbox = Inbox<HTTPCompletion>()
    self.inbox = inbox
    var settings = TransportSettings(connections: 1, userAgent: "osbatch")
    settings.connectTimeoutMilliseconds = Self.connectTimeout
    do throws(SystemError) {
      transport = try HTTPTransport(
        settings, profiles: [ConnectionProfile(bypassesProxies: true)]
      ) { inbox.post(draining: &$0) }
    } catch {
      throw .broken(error.description)
    }
  }

  func stop() { transport.stop() }

  /// Plain HTTP to a host, and nothing else in it.
  private static func isAddress(_ text: String) -> Bool {
    guard text.hasPrefix("http://") else { return false }
    let host = text.dropFirst("http://".count)
    let bare = host.hasSuffix("/") ? host.dropLast() : host
    return !bare.isEmpty
      && bare.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || ".:-[]".utf8.contains(byte)
      }
  }

  func send(
    _ method: HTTPRequest.Method, _ path: String, header: String?
  ) throws(CredentialProblem) -> Reply {
    var request = HTTPRequest(
      token: 0, method: method, url: Array("\(address)\(path)".utf8) + [0],
      headerLines: header.map { Array($0.utf8) + [0] } ?? [])
    request.maximumReplyBytes = Self.maximumReplyBytes
    var requests = [request]
    transport.submit(&requests)
    let completion = try wait()
    switch completion.result {
    case .success(let reply): return Reply(status: reply.status, body: reply.body)
    case .failure(let failure): throw .absent(failure.message)
    }
  }

  private func wait() throws(CredentialProblem) -> HTTPCompletion {
    let deadline = Instant.now + Self.timeout
    var batch: [HTTPCompletion] = []
    while !cancellation.isSet, Instant.now < deadline {
      inbox.wait(into: &batch, until: Instant.now + Self.interval)
      if let completion = batch.first { return completion }
    }
    throw .absent("\(address) has not answered within 5 s")
  }
}
