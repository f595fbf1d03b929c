import Foundation
import TestKit
import Testing

/// What is wrong for every entry ends the run at once, with one sentence.
@Suite struct FatalTests {
  private static func expectRefused(
    _ run: Outcome, naming words: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(run.code == 5, sourceLocation: sourceLocation)
    #expect(run.state == "failed", sourceLocation: sourceLocation)
    #expect(run["failed"] == 0, sourceLocation: sourceLocation)
    #expect(run["not_run"] == run["planned"], sourceLocation: sourceLocation)
    #expect(run.events("failed").isEmpty, sourceLocation: sourceLocation)
    let lines = run.errors.split(separator: "\n")
    #expect(lines.count == 1, "\(run.errors)", sourceLocation: sourceLocation)
    for word in words {
      #expect(run.errors.contains(word), "\(run.errors)", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: ["v4", "v1"])
  func aWrongKey(signature: String) throws {
    let stage = try Stage()
    try stage.small(20)
    let entries = (0..<20).map { "  - {file: small-\($0), key: small-\($0)}" }
    try stage.manifest(
      entries.joined(separator: "\n"), target: "signature: \(signature)")
    var credentials = Programs.credentials
    credentials["OSS_ACCESS_KEY_SECRET"] = "very-secret-and-wrong"
    let wrongSecret = try stage.run(credentials: credentials)
    Self.expectRefused(wrongSecret, naming: "SignatureDoesNotMatch")
    #expect(!wrongSecret.errors.contains("very-secret"))
    credentials["OSS_ACCESS_KEY_ID"] = "unknown-id"
    Self.expectRefused(try stage.run(credentials: credentials), naming: "InvalidAccessKeyId")
    let mended = try stage.run()
    #expect(mended.code == 0)
    #expect(mended["done"] == 20)
  }

  @Test func noSuchBucket() throws {
    let stage = try Stage(server: ["--bucket", "another"])
    try stage.small(5)
    Self.expectRefused(try stage.run(), naming: "NoSuchBucket", "bucket")
  }

  @Test func wrongRegion() throws {
    let stage = try Stage(server: ["--region", "cn-beijing"])
    try stage.small(5)
    Self.expectRefused(try stage.run(), naming: "cn-beijing")
  }

  @Test func anEndpointThatIsAWebSite() throws {
    let stage = try Stage()
    try stage.small(5)
    let page = try PageServer()
    let entries = (0..<5).map { "  - {file: small-\($0), key: small-\($0)}" }
    try stage.manifest(
      entries.joined(separator: "\n"), endpoint: "http://127.0.0.1:\(page.port)")
    let run = try stage.run()
    Self.expectRefused(run, naming: "not like OSS", "127.0.0.1:\(page.port)")
    #expect(run.events("done").isEmpty)
  }

  @Test func aFatalAnswerInTheMiddleKeepsWhatIsDone() throws {
    let stage = try Stage()
    try stage.small(10, concurrency: 1)
    try stage.server.fault("put skip=4 always status=403 code=UserDisable message=Disabled.")
    let run = try stage.run()
    #expect(run.code == 5)
    #expect(run["done"] == 4)
    #expect(run["not_run"] == 6)
    try stage.server.clearFaults()
    let again = try stage.run()
    #expect(again["unchanged"] == 4)
    #expect(again["done"] == 6)
  }

  @Test func anEndpointThatCannotBeReached() throws {
    let stages = [try Stage(), try Stage()]
    let endpoints = [
      "http://127.0.0.1:\(try closedPort())", "http://no-such-host.invalid",
    ]
    for (stage, endpoint) in zip(stages, endpoints) {
      try stage.small(3)
      try stage.manifest(
        "  - {file: small-0, key: a}\n  - {file: small-1, key: b}", endpoint: endpoint)
    }
    let runs = try stages.map { try $0.startRun() }
    for (run, endpoint) in zip(runs, endpoints) {
      let outcome = try Outcome(run.wait())
      #expect(outcome.code == 4)
      #expect(outcome.state == "failed")
      #expect(outcome["failed"] == 0)
      #expect(outcome["not_run"] == 2)
      #expect(outcome["retries"] > 0)
      let host = endpoint.replacingOccurrences(of: "http://", with: "")
      #expect(outcome.errors.contains(host), "\(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count == 1)
    }
  }
}
