import Foundation
import Platform
import TestKit
import Testing

/// Where credentials come from, and what happens when there are none.
@Suite struct CredentialTests {
  private static let test = "access-key-id = test-id\naccess-key-secret = test-secret\n"

  /// A stage whose user has this configuration, readable to nobody else.
  private func stage(_ configuration: String, mode: mode_t = 0o600) throws -> Stage {
    let stage = try Stage()
    try stage.small(3)
    try stage.home.write(".ossutilconfig", Array(configuration.utf8))
    #expect(chmod(stage.home(".ossutilconfig"), mode) == 0)
    return stage
  }

  @Test func theDefaultProfile() throws {
    let stage = try stage("[default]\n\(Self.test)")
    let run = try stage.run(credentials: [:])
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["done"] == 3)
    #expect(run.events("warning").isEmpty)
    #expect(try stage.start(["verify", "manifest.yaml"], credentials: [:]).wait().code == 0)
    #expect(try stage.start(["abort", "manifest.yaml"], credentials: [:]).wait().code == 0)
  }

  @Test func aNamedProfileWithItsEndpoint() throws {
    let stage = try stage("")
    try stage.home.write(
      ".ossutilconfig",
      Array(
        """
        [default]
        access-key-id = nobody
        access-key-secret = nothing
        [profile night]
        endpoint = \(stage.server.endpoint)
        region = cn-hangzhou
        source-profile = cred
        [profile cred]
        \(Self.test)
        """.utf8))
    try stage.manifest(
      text: "version: 1\ntarget: {bucket: bucket}\nentries: [{file: small-0, key: small-0}]\n")
    let run = try stage.run("--profile", "night", credentials: [:])
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["done"] == 1)
    for command in ["plan", "status"] {
      let end = try stage.start(
        [command, "manifest.yaml"], environment: ["OSBATCH_PROFILE": "night"], credentials: [:]
      ).wait()
      #expect(end.code == 0, "\(end.errors)")
    }
    let twin = try stage.run(environment: ["OSBATCH_PROFILE": "night"], credentials: [:])
    #expect(twin["unchanged"] == 1, "\(twin.errors)")
    let missing = try stage.run("--profile", "day", credentials: [:])
    #expect(missing.code == 4)
    #expect(missing.errors.contains("profile day: \(stage.home(".ossutilconfig"))"))
  }

  @Test func theManifestAndTheEnvironmentCountBeforeTheProfile() throws {
    let stage = try stage("[default]\nendpoint = http://127.0.0.1:1\nregion = cn-beijing\n")
    #expect(try stage.run().code == 0)
    try stage.manifest(
      text: "version: 1\ntarget: {bucket: bucket}\nentries: [{file: small-0, key: other}]\n")
    let environment = ["OSS_ENDPOINT": stage.server.endpoint, "OSS_REGION": "cn-hangzhou"]
    let run = try stage.run(environment: environment)
    #expect(run["done"] == 1, "\(run.errors)")
  }

  @Test func theEnvironmentCountsBeforeTheProfileAndSaysSo() throws {
    let stage = try stage("[default]\naccess-key-id = nobody\naccess-key-secret = nothing\n")
    let run = try stage.run("--profile", "default")
    #expect(run.code == 0)
    #expect(run.events("warning").count == 1)
    #expect(
      run.events("warning").first?.text("message")?.contains("not those of the profile") == true)
  }

  @Test func aFileThatOthersMayReadIsAWarning() throws {
    let stage = try stage("[default]\n\(Self.test)", mode: 0o644)
    let run = try stage.run(credentials: [:])
    #expect(run.code == 0)
    #expect(run.events("warning").first?.text("message")?.contains("chmod 600") == true)
    let verify = try stage.start(["verify", "manifest.yaml"], credentials: [:]).wait()
    #expect(verify.errors.hasPrefix("warning: "))
    #expect(verify.errors.contains("mode 0644"))
  }

  /// Whoever can change it chooses the command that is run.
  @Test func aFileThatOthersMayChangeIsAWarningInEveryMode() throws {
    let command = "mode = Process\ncredential-process = cat issued\n"
    for (mode, count) in [(mode_t(0o644), 0), (0o664, 1)] {
      let stage = try stage("[default]\n\(command)", mode: mode)
      try stage.directory.write(
        "issued",
        Array("{\"AccessKeyId\": \"test-id\", \"AccessKeySecret\": \"test-secret\"}".utf8))
      let run = try stage.run(credentials: [:])
      #expect(run.code == 0, "\(run.errors)")
      let warnings = run.events("warning").map { $0.text("message") ?? "" }
      #expect(warnings.count == count, "\(warnings)")
      #expect(warnings.allSatisfy { $0.contains("mode 0664") && $0.contains("chmod go-w") })
    }
  }

  @Test func withoutAnySourceAllAreNamed() throws {
    let stage = try Stage()
    try stage.small(2)
    let run = try stage.run(credentials: [:])
    #expect(run.code == 4)
    #expect(run["not_run"] == 2)
    for word in [
      "OSS_ACCESS_KEY_ID", "profile default: there is no", ".ossutilconfig", "ECS RAM role:",
    ] {
      #expect(run.errors.contains(word), "\(run.errors)")
    }
    for command in ["plan", "status"] {
      #expect(try stage.start([command, "manifest.yaml"], credentials: [:]).wait().code == 0)
    }
    #expect(try stage.server.log().isEmpty)
  }

  @Test(arguments: [
    ("[default]\nkey = 1\nthis is not INI", ":3: expected"), ("[default]\nmode = OIDC\n", ":2: "),
    ("large", "File too large"), ("\u{0}\u{0}", ":1: "),
  ])
  func aBrokenConfigurationIsNamedWithItsPlace(text: String, words: String) throws {
    let stage = try stage(text == "large" ? String(repeating: "#", count: 2 << 20) : text)
    let run = try stage.run(credentials: [:])
    #expect(run.code == 4)
    #expect(run.errors.contains(stage.home(".ossutilconfig")))
    #expect(run.errors.contains(words), "\(run.errors)")
    #expect(try stage.run().code == 0, "with credentials in the environment nobody reads it")
  }

  /// What a parent ignores is ignored from the start; then the kernel forgets how children ended.
  @Test func aCommandEndsAlsoWhereTheParentIgnoresItsChildren() throws {
    let document = #"{"AccessKeyId":"test-id","AccessKeySecret":"test-secret"}"#
    let stage = try stage("[default]\nmode = Process\ncredential-process = echo '\(document)'\n")
    let run = try Outcome(
      stage.start(
        ["run", "manifest.yaml", "--json"], credentials: [:],
        under: ["env", "--ignore-signal=CHLD"]
      ).wait())
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["done"] == 3)
  }

  @Test func aNamedPipeIsNoConfiguration() throws {
    let stage = try Stage()
    try stage.small(1)
    #expect(mkfifo(stage.home(".ossutilconfig"), 0o600) == 0)
    let run = try stage.run(credentials: [:])
    #expect(run.code == 4)
    #expect(run.errors.contains("cannot read \(stage.home(".ossutilconfig"))"))
  }
}

