import DevServer
import Foundation
import Testing

/// One request, before it is signed.
struct TestRequest {
  var method: String
  var bucket = "bucket"
  var key = ""
  var query: [(String, String)] = []
  var headers: [(String, String)] = []
  var body: [UInt8] = []
  var isVirtualHosted = false

  init(_ method: String, _ key: String = "", _ query: [(String, String)] = []) {
    self.method = method
    self.key = key
    self.query = query
  }

  func with(_ name: String, _ value: String) -> TestRequest {
    var copy = self
    copy.headers.append((name, value))
    return copy
  }

  func with(body: [UInt8]) -> TestRequest {
    var copy = self
    copy.body = body
    return copy
  }

  /// The bytes of the request, signed; nil leaves it unsigned.
  func bytes(_ signer: Signer?) -> [UInt8] {
    let query = query.map {
      $0.1.isEmpty ? percentEncoded($0.0) : "\(percentEncoded($0.0))=\(percentEncoded($0.1))"
    }
    let key = percentEncoded(key, keeping: "/")
    let path = isVirtualHosted ? "/\(key)" : "/\(bucket)/\(key)"
    let host = isVirtualHosted ? "\(bucket).localhost" : "127.0.0.1"
    let target = path + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    var head = "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n"
    for (name, value) in signer?.headers(for: self) ?? headers { head += "\(name): \(value)\r\n" }
    if !headers.contains(where: { $0.0 == "Transfer-Encoding" }) {
      head += "Content-Length: \(body.count)\r\n"
    }
    return Array((head + "\r\n").utf8) + body
  }
}

/// A server on a directory of its own that is removed with it.
final class TestServer: Sendable {
  let root: String
  let server: DevServer
  private let removesRoot: Bool

  init(
    root: String? = nil, token: String? = nil,
    configure: (inout DevServer.Configuration) -> Void = { _ in }
  ) throws {
    removesRoot = root == nil
    self.root = try root ?? TestServer.makeRoot()
    var configuration = DevServer.Configuration(
      root: self.root,
      credentials: Credentials(
        identifier: "test-id", secret: "test-secret", securityToken: token))
    configure(&configuration)
    server = try DevServer.start(configuration)
  }

  deinit {
    server.stop()
    if removesRoot { try? FileManager.default.removeItem(atPath: root) }
  }

  static func makeRoot() throws -> String {
    let path = NSTemporaryDirectory() + "devserver-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  func connect() throws -> Connection { try Connection(port: server.port) }

  func send(_ request: TestRequest, _ signer: Signer? = Signer()) throws -> Response {
    let connection = try connect()
    try connection.send(request.bytes(signer))
    return try connection.response(toHead: request.method == "HEAD")
  }

  @discardableResult
  func put(_ key: String, _ body: [UInt8] = []) throws -> Response {
    try send(TestRequest("PUT", key).with(body: body))
  }

  func get(_ key: String) throws -> Response { try send(TestRequest("GET", key)) }

  func initiate(_ key: String) throws -> String {
    let reply = try send(TestRequest("POST", key, [("uploads", "")]))
    return try #require(reply.element("UploadId"))
  }

  @discardableResult
  func part(_ key: String, _ upload: String, _ number: Int, _ body: [UInt8]) throws -> Response {
    let query = [("partNumber", String(number)), ("uploadId", upload)]
    return try send(TestRequest("PUT", key, query).with(body: body))
  }

  func complete(_ key: String, _ upload: String, _ parts: [(Int, String)]) throws -> Response {
    let list = parts.map {
      "<Part><PartNumber>\($0.0)</PartNumber><ETag>\($0.1)</ETag></Part>"
    }
    let document = "<CompleteMultipartUpload>\(list.joined())</CompleteMultipartUpload>"
    return try send(
      TestRequest("POST", key, [("uploadId", upload)]).with(body: Array(document.utf8)))
  }

  /// A request to the control endpoint.
  @discardableResult
  func control(_ method: String, _ name: String, _ text: String = "") throws -> Response {
    let connection = try connect()
    let head =
      "\(method) /__devserver/\(name) HTTP/1.1\r\nHost: x\r\nContent-Length: \(text.utf8.count)"
    try connection.send(Array("\(head)\r\n\r\n\(text)".utf8))
    return try connection.response()
  }

  func fault(_ line: String) throws {
    let reply = try control("POST", "faults", line)
    try #require(reply.text == "added 1\n", "\(reply.text)")
  }
}

/// Bytes that differ from each other and from run to run do not: a test that fails fails again.
func pattern(_ count: Int, seed: UInt8 = 1) -> [UInt8] {
  var state = UInt32(seed)
  return (0..<count).map { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return UInt8(state >> 24)
  }
}
