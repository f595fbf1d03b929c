import CurlTransport
import Foundation
import Testing

private let tools = ["/usr/bin/python3", "/usr/bin/openssl"]
private let toolsAreHere = tools.allSatisfy(FileManager.default.isExecutableFile(atPath:))

/// HTTPS against a server with a certificate that no system root has signed.
@Suite(
  .timeLimit(timeLimit), .enabled(if: toolsAreHere, "needs python3 and openssl in /usr/bin"))
final class TLSTests {
  private let folder = "/tmp/osbatch-tls-\(UUID().uuidString)"
  private var servers: [Process] = []
  private var url = ""

  private static let script = """
    import http.server, ssl, sys
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def log_message(self, *arguments): pass
        def do_PUT(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1] + "/cert.pem", sys.argv[1] + "/key.pem")
    if sys.argv[2:] == ["old"]:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print(server.server_address[1], flush=True)
    server.serve_forever()
    """

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let openssl = Process()
    openssl.executableURL = URL(fileURLWithPath: tools[1])
    openssl.arguments = [
      "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=osbatch test",
      "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder + "/key.pem", "-out",
      folder + "/cert.pem",
    ]
    openssl.standardError = FileHandle.nullDevice
    try openssl.run()
    openssl.waitUntilExit()
    try #require(openssl.terminationStatus == 0)
    url = try startServer()
  }

  private func startServer(_ options: String...) throws -> String {
    let server = Process()
    let output = Pipe()
    server.executableURL = URL(fileURLWithPath: tools[0])
    server.arguments = ["-c", Self.script, folder] + options
    server.standardOutput = output
    server.standardError = FileHandle.nullDevice
    try server.run()
    servers.append(server)
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    let port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
    return "https://127.0.0.1:\(port)"
  }

  deinit {
    // A child inherits the signal mask of the test's thread, which may block the gentler ones.
    for server in servers {
      kill(server.processIdentifier, SIGKILL)
      server.waitUntilExit()
    }
    try? FileManager.default.removeItem(atPath: folder)
  }

  private func perform(_ url: String, caFile: String?) throws -> HTTPCompletion {
    let client = try Client(profiles: [ConnectionProfile(caFile: caFile)])
    defer { client.transport.stop() }
    return try client.perform(HTTPRequest(.put, url + "/k", body: .bytes(variedBytes(1 << 20))))
  }

  @Test func aCertificateOfAPrivateRootIsRefused() throws {
    let completion = try perform(url, caFile: nil)
    #expect(completion.failure?.kind == .tlsCertificate)
    #expect(completion.failure?.mayHaveTakenEffect == false)
    #expect(
      completion.failure?.message.hasPrefix("the certificate of \(url) is not accepted:") == true)
  }

  @Test func itIsAcceptedWithItsRoot() throws {
    let completion = try perform(url, caFile: folder + "/cert.pem")
    #expect(completion.reply?.body == variedBytes(1 << 20))
  }

  @Test func itIsGoodForItsNameOnly() throws {
    let other = url.replacingOccurrences(of: "127.0.0.1", with: "localhost")
    #expect(try perform(other, caFile: folder + "/cert.pem").failure?.kind == .tlsCertificate)
  }

  @Test(arguments: ["/nonexistent/roots.pem", "/dev/null", "/etc/passwd", "/tmp"])
  func aFileWithoutRootsIsNamed(path: String) throws {
    let failure = try #require(try perform(url, caFile: path).failure)
    #expect(failure.kind == .rootsFile)
    #expect(failure.mayHaveTakenEffect == false)
    #expect(failure.message.hasPrefix("the roots to check \(url) against cannot be loaded: "))
    #expect(failure.message.hasSuffix(path), "\(failure.message)")
  }

  /// The server speaks TLS 1.1, as a client that accepts that can see, and we do not.
  @Test func anOlderTLSIsRefused() throws {
    let old = try startServer("old")
    let openssl = Process()
    openssl.executableURL = URL(fileURLWithPath: tools[1])
    openssl.arguments = [
      "s_client", "-connect", String(old.dropFirst("https://".count)), "-tls1_1", "-cipher",
      "ALL:@SECLEVEL=0", "-verify_return_error", "-CAfile", folder + "/cert.pem",
    ]
    for stream in [\Process.standardOutput, \.standardError, \.standardInput] {
      openssl[keyPath: stream] = FileHandle.nullDevice
    }
    try openssl.run()
    openssl.waitUntilExit()
    #expect(openssl.terminationStatus == 0, "the server is reachable with TLS 1.1")
    let failure = try perform(old, caFile: folder + "/cert.pem").failure
    #expect(failure?.kind == .tlsHandshake, "\(String(describing: failure))")
    #expect(failure?.mayHaveTakenEffect == false)
  }

  /// The requests of one handle change between profiles, and each is judged by its own.
  @Test func profilesStayApart() throws {
    let profiles = [ConnectionProfile(caFile: folder + "/cert.pem"), ConnectionProfile()]
    let client = try Client(connections: 1, profiles: profiles)
    for number in 0..<6 {
      var request = HTTPRequest(.put, url + "/k", body: .bytes([1]))
      request.profile = number % 2
      let completion = try client.perform(request)
      #expect((completion.reply != nil) == (request.profile == 0))
    }
    client.transport.stop()
  }

  @Test func aServerThatDoesNotSpeakTLSIsAFailedHandshake() throws {
    let greeter = ScriptedServer(greeting: "220 not TLS\r\n") { $0.reply() }
    defer { greeter.stop() }
    let failure = try perform("https://127.0.0.1:\(greeter.port)", caFile: nil).failure
    #expect(failure?.kind == .tlsHandshake)
    #expect(failure?.mayHaveTakenEffect == false)
  }
}
