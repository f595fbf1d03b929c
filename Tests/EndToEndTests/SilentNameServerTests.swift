import Foundation
import TestKit
import Testing

/// Who resolves a name may be waited for for minutes, by nobody but the request that needs it.
@Suite(.enabled(if: SilentNameServer.canListen, SilentNameServer.needs))
struct SilentNameServerTests {
  private let names: SilentNameServer
  private let stage: Stage

  init() throws {
    names = try SilentNameServer()
    stage = try Stage()
  }

  private func startRun(_ options: String...) throws -> Child {
    try stage.small(2)
    try stage.manifest("  - {file: small-0, key: k}", endpoint: "http://oss.example.com")
    return try stage.start(
      ["run", "manifest.yaml", "--json"] + options, environment: Child.withoutLeakCheck,
      under: names.place)
  }

  @Test func aSecondSignalStopsAtOnce() throws {
    let process = try startRun()
    try names.waitForQuestion()
    process.signal(SIGINT)
    process.signal(SIGTERM)
    let run = try Outcome(process.wait(seconds: 30))
    #expect(run.code == 130)
    #expect(run["not_run"] == 1)
  }

  @Test func aLimitOfTimeStopsTheRun() throws {
    let process = try startRun("--max-duration", "1s")
    let run = try Outcome(process.wait(seconds: 60))
    #expect(run.code == 5)
    #expect(run["not_run"] == 1)
  }

  /// The answer comes after the names of the other target's service have been waited for long enough.
  @Test func anotherTargetIsServedMeanwhile() throws {
    let far = (0..<6).map { "  - {file: small-0, key: far-\($0), target: far}" }
    try stage.small(1)
    try stage.manifest(
      text: """
        version: 1
        targets:
          far: {bucket: bucket, endpoint: "http://oss.example.com", region: cn-hangzhou}
          near: {bucket: bucket, endpoint: "\(stage.server.endpoint)", region: cn-hangzhou}
        concurrency: 4
        entries:
        \(far.joined(separator: "\n"))
          - {file: small-0, key: near, target: near}

        """)
    try stage.server.fault("put always delay=11500")
    let process = try stage.start(
      ["run", "manifest.yaml", "--json"], environment: Child.withoutLeakCheck, under: names.place)
    try eventually("the near one is done", seconds: 40) {
      try stage.status(of: "near")?.text("state") == "done"
    }
    process.signal(SIGINT)
    process.signal(SIGTERM)
    #expect(try Outcome(process.wait(seconds: 30))["done"] == 1)
  }
}
