import Foundation
import TestKit
import Testing

/// Runs that are told to stop leave a state that continues.
@Suite struct StopTests {
  @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)])
  func oneSignalLetsWhatIsInFlightEnd(signal: Int32, code: Int) throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 5, concurrency: 1)
    try stage.server.fault("part part=2 hold")
    let process = try stage.startRun()
    try stage.server.waitUntilHeld(1)
    process.signal(signal)
    try process.waitUntilItSays("stopping: ")
    try stage.server.letGo()
    let run = try Outcome(process.wait())
    #expect(run.code == code)
    #expect(run.state == "stopped")
    #expect(run["parts_sent"] == 2)
    #expect(run["not_run"] == 1)
    let again = try stage.run()
    #expect(again.code == 0)
    #expect(again["parts_kept"] == 2)
    #expect(again["parts_sent"] == 3)
    try stage.expectStored("large", bytes)
  }

  @Test func aSecondSignalStopsAtOnce() throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 3, concurrency: 1)
    try stage.server.fault("part part=2 stall")
    let process = try stage.startRun()
    try stage.server.wait(for: "part 2") { $0.contains { $0.part == 2 } }
    process.signal(SIGINT)
    process.signal(SIGTERM)
    let run = try Outcome(process.wait())
    #expect(run.code == 130)
    #expect(run.state == "stopped")
    #expect(run["parts_sent"] == 1, "the part in flight was not waited for")
    let again = try stage.run()
    #expect(again.code == 0)
    try stage.expectStored("large", bytes)
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  /// As `nohup` and a script's `&` start it. What comes behind shows that nothing was kept of it.
  @Test(arguments: [("INT", SIGINT), ("HUP", SIGHUP)])
  func aSignalThatIsIgnoredStaysIgnored(name: String, signal: Int32) throws {
    let stage = try Stage()
    try stage.large(parts: 5, concurrency: 1)
    try stage.server.fault("part part=2 hold")
    let process = try stage.start(
      ["run", "manifest.yaml", "--json"], under: ["env", "--ignore-signal=\(name)"])
    try stage.server.waitUntilHeld(1)
    process.signal(signal)
    process.signal(SIGTERM)
    try process.waitUntilItSays("stopping: ")
    try stage.server.letGo()
    let run = try Outcome(process.wait())
    #expect(run.code == 143)
    #expect(run["parts_sent"] == 2)
    #expect(!run.events("warning").contains { $0.text("message")?.contains("SIGHUP") == true })
  }

  @Test func aSignalEndsTheWaitForTheNextAttempt() throws {
    let stage = try Stage()
    try stage.small(2)
    try stage.server.fault("put always status=503 code=SlowDown header=Retry-After:250")
    let process = try stage.startRun()
    try stage.server.wait(for: "a refusal") { $0.contains { $0.status == 503 } }
    process.signal(SIGINT)
    let run = try Outcome(process.wait())
    #expect(run.code == 130)
    #expect(run["not_run"] == 2)
  }

  @Test func aSignalEndsTheWaitForTheLock() throws {
    let stage = try Stage()
    try stage.small(1)
    try stage.server.fault("put stall")
    let holder = try stage.startRun()
    try stage.server.wait(for: "a request") { !$0.isEmpty }
    let waiting = try stage.startRun("--lock-timeout", "1h", "--report", "waiting.json")
    try eventually("the second run waits") { try stage.waitsForItsLock(waiting) }
    waiting.signal(SIGINT)
    let run = try Outcome(waiting.wait(seconds: 20))
    #expect(run.code == 130)
    #expect(run["not_run"] == 1)
    let report = try ReportReader.read(stage.directory("waiting.json"), as: "json")
    #expect(report.entries.map { $0["outcome"] } == ["pending"])
    #expect(report.head["run.running"] == "true", "the other one is")
    try holder.killAtOnce()
  }

  @Test func aReaderThatGoesAwayStopsTheRunCleanly() throws {
    let stage = try Stage()
    try stage.large(parts: 4, concurrency: 1)
    try stage.server.fault("part skip=1 always hold")
    let ends = try Child.pipe()
    let process = try stage.start(["run", "manifest.yaml", "--json"], output: ends.write)
    close(ends.write)
    try stage.server.waitUntilHeld(1)
    close(ends.read)
    // What it says next, every second at least, shows it; part 3, if that has been sent by then, is not waited for long.
    try stage.server.letGo()
    let end = try process.wait()
    #expect(end.code == 5)
    #expect(end.errors.contains("standard output was closed"))
    try stage.server.clearFaults()
    let again = try stage.run()
    #expect(again.code == 0)
    #expect(again["parts_kept"] >= 1)
  }

  /// A run whose requests are not answered and whose output nobody takes: the descriptor from which it could be read.
  private func startUnread(
    _ stage: Stage, _ options: String...
  ) throws -> (process: Child, unread: Int32) {
    try stage.small(2)
    try stage.server.fault("put always stall")
    let ends = try Child.pipe()
    defer { close(ends.write) }
    let block = [UInt8](repeating: 0x20, count: 4_096)
    while send(ends.write, block, block.count, Int32(MSG_DONTWAIT)) > 0 {}
    let words = ["run", "manifest.yaml", "--json"] + options
    let process = try stage.start(words, output: ends.write)
    try eventually("it has begun") {
      try stage.command("status", "manifest.yaml").output.contains("running: ")
    }
    return (process, ends.read)
  }

  private func expectRerunDoesAll(_ stage: Stage) throws {
    try stage.server.clearFaults()
    let again = try stage.run()
    #expect(again.code == 0)
    #expect(again["done"] == 2)
  }

  @Test func aReaderThatDoesNotReadKeepsNoRunFromStopping() throws {
    let stage = try Stage()
    let (process, unread) = try startUnread(stage)
    defer { close(unread) }
    process.signal(SIGINT)
    process.signal(SIGTERM)
    #expect(try process.wait(seconds: 60).code == 130)
    try expectRerunDoesAll(stage)
  }

  /// One signal is enough, or the limit, and the end is on record.
  @Test(arguments: [[], ["--max-duration", "2s"]])
  func aReaderThatDoesNotReadIsNotWaitedForAtTheEnd(limit: [String]) throws {
    let stage = try Stage()
    let (process, unread) =
      try limit.isEmpty ? startUnread(stage) : startUnread(stage, limit[0], limit[1])
    defer { close(unread) }
    if limit.isEmpty { process.signal(SIGTERM) }
    let code = limit.isEmpty ? 143 : 5
    #expect(try process.wait(seconds: 120).code == code)
    let status = try stage.command("status", "manifest.yaml").output
    #expect(status.contains("ended with exit code \(code)"), "\(status)")
    try expectRerunDoesAll(stage)
  }

  @Test func aReportThatNobodyReadsKeepsNoRunFromStopping() throws {
    let stage = try Stage()
    try stage.small(1)
    try #require(mkfifo(stage.directory("report.json"), 0o600) == 0)
    let process = try stage.startRun("--report", "report.json")
    try eventually("all is done but the report") {
      try stage.command("status", "manifest.yaml").output.contains("ended with exit code 0")
    }
    process.signal(SIGINT)
    process.signal(SIGTERM)
    #expect(try process.wait(seconds: 30).code == 130)
  }

  @Test func tooManyFailuresStopTheRun() throws {
    let stage = try Stage()
    try stage.small(12, concurrency: 1)
    try stage.server.fault("put skip=2 times=3 status=400 code=InvalidArgument")
    let run = try stage.run("--max-errors", "2")
    #expect(run.code == 5)
    #expect(run.state == "stopped")
    #expect(run["failed"] == 2)
    #expect(run["done"] == 2)
    #expect(run["not_run"] == 8)
    #expect(run.errors.contains("--max-errors"))
    try stage.server.clearFaults()
    let again = try stage.run()
    #expect(again.code == 0)
    #expect(again["done"] + again["unchanged"] == 12)
    #expect(again["unchanged"] == run["done"])
  }

  @Test(arguments: ["4999ms", "5s"])
  func aLimitOfTimeStopsTheRun(limit: String) throws {
    let stage = try Stage()
    try stage.small(4, concurrency: 1)
    try stage.server.fault("put skip=1 always delay=7500")
    let run = try stage.run("--max-duration", limit)
    #expect(run.code == 5)
    #expect(run.state == "stopped")
    #expect(run["done"] >= 1, "the limit has not passed before the first request")
    #expect(run["not_run"] >= 1)
    #expect(run.errors.contains("--max-duration"))
    try stage.server.clearFaults()
    let again = try stage.run()
    #expect(again.code == 0)
    #expect(again["unchanged"] == run["done"])
    #expect(again["done"] == run["not_run"])
  }
}
