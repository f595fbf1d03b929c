import DevServer
import Foundation
import Testing

/// The real program as a child process.
final class Program {
  private let process = Process()
  private let output = Pipe()
  private let errors = Pipe()

  init(
    _ arguments: [String],
    environment: [String: String] = [
      "OSS_ACCESS_KEY_ID": "test-id", "OSS_ACCESS_KEY_SECRET": "test-secret",
    ]
  ) throws {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let directory = URL(fileURLWithPath: tests).deletingLastPathComponent()
    process.executableURL = directory.appendingPathComponent("oss-devserver")
    process.arguments = arguments
    process.environment = environment
    process.standardOutput = output
    process.standardError = errors
    try process.run()
  }

  deinit { kill(SIGKILL) }

  /// The port of the line that says it is ready.
  func port() throws -> Int {
    var line = Data()
    while line.last != UInt8(ascii: "\n") {
      let more = output.fileHandleForReading.availableData
      try #require(!more.isEmpty, "it ended before it was ready")
      line += more
    }
    let text = String(decoding: line, as: UTF8.self)
    let prefix = "listening on http://127.0.0.1:"
    try #require(text.hasPrefix(prefix))
    return try #require(Int(text.dropFirst(prefix.count).dropLast()))
  }

  func kill(_ signal: Int32) {
    if process.isRunning { Glibc.kill(process.processIdentifier, signal) }
  }

  /// Its exit code, and what it said to people.
  func finish() -> (code: Int32, output: String, errors: String) {
    let said = output.fileHandleForReading.readDataToEndOfFile()
    let complaint = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (
      process.terminationStatus, String(decoding: said, as: UTF8.self),
      String(decoding: complaint, as: UTF8.self)
    )
  }
}

@Suite struct ProgramTests {
  @Test func stateSurvivesAKill() throws {
    let root = try TestServer.makeRoot()
    defer { try? FileManager.default.removeItem(atPath: root) }
    let body = pattern(102_400)
    let first = try Program(["--root", root])
    let port = try first.port()
    func send(_ request: TestRequest) throws -> Response {
      let connection = try Connection(port: port)
      try connection.send(request.bytes(Signer()))
      return try connection.response()
    }
    #expect(
      try send(TestRequest("PUT", "kept").with("x-oss-meta-a", "目").with(body: [1, 2])).status
        == 200)
    let initiate = TestRequest("POST", "k/e y", [("uploads", "")]).with("Expires", "never")
    let upload = try #require(try send(initiate).element("UploadId"))
    let query = [("partNumber", "1"), ("uploadId", upload)]
    let tag = try send(TestRequest("PUT", "k/e y", query).with(body: body)).headers["etag"] ?? ""
    // A third body is half there when the server dies.
    let cut = try Connection(port: port)
    try cut.send(Array(TestRequest("PUT", "cut").with(body: body).bytes(Signer()).dropLast(9)))
    first.kill(SIGKILL)
    #expect(first.finish().code == SIGKILL)

