import Foundation
import TestKit
import Testing

/// A service that carries less than is asked of it, or is away: the run adapts, waits, and loses nothing.
@Suite struct OutageTests {
  @Test func aServiceThatIsAwayIsWaitedForAndNothingFails() throws {
    let stage = try Stage()
    try stage.small(40, concurrency: 4, settings: "retries: 1")
    try stage.server.fault("any skip=10 always status=503 code=ServiceUnavailable")
    let process = try stage.startRun()
    try stage.server.wait(for: "a probe") { log in log.count { $0.operation == "head" } >= 2 }
    let asked = try stage.server.log().count - 10
    #expect(asked <= 60, "an outage costs a bounded number of requests")
    try stage.server.clearFaults()
    let run = try Outcome(process.wait())
    #expect(run.code == 0, "\(run.events("failed"))")
    #expect(run["done"] == 40)
    let warnings = run.events("warning").compactMap { $0.text("message") }
    #expect(warnings.count == 2, "\(warnings)")
    #expect(warnings.first?.hasPrefix("the service is away") == true)
    #expect(warnings.last?.hasPrefix("the service answers again") == true)
  }

  @Test func anOutageThatLastsTooLongStopsTheRunAndFailsNothing() throws {
    let stage = try Stage()
    try stage.small(12, concurrency: 2, settings: "retries: 0")
    try stage.server.fault("any skip=4 always reset=before-body")
    let run = try stage.run("--max-outage", "1s")
    #expect(run.code == 5, "\(run.errors)")
    #expect(run["failed"] == 0)
    #expect(run["done"] == 4)
    #expect(run.errors.contains("away for too long"), "\(run.errors)")
    try stage.server.clearFaults()
    let again = try stage.run()
    #expect(again.code == 0)
    #expect(again["done"] == 8)
  }

  /// The entries of the other target are all sent while one is away; then the run goes on with it.
  @Test func aTargetThatIsAwayKeepsNoOtherWaiting() throws {
    let stage = try Stage()
    let other = try Server()
    var entries: [String] = []
    for index in 0..<40 {
      try stage.directory.write("file-\(index)", content(1_000, seed: UInt64(index + 1)))
      for target in ["far", "near"] {
        entries.append("  - {file: file-\(index), key: key-\(index), target: \(target)}")
      }
    }
    try stage.manifest(
      text: """
        version: 1
        targets:
          far: {bucket: bucket, endpoint: "\(other.endpoint)", region: cn-hangzhou}
          near: {bucket: bucket, endpoint: "\(stage.server.endpoint)", region: cn-hangzhou}
        concurrency: 4
        defaults: {retries: 1}
        entries:
        \(entries.joined(separator: "\n"))

        """)
    try other.fault("any always status=503 code=ServiceUnavailable")
    let process = try stage.startRun()
    try eventually("all of one target is there") {
      try stage.server.statistics().objects == 40
    }
    #expect(try other.statistics().objects == 0)
    try other.wait(for: "a probe") { log in log.contains { $0.operation == "head" } }
    try other.clearFaults()
    let run = try Outcome(process.wait())
    #expect(run.code == 0, "\(run.events("failed"))")
    #expect(run["done"] == 80)
    let warnings = run.events("warning").compactMap { $0.text("message") }
    #expect(warnings.first?.hasPrefix("the service of target far is away") == true, "\(warnings)")
    #expect(
      warnings.last?.hasPrefix("the service of target far answers again") == true, "\(warnings)")
  }

  /// What fails alone, while the service answers others, fails for itself.
  @Test func objectsThatTheServiceCannotTakeFailAlone() throws {
    let stage = try Stage()
    try stage.small(6, concurrency: 2, settings: "retries: 1")
    try stage.server.fault(
      "put key=small-2 always status=500 code=InternalError",
      "put key=small-4 always reset=before-effect")
    let run = try stage.run()
    #expect(run.code == 1, "\(run.errors)")
    #expect(run["done"] == 4)
    #expect(run["failed"] == 2)
    #expect(run.events("warning").isEmpty)
  }

  @Test func aBusyServiceIsAskedForAsMuchAsItCarries() throws {
    let stage = try Stage()
    try stage.small(1_500, concurrency: 48)
    try stage.server.fault("put always delay=10", "put capacity=8")
    let run = try stage.run()
    #expect(run.code == 0, "\(run.events("failed"))")
    #expect(run["done"] == 1_500)
    let throttled = try stage.server.log().count { $0.status == 503 }
    // Without a limit they would be 7,500: of six only one is carried.
    #expect((1...750).contains(throttled), "\(throttled) of \(run["requests"]) were throttled")
  }

  /// The end of a run does not wait for one slow connection.
  @Test func aPartThatTakesFarLongerThanOthersGoesASecondTime() throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 12, concurrency: 4)
    try stage.server.fault("part part=5 delay=600000")
    let run = try stage.run("--stall-timeout", "1h")
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["parts_sent"] == 12)
    #expect(run["bytes_sent"] == bytes.count)
    #expect(
      run.events("retry").compactMap { $0.text("cause") }.count {
        $0.contains("longer than others")
      } == 1)
    #expect(try stage.server.parts().count { $0 == 5 } == 2)
    try stage.expectStored("large", bytes)
  }

  /// One answer asks the whole run for patience, not only its own request.
  @Test func aPauseHoldsForAllBodies() throws {
    let stage = try Stage()
    try stage.small(30, concurrency: 1)
    try stage.server.fault("put skip=2 status=503 code=SlowDown header=x-oss-qos-delay-time:4000")
    let process = try stage.startRun()
    try stage.server.wait(for: "the refusal") { $0.contains { $0.status == 503 } }
    let asked = ContinuousClock.now
    try stage.server.wait(for: "the next body") { $0.count > 3 }
    #expect(ContinuousClock.now - asked > .milliseconds(500))
    #expect(try Outcome(process.wait()).code == 0)
  }
}
