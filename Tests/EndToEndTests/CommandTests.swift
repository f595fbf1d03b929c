import Foundation
import TestKit
import Testing

/// The commands beside `run`, and what they say about the same manifest.
@Suite struct CommandTests {
  /// The line of JSON that sums up.
  static func last(_ end: Child.End) throws -> Event {
    try Event(try #require(end.output.split(separator: "\n").last))
  }

  @Test func planSaysWhatRunThenDoes() throws {
    let stage = try Stage()
    let large = try stage.large(parts: 4)
    try stage.directory.write("small", [1, 2, 3])
    try stage.manifest(
      "  - {file: large, key: large}\n  - {file: small, key: small}\n  - {file: no, key: no}")
    let plan = try stage.command("plan", "manifest.yaml", "--json")
    #expect(plan.code == 1, "one entry has an error")
    let total = try Self.last(plan)
    #expect(total.number("upload") == 2)
    #expect(total.number("error") == 1)
    #expect(total.number("bytes") == large.count + 3)
    #expect(try stage.server.log().isEmpty)
    #expect(!FileManager.default.fileExists(atPath: stage.directory(".osbatch")))
    let run = try stage.run()
    #expect(run["requests"] == total.number("requests"))
    #expect(run["parts_sent"] == total.number("parts"))
    #expect(run["bytes_sent"] == total.number("bytes"))
    let after = try Self.last(try stage.command("plan", "manifest.yaml", "--json"))
    #expect(after.number("unchanged") == 2)
    #expect(after.number("requests") == 0)
  }

  /// That its source cannot be opened fails an entry of the run, and `stat` does not tell.
  @Test(.enabled(if: Strace.isUsable, "strace is not installed, or may not trace"))
  func planSeesWhatCannotBeRead() throws {
    let stage = try Stage()
    try stage.small(2)
    let refused = Strace.command("openat:error=EACCES", on: ["small-1"])
    let plan = try stage.start(["plan", "manifest.yaml"], under: refused).wait()
    #expect(plan.code == 1)
    #expect(plan.output.contains("error      small-1: "), "\(plan.output)")
    #expect(plan.output.contains("Permission denied"), "\(plan.output)")
    #expect(plan.output.contains("2 entries: 1 to upload, 0 to resume, 0 unchanged, 1 error"))
  }

  @Test func everyLineSaysWhatItIsAndWhenThatWas() throws {
    let stage = try Stage()
    try stage.small(2)
    for command in ["plan", "run", "status", "verify", "abort"] {
      let end = try stage.command(command, "manifest.yaml", "--json")
      let lines = try end.output.split(separator: "\n").map { try Event($0) }
      #expect(!lines.isEmpty, "\(command): \(end.errors)")
      for line in lines {
        #expect(line.text("type") != nil, "\(command)")
        let time = try #require(line.text("time"), "\(command)")
        #expect(time.hasSuffix("Z") && time.count >= 20, "\(command): \(time)")
      }
    }
  }

  @Test func planKnowsWhatIsLeftOfAnUpload() throws {
    let stage = try Stage()
    try stage.large()
    try stage.killWithGap(part: 3)
    let total = try Self.last(try stage.command("plan", "manifest.yaml", "--json"))
    #expect(total.number("resume") == 1)
    #expect(total.number("parts") == 1)
    #expect(total.number("bytes") == Stage.partSize)
    let text = try stage.command("plan", "manifest.yaml")
    #expect(text.output.contains("resume     large"))
    let run = try stage.run()
    #expect(run["requests"] == total.number("requests"))
  }

  @Test func planCountsTheAbortOfAnUploadThatNoLongerFits() throws {
    let stage = try Stage()
    try stage.large()
    try stage.killWithGap(part: 3)
    try stage.large(settings: "part_size: 200KiB")
    let total = try Self.last(try stage.command("plan", "manifest.yaml", "--json"))
    #expect(try stage.run()["requests"] == total.number("requests"))
  }

  /// What a tag stands for is written out with every node that has it.
  @Test(
    .disabled(
      if: ProcessInfo.processInfo.environment["OSBATCH_SANITIZER"] != nil,
      "sanitizers map more than the limit"))
  func aTagThatGrowsTakesNoMemory() throws {
    let stage = try Stage()
    let tag = String(repeating: "a", count: 1 << 20)
    let text =
      "%TAG !e! tag:\(tag)\n---\nversion: 1\ntarget: {bucket: bucket}\nx-ignored:\n"
      + String(repeating: "- !e!x a\n", count: 3_000) + "entries:\n  - {file: a, key: b}\n"
    try stage.directory.write("manifest.yaml", Array(text.utf8))
    let limited = ["/bin/bash", "-c", "ulimit -v 300000; exec \"$0\" \"$@\""]
    let end = try stage.start(["validate", "manifest.yaml"], under: limited).wait()
    #expect(end.code == 0, "\(end.errors)")
  }

  @Test func validateNamesEveryErrorWithItsPlace() throws {
    let stage = try Stage()
    try stage.small(3)
    let good = try stage.command("validate", "manifest.yaml")
    #expect(good.code == 0)
    #expect(good.output.contains("3 entries"))
    try stage.manifest(
      "  - {file: a, key: a, part_sise: 1}\n  - {file: a}\n  - {file: b, key: a}")
    let bad = try stage.command("validate", "manifest.yaml")
    #expect(bad.code == 3)
    #expect(bad.errors.components(separatedBy: ": error: ").count == 4)
    #expect(bad.errors.contains("manifest.yaml:6:23: error:"))
    #expect(bad.errors.contains("part_size"))
  }

  /// It needs no state, and takes the directory that the other commands are given with the same manifest.
  @Test(arguments: [[], ["--state-dir", "state"]])
  func validateReadsStandardInput(_ options: [String]) throws {
    let stage = try Stage()
    try stage.small(3)
    let piped = ["/bin/bash", "-c", "exec \"$0\" \"$@\" < manifest.yaml"]
    let end = try stage.start(["validate", "-"] + options, under: piped).wait()
    #expect(end.code == 0, "\(end.errors)")
    #expect(end.output == "-: valid, 3 entries\n")
    #expect(!FileManager.default.fileExists(atPath: stage.directory("state")))
  }

  @Test func statusFollowsARun() throws {
    let stage = try Stage()
    try stage.large()
    let none = try stage.command("status", "manifest.yaml")
    #expect(none.code == 0)
    #expect(none.output.contains("no run yet"))
    try stage.server.fault("part part=3 always stall")
    let process = try stage.startRun()
    try eventually("four parts are on record") {
      try stage.status(of: "large")?.number("parts") == 4
    }
    let during = try stage.command("status", "manifest.yaml", "--json")
    #expect(try Self.last(during).flag("running") == true)
    #expect(try Self.last(during).number("open") == 1)
    #expect(
      try stage.command("status", "manifest.yaml").output.contains("\(process.process)"))
    try process.killAtOnce()
    let after = try Self.last(try stage.command("status", "manifest.yaml", "--json"))
    #expect(after.flag("running") == false)
    #expect(after.number("exit_code") == -1)
    #expect(after.number("open") == 1)
    try stage.server.clearFaults()
    #expect(try stage.run().code == 0)
    let end = try Self.last(try stage.command("status", "manifest.yaml", "--json"))
    #expect(end.number("done") == 1)
    #expect(end.number("exit_code") == 0)
  }

