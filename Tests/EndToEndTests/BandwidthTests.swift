import Foundation
import TestKit
import Testing

@Suite struct RunBandwidthTests {
  private func file(_ stage: Stage, parts: Int) throws -> [UInt8] {
    try stage.directory.write("large", content(parts * Stage.partSize))
  }

  private func manifest(_ stage: Stage, _ bandwidth: String) throws {
    try stage.manifest(
      text: """
        version: 1
        target: {bucket: bucket, endpoint: "\(stage.server.endpoint)", region: cn-hangzhou}
        concurrency: 4
        bandwidth: \(bandwidth)
        defaults: {part_size: 100KiB, multipart_threshold: 100KiB}
        entries: [{file: large, key: large}]

        """)
  }

  /// So many bytes cannot be through before their time, whoever gave the rate.
  @Test(arguments: [false, true]) func theRateHoldsForTheRun(byOption: Bool) throws {
    let stage = try Stage()
    let bytes = try file(stage, parts: 10)
    try manifest(stage, byOption ? "1GiB/s" : "500KiB/s")
    let start = ContinuousClock.now
    let run = byOption ? try stage.run("--bandwidth", "500KiB/s") : try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    #expect(ContinuousClock.now - start > .milliseconds(1_700))
    try stage.expectStored("large", bytes)
  }

  /// Nor do they take much longer: a request that has to wait for bandwidth at its very beginning goes on when there is
  /// some, not when libcurl next looks at it, a second later.
  @Test func oneConnectionUsesTheRate() throws {
    let stage = try Stage()
    for index in 0..<20 { try stage.directory.write("file-\(index)", content(100 << 10)) }
    let entries = (0..<20).map { "  - {file: file-\($0), key: file-\($0)}" }
    try stage.manifest(entries.joined(separator: "\n"), concurrency: 1)
    let start = ContinuousClock.now
    #expect(try stage.run("--bandwidth", "1MiB/s").code == 0)
    #expect(ContinuousClock.now - start < .seconds(12))
  }

  /// SIGHUP to a run whose terminal is not closed reads the rate again; the run goes on.
  @Test func theRateChangesWhileTheRunGoesOn() throws {
    let stage = try Stage()
    let bytes = try file(stage, parts: 40)
    try manifest(stage, "64KiB/s")
    let process = try stage.startRun()
    try stage.server.wait(for: "a part") { log in log.contains { $0.operation == "part" } }
    try manifest(stage, "no rate")
    process.signal(SIGHUP)
    try manifest(stage, "~")
    process.signal(SIGHUP)
    let run = try Outcome(process.wait())
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.events("warning").last?.text("message")?.contains("SIGHUP") == true)
    try stage.expectStored("large", bytes)
  }

  @Test func aWrongRateIsWrongUsage() throws {
    let stage = try Stage()
    try stage.small(1)
    let end = try stage.command("run", "manifest.yaml", "--bandwidth", "fast")
    #expect(end.code == 2)
  }
}