    let server = try TestServer(root: root)
    #expect(try server.get("cut").code == "NoSuchKey")
    let kept = try server.get("kept")
    #expect(kept.body == [1, 2])
    #expect(kept.headers["x-oss-meta-a"] == "目")
    let listed = try server.send(TestRequest("GET", "k/e y", [("uploadId", upload)]))
    #expect(listed.elements("ETag") == [tag])
    let second = try server.part("k/e y", upload, 2, [9]).headers["etag"] ?? ""
    #expect(try server.complete("k/e y", upload, [(1, tag), (2, second)]).status == 200)
    let object = try server.get("k/e y")
    #expect(object.body == body + [9])
    #expect(object.headers["expires"] == "never")
    #expect(try FileManager.default.contentsOfDirectory(atPath: root + "/.incoming").isEmpty)
  }

  /// Two event loops begin their work at the same moment, which once in hundreds of times broke what both
  /// need first. `OSBATCH_STARTS=N` asks for more starts than the usual few.
  @Test func theFirstConnectionsMayComeTogether() throws {
    let starts = getenv("OSBATCH_STARTS").flatMap { Int(String(cString: $0)) } ?? 20
    for _ in 0..<starts {
      let root = try TestServer.makeRoot()
      defer { try? FileManager.default.removeItem(atPath: root) }
      let program = try Program(["--root", root])
      let port = try program.port()
      let connections = try (0..<8).map { _ in try Connection(port: port) }
      for (number, connection) in connections.enumerated() {
        try connection.send(TestRequest("PUT", "key-\(number)").with(body: [1]).bytes(Signer()))
      }
      for connection in connections { #expect(try connection.response().status == 200) }
    }
  }

  @Test func objectsCutOffBetweenTheirTwoFilesAreFinished() throws {
    let root = try TestServer.makeRoot()
    defer { try? FileManager.default.removeItem(atPath: root) }
    do {
      let server = try TestServer(root: root)
      try server.put("key", [1, 2, 3])
    }
    // As a kill between the renames leaves it: the metadata in place, the bytes still incoming.
    let record = try String(contentsOfFile: root + "/bucket/metadata/key", encoding: .utf8)
    let line = try #require(record.split(separator: "\n").first { $0.hasPrefix("data: ") })
    try FileManager.default.moveItem(
      atPath: root + "/bucket/objects/key", toPath: root + "/.incoming/" + line.dropFirst(6))
    let server = try TestServer(root: root)
    #expect(try server.get("key").body == [1, 2, 3])
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func signalsStopIt(signal: Int32) throws {
    let root = try TestServer.makeRoot()
    defer { try? FileManager.default.removeItem(atPath: root) }
    let program = try Program(["--root=" + root, "--port", "0", "--bucket", "bucket"])
    _ = try program.port()
    program.kill(signal)
    let end = program.finish()
    #expect(end.code == 0)
    #expect(end.errors.isEmpty)
  }

  /// A pipe in the place of a stored part holds up the assembling until somebody writes to it.
  @Test func aStopLetsEndWhatIsBeingAssembled() throws {
    let root = try TestServer.makeRoot()
    defer { try? FileManager.default.removeItem(atPath: root) }
    let program = try Program(["--root", root])
    let port = try program.port()
    let connection = try Connection(port: port)
    func send(_ request: TestRequest) throws -> Response {
      try connection.send(request.bytes(Signer()))
      return try connection.response()
    }
    let upload = try #require(
      try send(TestRequest("POST", "key", [("uploads", "")])).element("UploadId"))
    let query = [("partNumber", "1"), ("uploadId", upload)]
    let tag = try send(TestRequest("PUT", "key", query).with(body: [1])).headers["etag"] ?? ""
    let folder = "\(root)/bucket/uploads/\(upload)"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    let part = "\(folder)/\(try #require(names.first { $0.hasPrefix("00001.") }))"
    try #require(unlink(part) == 0 && mkfifo(part, 0o600) == 0)
    let document =
      "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(tag)</ETag></Part>"
      + "</CompleteMultipartUpload>"
    let complete = TestRequest("POST", "key", [("uploadId", upload)])
    try connection.send(complete.with(body: Array(document.utf8)).bytes(Signer()))
    // The server has opened the other end when this returns.
    let pipe = open(part, O_WRONLY)
    program.kill(SIGTERM)
    while (try? Connection(port: port)) != nil { poll(nil, 0, 5) }
    close(pipe)
    // A pipe is no part; what counts is that the answer is sent.
    #expect(try connection.response().code == "InternalError")
    let end = program.finish()
    #expect(end.code == 0)
    #expect(end.errors.isEmpty)
  }

  @Test(arguments: [
    [], ["--root"], ["--root", "x", "--port", "70000"], ["--root", "x", "--port", "x"],
    ["--colour"], ["stray"],
  ])
  func wrongUsage(arguments: [String]) throws {
    let end = try Program(arguments).finish()
    #expect(end.code == 2)
    #expect(end.errors.hasPrefix("oss-devserver: "))
    #expect(end.output.isEmpty)
  }

  @Test func helpAndVersion() throws {
    let help = try Program(["--help"], environment: [:]).finish()
    #expect(help.code == 0)
    #expect(help.output.contains("--root DIR"))
    let version = try Program(["--version"], environment: [:]).finish()
    #expect(version.code == 0)
    #expect(version.output.hasPrefix("oss-devserver "))
  }

  @Test func cannotStart() throws {
    let root = try TestServer.makeRoot()
    defer { try? FileManager.default.removeItem(atPath: root) }
    let withoutKey = try Program(["--root", root], environment: [:]).finish()
    #expect(withoutKey.code == 4)
    #expect(withoutKey.errors.contains("OSS_ACCESS_KEY_ID"))
    let file = root + "/file"
    try Data().write(to: URL(fileURLWithPath: file))
    #expect(try Program(["--root", file + "/below"]).finish().code == 4)
    #expect(try Program(["--root", root, "--bucket", "No"]).finish().code == 4)
    let server = try TestServer(root: root)
    let second = try Program(["--root", root]).finish()
    #expect(second.code == 4)
    #expect(second.errors.contains("in use by another oss-devserver"))
    let port = String(server.server.port)
    let third = try Program(["--root", root + "/other", "--port", port]).finish()
    #expect(third.code == 4)
    #expect(third.errors.contains("cannot listen on 127.0.0.1 port \(port)"))
  }

  @Test func credentialsHaveTwoNames() throws {
    let names = [
      "ALIBABA_CLOUD_ACCESS_KEY_ID": "a", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "b",
      "ALIBABA_CLOUD_SECURITY_TOKEN": "c", "OSS_SESSION_TOKEN": "",
    ]
    let credentials = try #require(Credentials { names[$0] })
    #expect(credentials.identifier == "a")
    #expect(credentials.secret == "b")
    #expect(credentials.securityToken == "c")
    let missing = Credentials { _ in nil }
    #expect(missing == nil)
  }
}
