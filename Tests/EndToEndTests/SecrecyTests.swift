import Foundation
import Platform
import TestKit
import Testing

/// Secrets stay where they belong: a run with recognisable ones, with failures of every kind, in every
/// form of output, leaves no trace of them.
@Suite struct SecrecyTests {
  private static let secret = "sEcReT4SuperSecretAccessKey99"
  private static let token = "tOkEn4SuperSecretSessionToken77+/=="
  private static let later = "lAtEr4SuperSecretSessionToken55"
  private static let needles = [secret, token, later, "SuperSecret"]

  private func stage() throws -> Stage {
    let stage = try Stage()
    let script = """
      cd '\(stage.directory.path)'; echo "debug: \(Self.secret) $(cat issued)" >&2
      read -r token < issued || exit 1
      printf '{"AccessKeyId":"STS.1","AccessKeySecret":"%s","SecurityToken":"%s"}' \(Self.secret) "$token"
      """
    try stage.home.write("issue", Array(script.utf8))
    try stage.home.write(
      ".ossutilconfig",
      Array("[default]\nmode = Process\ncredential-process = sh \(stage.home("issue"))\n".utf8))
    try issue(Self.token, stage)
    try stage.directory.write("large", content(16 * Stage.partSize))
    let small = (0..<6).map { "  - {file: small-\($0), key: small-\($0)}\n" }.joined()
    try stage.small(6)
    try stage.manifest(small + "  - {file: large, key: large}\n  - {file: gone, key: gone}")
    return stage
  }

  private func issue(_ token: String, _ stage: Stage) throws {
    try stage.directory.write("issued", Array("\(token)\n".utf8))
    try stage.server.accept("STS.1 \(Self.secret) \(token)")
  }

  private func expectClean(
    _ bytes: some Sequence<UInt8>, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let bytes = Array(bytes)
    for needle in Self.needles {
      let isThere = bytes.firstRange(of: Array(needle.utf8)) != nil
      #expect(!isThere, "\(what) holds \(needle)", sourceLocation: sourceLocation)
    }
  }

  private func expectClean(_ end: Child.End) {
    expectClean(end.output.utf8, "standard output")
    expectClean(end.errors.utf8, "standard error")
  }

  private func expectStateIsClean(_ stage: Stage) throws {
    let state = stage.directory(".osbatch")
    for name in try FileManager.default.subpathsOfDirectory(atPath: state) {
      var status = stat()
      guard stat("\(state)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        continue
      }
      expectClean(try stage.directory.read(".osbatch/\(name)"), name)
    }
  }

  /// What the system shows of a process to whoever asks.
  private func expectProcessIsClean(_ process: pid_t) throws {
    for name in ["cmdline", "environ", "comm"] {
      expectClean(try Data(contentsOf: URL(fileURLWithPath: "/proc/\(process)/\(name)")), name)
    }
  }

  @Test(arguments: [
    ["--json", "--verbose", "--report", "report.html"],
    ["--verbose", "--progress", "plain", "--report", "report.xml"],
    ["--quiet", "--report", "report.csv"], ["--progress", "tty", "--report", "report.json"],
  ])
  func aRunLeavesNoTrace(options: [String]) throws {
    let stage = try stage()
    try stage.server.fault(
      "put key=small-1 status=400 code=InvalidArgument", "put key=small-2 status=500 html",
      "put key=small-3 garbage-body", "part part=2 reset=after-effect", "part part=16 always hold",
      "put key=small-4 status=403 code=AccessDenied message=\(Self.secret)")
    let process = try stage.start(["run", "manifest.yaml"] + options, credentials: [:])
    try stage.server.wait(for: "parts, and all that is refused") { log in
      log.contains { $0.part != nil && $0.status == 200 } && log.contains { $0.part == 16 }
        && (1...4).allSatisfy { number in
          log.contains { $0.key == "small-\(number)" && $0.status != nil }
        }
    }
    try expectProcessIsClean(process.process)
    try expectStateIsClean(stage)
    // The token expires, and for a while there is no other.
    try stage.directory.remove("issued")
    try stage.server.accept("STS.1 \(Self.secret) \(Self.later)")
    try stage.server.clearFaults()
    // Of whatever comes next: a part, the completion, or what is repeated.
    try stage.server.wait(for: "a refusal") {
      $0.contains { $0.status == 403 && $0.key != "small-4" }
    }
    try issue(Self.later, stage)
    let end = try process.wait()
    #expect(end.code == 1, "\(end.errors)")
    let said = end.output + end.errors
    let isTheServersOwn = said.contains(Self.secret)
    #expect(!isTheServersOwn, "what a service says of our secret is left out")
    expectClean(end)
    try expectStateIsClean(stage)
    for name in try stage.directory.names(in: ".") where name.hasPrefix("report.") {
      expectClean(try stage.directory.read(name), name)
    }
    let reports = ["json", "csv", "junit", "html"].map {
      ["report", "manifest.yaml", "--format", $0]
    }
    for arguments in reports + [
      ["status", "manifest.yaml"], ["status", "manifest.yaml", "--json"],
      ["plan", "manifest.yaml"],
      ["render", "manifest.yaml"], ["verify", "manifest.yaml"], ["abort", "manifest.yaml"],
    ] {
      expectClean(try stage.start(arguments, credentials: [:]).wait())
    }
  }