/// Commands that are stopped while they ask for credentials.
@Suite struct CredentialCommandTests {
  /// The process, and one that it has started, whose ids the credential command of `stage` leaves.
  private func processes(_ stage: Stage) throws -> [pid_t]? {
    guard FileManager.default.fileExists(atPath: stage.directory("pids")) else { return nil }
    let text = String(decoding: try stage.directory.read("pids"), as: UTF8.self)
    let processes = text.split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
    return processes.count == 2 ? processes : nil
  }

  /// A stage with an upload that is done and one that is open, so that `verify` and `abort` have something to ask.
  private func stage() throws -> Stage {
    let stage = try Stage()
    try stage.large(parts: 3)
    try stage.directory.write("small", [1])
    try stage.manifest("  - {file: large, key: large}\n  - {file: small, key: small}")
    try stage.server.fault("part part=3 always stall")
    let run = try stage.startRun()
    try eventually("one is done, one is open") {
      try stage.status(of: "large")?.number("parts") == 2
        && stage.status(of: "small")?.text("state") == "done"
    }
    try run.killAtOnce()
    let command = "sleep 600 & echo $$ $! > '\(stage.directory("pids"))'; wait"
    try stage.home.write(
      ".ossutilconfig",
      Array(
        """
        [default]
        mode = Process
        credential-process = \(command)
        credential-process-timeout = 600
        """.utf8))
    return stage
  }

  @Test(arguments: ["run", "verify", "abort"], [SIGINT, SIGTERM, SIGHUP])
  func aSignalEndsTheCredentialCommandAndAllThatItStarted(command: String, signal: Int32) throws {
    let stage = try stage()
    let process = try stage.start([command, "manifest.yaml"], credentials: [:])
    try eventually("the command is under way") { try processes(stage) != nil }
    let started = try #require(try processes(stage))
    process.signal(signal)
    let code = try process.wait(seconds: 20).code
    let codeOfRun = signal == SIGTERM ? 143 : 130
    #expect(code == (command == "run" ? codeOfRun : -Int(signal)))
    // (What is dead and not yet waited for has no command line any more.)
    try eventually("they have ended with it", seconds: 10) {
      started.allSatisfy { process in
        FileManager.default.contents(atPath: "/proc/\(process)/cmdline")?.isEmpty != false
      }
    }
  }
}

/// Counts from 1.
private final class Counter: Sendable {
  private let count = Lock(0)

  func next() -> Int {
    count.withLock { count in
      count += 1
      return count
    }
  }
}

