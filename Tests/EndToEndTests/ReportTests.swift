import Foundation
import TestKit
import Testing

/// `report`, and `run --report`: what has become of a manifest, run after run.
@Suite struct ReportTests {
  private static let formats = [
    ("json", "json"), ("csv", "csv"), ("xml", "junit"), ("html", "html"),
  ]

  private func outcomes(_ reading: ReportReader.Reading) -> [String: String] {
    Dictionary(
      uniqueKeysWithValues: reading.entries.map { ($0["key"] ?? "", $0["outcome"] ?? "") })
  }

  private func report(_ stage: Stage) throws -> ReportReader.Reading {
    let end = try stage.command("report", "manifest.yaml", "--output", "now.json")
    try #require(end.code == 0, "\(end.errors)")
    #expect(end.output.isEmpty && end.errors.isEmpty)
    return try ReportReader.read(stage.directory("now.json"), as: "json")
  }

  @Test func itFollowsAManifestOverItsRuns() throws {
    let stage = try Stage()
    try stage.small(3)
    let before = try report(stage)
    #expect(before.head["pending"] == "3")
    #expect(before.head["run.id"] == nil)
    #expect(!FileManager.default.fileExists(atPath: stage.directory(".osbatch")))
    try stage.server.fault("put key=small-1 status=400 code=InvalidArgument message=Bad.")
    #expect(try stage.run("--report", "night.json").code == 1)
    let failed = try ReportReader.read(stage.directory("night.json"), as: "json")
    #expect(outcomes(failed) == ["small-0": "done", "small-1": "failed", "small-2": "done"])
    #expect(failed.head["run.exit_code"] == "1")
    #expect(failed.entries[1]["error"]?.contains("InvalidArgument") == true)
    #expect(try report(stage).entries == failed.entries)
    #expect(try stage.run("--report", "night.json").code == 0)
    let done = try ReportReader.read(stage.directory("night.json"), as: "json")
    #expect(done.head["done"] == "3")
    #expect(done.head["bytes_done"] == "3000")
    #expect(done.head["run.exit_code"] == "0")
    #expect(done.head["run.id"] == failed.head["run.id"], "it was one run until all was done")
    for entry in done.entries {
      let key = try #require(entry["key"])
      #expect(entry["crc64"] == (try stage.server.object(key)?.crc64))
      #expect(entry["size"] == "1000")
      #expect(entry["verified"] == "true")
      #expect(entry["error"] == nil)
    }
    #expect(try stage.run("--report", "night.json").code == 0)
    #expect(
      try ReportReader.read(stage.directory("night.json"), as: "json").entries == done.entries,
      "what was done before is reported, too")
  }

  @Test func itCanBeOfAPart() throws {
    let stage = try Stage()
    try stage.small(3)
    #expect(try stage.run("--only", "small-0", "--report", "run.json").code == 0)
    let whole = try ReportReader.read(stage.directory("run.json"), as: "json")
    #expect(
      outcomes(whole) == ["small-0": "done", "small-1": "pending", "small-2": "pending"],
      "the report of a run is whole")
    let parts = [
      (["--only", "state:done"], ["small-0": "done"]),
      (["--skip", "small-1"], ["small-0": "done", "small-2": "pending"]),
    ]
    for (options, expected) in parts {
      let words = ["report", "manifest.yaml", "--output", "part.json"] + options
      #expect(try stage.start(words).wait().code == 0)
      let part = try ReportReader.read(stage.directory("part.json"), as: "json")
      #expect(outcomes(part) == expected)
      #expect(part.head["planned"] == "\(expected.count)" && part.head["done"] == "1")
    }
    #expect(try stage.command("report", "manifest.yaml", "--only", "none").code == 2)
  }

  @Test(arguments: formats)
  func everyFormSaysTheSame(suffix: String, format: String) throws {
    let stage = try Stage()
    try stage.directory.write("small", [1, 2, 3])
    try stage.directory.write("large", content(3 * Stage.partSize))
    let endpoint = stage.server.endpoint
    let text = """
      version: 1
      name: "<night & 'day'>"
      targets:
        near: {bucket: near-bucket, endpoint: "\(endpoint)", region: cn-hangzhou}
        far: {bucket: far-bucket, endpoint: "\(endpoint)", region: cn-beijing}
      concurrency: 1
      defaults: {target: near, multipart_threshold: 100KiB, part_size: 100KiB}
      entries:
        - {file: small, key: "=cmd|' /C calc'!A0", priority: 3}
        - {id: "the <b>missing</b> one", file: missing, key: "line\\nbreak,\\"quoted\\"", priority: 2}
        - {file: large, key: large, target: far, priority: 1}
        - {file: small, key: "目录/\\x01", target: far}

      """
    try stage.manifest(text: text)
    try stage.server.fault("part part=2 always status=403 code=AccessDenied")
    #expect(try stage.run("--report", "report.\(suffix)").code == 1)
    let path = stage.directory("report.\(suffix)")
    let reading = try ReportReader.read(path, as: format)
    #expect(reading.entries.count == 4)
    let control = ["junit": "\u{FFFD}", "html": "\u{2401}"][format] ?? "\u{1}"
    let lineFeed = format == "html" ? "\u{240A}" : "\n"
    #expect(
      outcomes(reading) == [
        "=cmd|' /C calc'!A0": "done", "line\(lineFeed)break,\"quoted\"": "failed",
        "large": "failed", "目录/\(control)": "done",
      ])
    if format != "html" {
      let large = try #require(reading.entries.first { $0["key"] == "large" })
      #expect(large["parts"] == "1", "one part is kept for the next run")
      #expect(large["size"] == "\(3 * Stage.partSize)")
      #expect(large["error"]?.contains("AccessDenied") == true)
    }
    let written = try stage.directory.read("report.\(suffix)")
    let end = try stage.command("report", "manifest.yaml", "--format", format)
    #expect(end.code == 0)
    #expect(Self.timeless(end.output) == Self.timeless(String(decoding: written, as: UTF8.self)))
    try stage.manifest(text: text + "  - {file: small, key: new}\n")
    #expect(try stage.command("report", "manifest.yaml", "-o", "report.\(suffix)").code == 0)
    let later = outcomes(try ReportReader.read(path, as: format))
    #expect(later.count == 5)
    #expect(later["new"] == "pending")
  }

  /// Without the moments at which it was written.
  private static func timeless(_ text: String) -> [String] {
    text.components(separatedBy: "\n").filter {
      !$0.contains("\"time\"") && !$0.contains("reported")
    }
  }

  @Test func itLooksOnWhileARunGoesOn() throws {
    let stage = try Stage()
    try stage.large()
    try stage.server.fault("part part=3 always stall")
    let process = try stage.startRun("--report", "end.json")
    try eventually("four parts are on record") {
      try stage.status(of: "large")?.number("parts") == 4
    }
    let during = try report(stage)
    #expect(outcomes(during) == ["large": "open"])
    #expect(during.entries[0]["parts"] == "4")
    #expect(during.head["run.running"] == "true")
    #expect(during.head["run.exit_code"] == nil)
    let other = try stage.run("--report", "other.json")
    #expect(other.code == 11)
    #expect(
      try ReportReader.read(stage.directory("other.json"), as: "json").head["run.running"]
        == "true")
    process.signal(SIGINT)
    process.signal(SIGTERM)
    #expect(try process.wait().code == 130)
    let stopped = try ReportReader.read(stage.directory("end.json"), as: "json")
    #expect(stopped.entries == during.entries)
    #expect(stopped.head["run.exit_code"] == "130")
    #expect(stopped.head["run.running"] == "false")
    try stage.server.clearFaults()
    #expect(try stage.run().code == 0)
    #expect(outcomes(try report(stage)) == ["large": "done"])
  }

  @Test func reasonsAreReported() throws {
    let stage = try Stage()
    try stage.small(2)
    #expect(try stage.run("--state-dir", "other-state").code == 0)
    try stage.manifest(
      "  - {file: small-0, key: small-0, overwrite: never}\n  - {file: small-1, key: small-1}")
    try stage.server.fault("put key=small-1 status=400 code=InvalidArgument")
    #expect(try stage.run("--report", "report.csv").code == 1)
    let first = try ReportReader.read(stage.directory("report.csv"), as: "csv")
    #expect(outcomes(first) == ["small-0": "unchanged", "small-1": "failed"])
    #expect(first.entries.map { $0["reason"] } == ["exists", "not uploaded before"])
    #expect(try stage.run("--report", "report.xml").code == 0)
    let then = try ReportReader.read(stage.directory("report.xml"), as: "junit")
    #expect(outcomes(then) == ["small-0": "unchanged", "small-1": "done"])
    try stage.directory.write("small-1", content(2_000, seed: 9))
    try stage.server.fault("put key=small-1 status=400 code=InvalidArgument")
    #expect(try stage.run("--report", "report.csv").code == 1)
    let again = try ReportReader.read(stage.directory("report.csv"), as: "csv")
    #expect(again.entries[1]["reason"] == "the source's size changed")
  }

  @Test func aRunThatCannotStartIsReported() throws {
    let stage = try Stage()
    try stage.small(2)
    let run = try stage.run("--report", "report.xml", credentials: [:])
    #expect(run.code == 4)
    #expect(run.errors.contains("OSS_ACCESS_KEY_ID"))
    let reading = try ReportReader.read(stage.directory("report.xml"), as: "junit")
    #expect(reading.entries.map { $0["outcome"] } == ["pending", "pending"])
  }

  /// What is on record of an earlier run that ended well says nothing of this one.
  @Test func aRunThatCannotStartIsNoSuccess() throws {
    let stage = try Stage()
    try stage.small(2)
    #expect(try stage.run().code == 0)
    #expect(try stage.run("--report", "report.json", credentials: [:]).code == 4)
    let reading = try ReportReader.read(stage.directory("report.json"), as: "json")
    #expect(reading.head["run.id"] == nil)
    #expect(reading.head["run.exit_code"] == nil)
    #expect(reading.head["done"] == "2")
  }

  /// A run of a part that ends well ends the whole run only when nothing else is left of it.
  @Test func aRunOfAPartIsNotTheWhole() throws {
    let stage = try Stage()
    try stage.small(3)
    try stage.server.fault("put key=small-2 status=400 code=InvalidArgument message=Bad.")
    #expect(try stage.run().code == 1)
    let first = try report(stage).head["run.id"]
    #expect(try stage.run("--only", "small-0").code == 0)
    #expect(try stage.run("--only", "state:done").code == 0)
    #expect(try stage.run("--only", "small-2").code == 0)
    #expect(try report(stage).head["run.id"] == first, "it was one run")
    #expect(try stage.run("--only", "small-0").code == 0)
    let second = try report(stage).head["run.id"]
    #expect(second != first, "all was done")
    #expect(try stage.run("--only", "small-0").code == 0)
    #expect(try report(stage).head["run.id"] != second, "of the second run nothing else was wanted")
  }

  @Test(arguments: ["report.txt", "report", "json"])
  func anUnknownSuffixIsWrongUsage(name: String) throws {
    let stage = try Stage()
    try stage.small(1)
    let run = try stage.command("run", "manifest.yaml", "--report", name)
    #expect(run.code == 2)
    #expect(run.errors.contains(name) && run.errors.contains(".xml (JUnit)"))
    #expect(try stage.command("report", "manifest.yaml", "-o", name).code == 2)
    #expect(try stage.server.log().isEmpty)
    #expect(try stage.command("report", "manifest.yaml", "-o", name, "--format", "csv").code == 0)
    #expect(try stage.directory.read(name).starts(with: Array("id,target,".utf8)))
  }

  @Test func aReportThatCannotBeMadeIsSaidBeforeAnythingIsSent() throws {
    let stage = try Stage()
    try stage.small(1)
    let run = try stage.run("--report", "nowhere/report.json")
    #expect(run.code == 4)
    #expect(run.state == "failed")
    #expect(run.errors.contains("cannot write the report nowhere/report.json: "))
    #expect(run.errors.split(separator: "\n").count == 1)
    #expect(try stage.server.log().isEmpty)
  }

  @Test func aReportTakesThePlaceOfNothingThatIsNeeded() throws {
    let stage = try Stage()
    try stage.small(1)
    #expect(try stage.run().code == 0)
    let journal = ".osbatch/manifest.yaml/journal"
    for (name, what) in [("manifest.yaml", "the manifest"), (journal, "the journal")] {
      let before = try stage.directory.read(name)
      let link = "\(what).csv"
      try FileManager.default.createSymbolicLink(
        atPath: stage.directory(link), withDestinationPath: stage.directory(name))
      for end in [
        try stage.command("run", "manifest.yaml", "--report", link),
        try stage.command("report", "manifest.yaml", "--format", "csv", "-o", name),
      ] {
        #expect(end.code == 4)
        #expect(end.errors.contains("it is \(what)"), "\(end.errors)")
      }
      #expect(try stage.directory.read(name) == before)
    }
  }

  @Test func aReportThatIsLostAtTheEndIsNoticed() throws {
    let stage = try Stage()
    try stage.small(2)
    try stage.directory.write("reports/old", [])
    try stage.server.fault("put key=small-0 hold")
    let process = try stage.startRun("--report", "reports/report.json")
    try stage.server.waitUntilHeld(1)
    try stage.directory.remove("reports")
    try stage.server.letGo()
    let run = try Outcome(process.wait())
    #expect(run.code == 1)
    #expect(run.state == "partial")
    #expect(run["done"] == 2)
    let words = "cannot write the report reports/report.json: "
    #expect(run.errors.contains(words))
    #expect(run.events("warning").contains { $0.text("message")?.contains(words) == true })
    let again = try stage.run("--report", "report.json")
    #expect(again.code == 0)
    #expect(again["unchanged"] == 2)
  }

  @Test func standardOutputThatTakesNothingIsAFailure() throws {
    let stage = try Stage()
    try stage.small(1)
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    let end = try stage.start(["report", "manifest.yaml"], output: full).wait()
    #expect(end.code == 1)
    #expect(end.errors.contains("standard output"))
  }

  @Test func optionsHaveTwinsAndContradictionsAreErrors() throws {
    let stage = try Stage()
    try stage.small(1)
    let environment = ["OSBATCH_REPORT": "twin.csv", "OSBATCH_FORMAT": "html", "OSBATCH_JSON": "1"]
    #expect(try stage.run(environment: environment).code == 0)
    #expect(try stage.directory.read("twin.csv").starts(with: Array("id,".utf8)))
    let end = try stage.command("report", "manifest.yaml", environment: environment)
    #expect(end.output.hasPrefix("<!DOCTYPE html>"))
    #expect(try stage.command("report", "manifest.yaml", "--json", "--format", "csv").code == 2)
    #expect(try stage.command("report", "manifest.yaml").output.hasPrefix("{\"version\":1,"))
    #expect(try stage.command("report", "no-such.yaml").code == 3)
  }

  @Test func damagedStateIsNoReport() throws {
    let stage = try Stage()
    try stage.small(10)
    #expect(try stage.run().code == 0)
    let name = ".osbatch/manifest.yaml/journal"
    var journal = try stage.directory.read(name)
    journal[journal.count / 2] ^= 0x15
    try stage.directory.write(name, journal)
    let end = try stage.command("report", "manifest.yaml", "-o", "report.json")
    #expect(end.code == 4)
    #expect(end.errors.contains("journal is damaged at byte "))
    #expect(!FileManager.default.fileExists(atPath: stage.directory("report.json")))
    let run = try stage.run("--report", "report.json")
    #expect(run.code == 4)
    #expect(run.errors.contains("cannot write the report report.json: "))
  }
}