  @Test func helpAndVersionAskForNothing() throws {
    let stage = try Stage()
    let help = try stage.start(["--help"], credentials: [:]).wait()
    #expect(help.code == 0)
    let words = [
      "run", "plan", "validate", "render", "status", "verify", "abort", "report", "Exit codes",
    ]
    for word in words {
      #expect(help.output.contains(word))
    }
    #expect(try stage.command("run", "--help").output.contains("--max-duration"))
    let version = try stage.command("--version")
    #expect(version.code == 0)
    #expect(version.output.hasPrefix("osbatch "))
    #expect(version.errors.isEmpty)
  }

  @Test func everyOptionHasATwinInTheEnvironment() throws {
    let stage = try Stage()
    try stage.small(8, concurrency: 4)
    try stage.server.fault("put key=small-0 always status=400 code=InvalidArgument")
    let environment = [
      "OSBATCH_CONCURRENCY": "1", "OSBATCH_STATE_DIR": "elsewhere", "OSBATCH_JSON": "true",
      "OSBATCH_MAX_ERRORS": "1",
    ]
    let end = try stage.start(["run", "manifest.yaml"], environment: environment).wait()
    let run = try Outcome(end)
    #expect(run.code == 5)
    #expect(try stage.server.statistics().max_requests == 1)
    #expect(FileManager.default.fileExists(atPath: stage.directory("elsewhere/journal")))
    #expect(!FileManager.default.fileExists(atPath: stage.directory(".osbatch")))
    try stage.server.clearFaults()
    let other = try stage.run("-j", "2", "--state-dir", "chosen", environment: environment)
    #expect(other["done"] == 8)
    #expect(FileManager.default.fileExists(atPath: stage.directory("chosen/journal")))
    let wrong = try stage.command(
      "run", "manifest.yaml", environment: ["OSBATCH_FORCE": "perhaps"])
    #expect(wrong.code == 2)
    #expect(wrong.errors.contains("OSBATCH_FORCE"))
  }

  @Test func peopleReadSentencesAndASummary() throws {
    let stage = try Stage()
    try stage.small(3)
    try stage.server.fault("put key=small-1 status=400 code=InvalidArgument message=Bad.")
    let end = try stage.command("run", "manifest.yaml")
    #expect(end.code == 1)
    #expect(end.output.hasPrefix("partial: 3 entries: 2 done, 0 unchanged, 1 failed, 0 not run\n"))
    #expect(end.errors.hasPrefix("failed: small-1: "))
    #expect(!(end.output + end.errors).contains("\u{1b}"))
    let verbose = try stage.command("run", "manifest.yaml", "--verbose")
    #expect(verbose.errors.contains("unchanged: small-0"))
    #expect(verbose.errors.contains("done: small-1"))
    let quiet = try stage.command("run", "manifest.yaml", "--quiet")
    #expect(quiet.errors.isEmpty)
    #expect(quiet.output.hasPrefix("done: 3 entries: 0 done, 3 unchanged"))
  }
}
