import Foundation
import TestKit
import Testing

/// A service where much goes wrong at once: in the end every object is right, and nothing is left.
@Suite struct RoughServiceTests {
  private static let faults = [
    "any probability=0.06 seed=SEED1 status=500 code=InternalError",
    "any probability=0.04 seed=SEED2 reset=before-effect",
    "any probability=0.04 seed=SEED3 reset=after-effect",
    "any probability=0.03 seed=SEED4 truncate", "any probability=0.03 seed=SEED5 garbage",
    "put probability=0.05 seed=SEED6 corrupt-received",
    "part probability=0.05 seed=SEED7 wrong-crc", "part probability=0.02 seed=SEED8 forget",
    "complete probability=0.2 seed=SEED9 reset=after-effect",
  ]

  private func stage(seed: Int) throws -> Stage {
    let stage = try Stage()
    var entries: [String] = []
    for index in 0..<24 {
      let size = index.isMultiple(of: 4) ? 3 * Stage.partSize + index : 700 * index
      try stage.directory.write("file-\(index)", content(size, seed: UInt64(seed + index)))
      entries.append("  - {file: file-\(index), key: file-\(index), retries: 20}")
    }
    try stage.manifest(entries.joined(separator: "\n"), concurrency: 6)
    for fault in Self.faults {
      try stage.server.fault(fault.replacingOccurrences(of: "SEED", with: "\(seed)"))
    }
    return stage
  }

  private func expectComplete(_ stage: Stage) throws {
    for index in 0..<24 {
      try stage.expectStored("file-\(index)", try stage.directory.read("file-\(index)"))
    }
    #expect(try stage.server.statistics().open_uploads == 0)
    #expect(try stage.command("verify", "manifest.yaml", "--full").code == 0)
  }

  @Test(arguments: [1, 2, 3])
  func everythingArrivesInOneRun(seed: Int) throws {
    let stage = try stage(seed: seed)
    let run = try stage.run()
    #expect(run.code == 0, "\(run.events("failed"))")
    #expect(run["done"] == 24)
    #expect(run["requests"] >= 24 + run["retries"])
    try stage.server.clearFaults()
    try expectComplete(stage)
  }

  @Test(arguments: [4, 5])
  func everythingArrivesThroughManyKills(seed: Int) throws {
    let stage = try stage(seed: seed)
    for _ in 0..<5 {
      try stage.server.clearLog()
      let run = try stage.startRun()
      try eventually("some requests, or the end") {
        try stage.server.log().count >= 12 || run.hasEnded
      }
      try run.killAtOnce()
    }
    try stage.server.clearFaults()
    let run = try stage.run()
    #expect(run.code == 0, "\(run.events("failed"))")
    try expectComplete(stage)
  }

  @Test func aServiceThatDiesAndComesBackIsWaitedFor() throws {
    let stage = try Stage()
    try stage.small(30, concurrency: 2)
    try stage.server.fault("put skip=6 always hold")
    let process = try stage.startRun()
    try stage.server.waitUntilHeld(2)
    try stage.server.restart()
    let run = try Outcome(process.wait())
    #expect(run.code == 0, "\(run.events("failed"))")
    #expect(run["retries"] > 0)
    #expect(try stage.server.objects().count == 30)
    #expect(try stage.command("verify", "manifest.yaml", "--full").code == 0)
  }

  @Test func credentialsThatExpiredPauseTheRun() throws {
    let stage = try Stage()
    try stage.small(3)
    try stage.server.fault("any always status=403 code=SecurityTokenExpired")
    let process = try stage.startRun()
    try stage.server.wait(for: "a refusal") { $0.contains { $0.status == 403 } }
    process.signal(SIGTERM)
    let run = try Outcome(process.wait())
    #expect(run.code == 143)
    #expect(run["failed"] == 0)
    #expect(run["not_run"] == 3)
    try stage.server.clearFaults()
    #expect(try stage.run()["done"] == 3)
  }

  @Test func aFailedCallbackIsAWarningOnly() throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 3)
    try stage.directory.write("small", [7])
    try stage.manifest("  - {file: large, key: large}\n  - {file: small, key: small}")
    try stage.server.fault("put callback-failed", "complete callback-failed")
    let run = try stage.run()
    #expect(run.code == 0)
    #expect(Set(run.events("warning").map { $0.text("key") }) == ["large", "small"])
    #expect(run.events("warning").allSatisfy { $0.text("message")?.contains("callback") == true })
    try stage.expectStored("large", bytes)
    try stage.expectStored("small", [7])
  }
}