  /// Whoever answers in the service's place repeats our token, and the one before it, in all that it may say.
  @Test(arguments: [["--json", "--verbose"], ["--verbose", "--report", "report.csv"]])
  func whatAServiceRepeatsOfOurTokensLeavesNoTrace(options: [String]) throws {
    let stage = try stage()
    let small = (0..<6).map { "  - {file: small-\($0), key: small-\($0), needs: [first]}\n" }
      .joined()
    try stage.manifest("\(small)  - {id: first, file: large, key: large}")
    // Refused with the first token, the run goes on with the second.
    try stage.server.accept("STS.1 \(Self.secret) \(Self.later)")
    try stage.directory.write("next", Array("\(Self.later)\n".utf8))
    let script = try String(contentsOfFile: stage.home("issue"), encoding: .utf8)
    try stage.home.write("issue", Array("\(script)\nmv next issued 2>/dev/null\n:\n".utf8))
    let filling = String(repeating: "x", count: 490)
    let (token, later) = (Self.token.replacing("+", with: "%2B"), Self.later)
    try stage.server.fault(
      "put key=small-0 status=400 code=\(token)", "put key=small-1 status=400 code=A\(later)",
      "put key=small-2 status=400 header=x-oss-request-id:\(token) message=\(later)",
      "put key=small-3 status=400 code=InvalidArgument message=\(filling)\(later)",
      "put key=small-4 status=400 code=InvalidArgument message=\(later.dropLast(4))",
      "put key=small-5 when=after status=203 code=CallbackFailed message=\(token)")
    let end = try stage.start(["run", "manifest.yaml"] + options, credentials: [:]).wait()
    #expect(end.code == 1, "\(end.errors)")
    #expect((end.output + end.errors).contains("[redacted]"))
    let beginning = String(Self.later.prefix(10))
    #expect(!(end.output + end.errors).contains(beginning), "\(end.output)")
    expectClean(end)
    try expectStateIsClean(stage)
    for arguments in [
      ["status", "manifest.yaml"], ["report", "manifest.yaml", "--format", "json"],
    ] {
      expectClean(try stage.start(arguments, credentials: [:]).wait())
    }
  }