/// The RAM role of an instance, from a metadata service of the test's own.
@Suite struct InstanceRoleTests {
  private static let path = "/latest/meta-data/ram/security-credentials/"
  private static let document =
    #"{"Code":"Success","AccessKeyId":"STS.1","AccessKeySecret":"s1","SecurityToken":"t1","#
    + #""Expiration":"2099-01-01T00:00:00Z","LastUpdated":"2026-01-01T00:00:00Z"}"#

  /// As the service behaves: with tokens, or without knowing them, or only with them.
  private enum Kind { case both, withoutTokens }

  private func metadata(_ kind: Kind) throws -> PageServer {
    try PageServer { head in
      let line = head.prefix { $0 != "\r\n" }
      if line.hasPrefix("PUT /latest/api/token ") {
        guard kind == .both, head.contains("X-aliyun-ecs-metadata-token-ttl-seconds: ") else {
          return (404, "")
        }
        return (200, "the-token")
      }
      guard kind == .withoutTokens || head.contains("X-aliyun-ecs-metadata-token: the-token")
      else { return (403, "") }
      switch line {
      case "GET \(Self.path) HTTP/1.1": return (200, "nightly\n")
      case "GET \(Self.path)nightly HTTP/1.1": return (200, Self.document)
      default: return (404, "")
      }
    }
  }

  private func run(
    _ metadata: PageServer, _ more: [String: String] = [:], configuration: String = ""
  ) throws -> Outcome {
    let stage = try Stage()
    try stage.directory.write("file", [1, 2, 3])
    let endpoint = "http://localhost:\(stage.server.port)"
    try stage.manifest(
      "  - {file: file, key: one}\n  - {file: file, key: two}", endpoint: endpoint)
    try stage.server.accept("STS.1 s1 t1")
    if !configuration.isEmpty { try stage.home.write(".ossutilconfig", Array(configuration.utf8)) }
    // A proxy that nobody answers at is for requests to OSS, and not for these.
    var environment = [
      "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "false", "http_proxy": "http://127.0.0.1:1",
      "OSBATCH_ECS_METADATA_ENDPOINT": "http://127.0.0.1:\(metadata.port)",
      "no_proxy": "localhost",
    ]
    environment.merge(more) { $1 }
    return try stage.run(environment: environment, credentials: [:])
  }

  @Test func theRoleIsFoundWithAToken() throws {
    let run = try run(try metadata(.both), ["ALIBABA_CLOUD_IMDSV1_DISABLED": "true"])
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["done"] == 2)
  }

  @Test func theRoleIsFoundWithoutATokenWhereThereIsNone() throws {
    #expect(try run(try metadata(.withoutTokens))["done"] == 2)
  }

  @Test(arguments: ["EcsRamRole", "Ali-EcsRamRole"])
  func aProfileNamesTheRole(mode: String) throws {
    let configuration = "[default]\nmode = \(mode)\necsRoleName = nightly\n"
    #expect(try run(try metadata(.both), configuration: configuration)["done"] == 2)
  }

  /// A service that fails for a moment, and then would give another role without a token.
  @Test(arguments: ["EcsRamRole", "Ali-EcsRamRole"])
  func aRoleThatCannotBeHadIsNotReplacedByAnother(mode: String) throws {
    let requests = Counter()
    let service = try PageServer { head in
      if requests.next() == 1 { return (200, String(repeating: "x", count: 1 << 20)) }
      switch head.prefix(while: { $0 != "\r\n" }) {
      case "GET \(Self.path) HTTP/1.1": return (200, "other")
      case "GET \(Self.path)other HTTP/1.1": return (200, Self.document)
      default: return (404, "")
      }
    }
    let configuration = "[default]\nmode = \(mode)\necs-role-name = nightly\n"
    let run = try run(service, configuration: configuration)
    #expect(run.code == 4, "\(run.errors)")
    #expect(run.errors.contains("profile default: ECS RAM role: "), "\(run.errors)")
    #expect(requests.next() == 2, "nothing else was asked")
  }

  @Test func whatIsMissingIsSaid() throws {
    let old = try run(try metadata(.withoutTokens), ["ALIBABA_CLOUD_IMDSV1_DISABLED": "true"])
    #expect(old.code == 4)
    #expect(old.errors.contains("gives no token (status 404)"), "\(old.errors)")
    let other = try run(try metadata(.both), ["ALIBABA_CLOUD_ECS_METADATA": "other"])
    #expect(other.code == 4)
    #expect(other.errors.contains("404 for the role other"), "\(other.errors)")
    let nobody = try run(
      try metadata(.both), ["OSBATCH_ECS_METADATA_ENDPOINT": "http://127.0.0.1:\(try closedPort())"]
    )
    #expect(nobody.code == 4)
    #expect(nobody.errors.contains("ECS RAM role: cannot connect to"), "\(nobody.errors)")
    let page = try run(try PageServer())
    #expect(page.code == 4, "a page is no credentials")
    let huge = try run(try PageServer { _ in (200, String(repeating: "x", count: 1 << 20)) })
    #expect(huge.code == 4)
    #expect(huge.errors.contains("too large"), "\(huge.errors)")
  }
}