  /// A gateway that says what it was sent, in its own words or encoded.
  @Test(arguments: ["v1", "v4"], [false, true])
  func whatAServiceRepeatsOfASignatureLeavesNoTrace(form: String, encoded: Bool) throws {
    let authorizations = Lock<[String]>([])
    let gateway = try PageServer { head in
      let name = "authorization: "
      let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name) }
      let text = String(line?.dropFirst(name.count) ?? "")
      authorizations.withLock { $0.append(text) }
      let said = encoded ? text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) : text
      let words = said ?? ""
      return (400, "<Error><Code>\(words)</Code><Message>sent: \(words)</Message></Error>")
    }
    let stage = try Stage()
    try stage.directory.write("small", [1])
    try stage.manifest(
      "  - {file: small, key: small}", target: "signature: \(form)",
      endpoint: "http://127.0.0.1:\(gateway.port)")
    let end = try stage.command("run", "manifest.yaml", "--json", "--report", "report.json")
    #expect(end.code == 1, "\(end.errors)")
    #expect(end.output.contains("[redacted]"), "\(end.output)")
    for authorization in authorizations.withLock(\.self) {
      let separator = form == "v1" ? ":" : "Signature="
      let signature = try #require(authorization.components(separatedBy: separator).last)
      // (Of what is Base64, the longest piece that no encoding changes.)
      let pieces = signature.split { !$0.isLetter && !$0.isNumber }
      let piece = try #require(pieces.max { $0.count < $1.count })
      try expectNowhere(String(piece), end, stage)
    }
  }

  /// Neither in what was said, nor in the report, nor in the state.
  private func expectNowhere(_ needle: String, _ end: Child.End, _ stage: Stage) throws {
    let state = ".osbatch/manifest.yaml"
    let names = try stage.directory.names(in: state).map { "\(state)/\($0)" }
    #expect(names.contains("\(state)/journal"))
    for name in names + ["report.json"] where name != "\(state)/checkpoints" {
      let text = String(decoding: try stage.directory.read(name), as: UTF8.self)
      #expect(!text.contains(needle), "\(name) holds a signature")
    }
    #expect(!(end.output + end.errors).contains(needle), "a signature was said")
  }

  /// That a proxy is named wrongly is said at once, and neither its password nor a wrong culprit.
  @Test(arguments: [
    "http://user:SuperSecret@ho st:3128", "user:Super'Secret@SuperSecret@ho st:3128",
    "pigeon://user:SuperSecret@host:3128", "http://user:SuperSecret@127.0.0.1:99999",
  ])
  func aProxyThatCannotBeReadLeavesNoTraceOfItsPassword(proxy: String) throws {
    let stage = try Stage()
    try stage.small(1)
    try stage.manifest("  - {file: small-0, key: k}", endpoint: "https://oss.example.com")
    let end = try stage.start(["run", "manifest.yaml", "-v"], environment: ["HTTPS_PROXY": proxy])
      .wait()
    #expect(end.code == 4)
    let words =
      "cannot start: HTTPS_PROXY of the environment names no proxy for https://bucket.oss.example.com: "
    #expect(end.errors.contains(words), "\(end.errors)")
    #expect(!end.errors.contains("away"))
    expectClean(end)
    try expectStateIsClean(stage)
  }

  @Test func aWrongSecretLeavesNoTrace() throws {
    let stage = try stage()
    for credentials in [
      ["OSS_ACCESS_KEY_ID": "test-id", "OSS_ACCESS_KEY_SECRET": Self.secret],
      [
        "OSS_ACCESS_KEY_ID": "STS.1", "OSS_ACCESS_KEY_SECRET": Self.later,
        "OSS_SESSION_TOKEN": Self.token,
      ],
    ] {
      let end = try stage.start(["run", "manifest.yaml", "-v"], credentials: credentials).wait()
      #expect(end.code == 5)
      expectClean(end)
      try expectStateIsClean(stage)
    }
  }

  @Test func aFailingCommandDoesNotLeakThroughItsMessages() throws {
    let stage = try stage()
    try stage.directory.remove("issued")
    let end = try stage.start(["run", "manifest.yaml"], credentials: [:]).wait()
    #expect(end.code == 4)
    #expect(end.errors.contains("debug: [redacted]"), "\(end.errors)")
    expectClean(end)
  }

  /// By the core dump that a process without the protection leaves in the same place.
  @Test func aCrashLeavesNoCoreDump() throws {
    let pattern = try String(contentsOfFile: "/proc/sys/kernel/core_pattern", encoding: .utf8)
    let stage = try stage()
    let unlimited = ["/bin/sh", "-c", "ulimit -c unlimited; exec \"$@\"", "sh"]
    try stage.server.fault("any always stall")
    let process = try stage.start(
      ["run", "manifest.yaml"], environment: ["OSS_SESSION_TOKEN": Self.token],
      credentials: [:], under: unlimited)
    try stage.server.wait(for: "a request") { !$0.isEmpty }
    var status = stat()
    #expect(stat("/proc/\(process.process)/environ", &status) == 0)
    #expect(status.st_uid == 0, "what cannot be dumped belongs to root")
    // (Swift catches the signals of its own crashes, and goes on after one from outside.)
    process.signal(SIGXCPU)
    #expect(try process.wait().code == -Int(SIGXCPU))
    let left = try stage.directory.names(in: ".").filter { $0.contains("core") }
    #expect(left.isEmpty, "core pattern \(pattern)")
  }
}
