import Foundation
import TestKit
import Testing

/// Globs of more files than a run waits for before it begins.
@Suite struct LargeGlobTests {
  private static let early = 1_100
  private static let all = 1_200

  /// 12 directories of 100 small files, of which the last comes late.
  private func stage() throws -> Stage {
    let stage = try Stage()
    for directory in 10..<22 {
      for file in 0..<100 {
        try stage.directory.write("tree/d\(directory)/f\(file)", Array("\(directory) \(file)".utf8))
      }
    }
    try stage.directory.write("marker", [])
    try stage.manifest(
      """
        - {id: marker, file: marker, key: SUCCESS, needs: ["*"]}
        - {glob: "tree/**", key: "data/${file.path}"}
      """)
    return stage
  }

  private func last(_ stage: Stage) -> [String] {
    let name = "tree/d21/"
    return [name, stage.directory(name)]
  }

  @Test func itsEntriesAreSentAndTheMarkerLast() throws {
    let stage = try stage()
    let run = try stage.run("--report", "now.csv")
    #expect(run.code == 0 && run.state == "done", "\(run.errors)")
    #expect(run["planned"] == Self.all + 1 && run["done"] == Self.all + 1)
    let start = try #require(run.events.first)
    #expect(start.flag("expanding") == true && start.number("planned") < Self.all)
    #expect(try stage.server.log().last?.key == "SUCCESS")
    try stage.expectStored("data/d21/f99", Array("21 99".utf8))
    let report = try ReportReader.read(stage.directory("now.csv"), as: "csv")
    let files = report.entries.dropFirst().compactMap { $0["key"] }
    #expect(report.entries.first?["key"] == "SUCCESS", "in the manifest's order")
    #expect(files.count == Self.all && files == files.sorted())
    #expect(report.entries.allSatisfy { $0["outcome"] == "done" })
    let again = try stage.run()
    #expect(again.code == 0 && again["unchanged"] == Self.all + 1 && again["requests"] == 0)
  }

  /// A directory that does not answer, as on a file server that is away.
  @Test(.enabled(if: Strace.isUsable, "strace is not installed, or may not trace"))
  func whatIsFoundIsSentWhileTheRestIsLookedFor() throws {
    let stage = try stage()
    let held = Strace.command("getdents64:delay_enter=3600s", on: last(stage))
    let run = try stage.start(["run", "manifest.yaml", "--json"], under: held)
    try eventually("all files but those that are held back are there") {
      try stage.server.statistics().objects == Self.early
    }
    #expect(!run.hasEnded)
    let children = "/proc/\(run.process)/task/\(run.process)/children"
    let program = try String(contentsOfFile: children, encoding: .utf8)
    kill(try #require(pid_t(program.trimmingCharacters(in: .whitespaces))), SIGKILL)
    try run.killAtOnce()

    let again = try stage.run()
    #expect(again.code == 0)
    #expect(again["unchanged"] + again["done"] == Self.all + 1)
    #expect(again["done"] >= Self.all - Self.early + 1)
    let keys = try stage.server.log().map(\.key)
    #expect(keys.last == "SUCCESS" && keys.count { $0 == "SUCCESS" } == 1)
    #expect(try stage.server.statistics().objects == Self.all + 1)
  }

  @Test(.enabled(if: Strace.isUsable, "strace is not installed, or may not trace"))
  func aDirectoryThatCannotBeReadFailsAndKeepsTheMarkerBack() throws {
    let stage = try stage()
    let refused = Strace.command("getdents64:error=EIO", on: last(stage))
    let process = try stage.start(
      ["run", "manifest.yaml", "--json"], environment: Child.withoutLeakCheck, under: refused)
    let run = try Outcome(process.wait())
    #expect(run.code == 1 && run.state == "partial")
    #expect(run["done"] == Self.early && run["failed"] == 1 && run["not_run"] == 1)
    let failed = try run.event("failed", key: "data/d21/")
    #expect(
      failed.text("error") == "cannot read the directory \"tree/d21/\": Input/output error",
      "\(failed)")
    #expect(failed.number("line") == 7)
    #expect(run.events("not_run").map { $0.text("key") } == ["SUCCESS"])
    let again = try stage.run()
    #expect(again.code == 0 && again["done"] == Self.all - Self.early + 1)
    #expect(again["unchanged"] == Self.early)
  }

  @Test func nothingIsSentOfAManifestThatIsWrong() throws {
    let stage = try stage()
    let marker = "  - {file: marker, key: SUCCESS}"
    let glob = "  - {glob: \"tree/**\", key: \"data/${file.path}\"}"
    for wrong in [
      "  - {file: marker, key: other, kye: typo}",
      // The key of the match that is found last.
      "  - {file: marker, key: data/d21/f99}",
      "  - {glob: \"none/*\", key: \"none/${file.path}\"}",
      "  - {glob: \"tree/*/f99\", key: \"${file.name}\"}",
    ] {
      try stage.manifest([marker, glob, wrong].joined(separator: "\n"))
      let run = try stage.run()
      #expect(run.code == 3 && run["planned"] == 0, "\(wrong)")
      #expect(try stage.server.log().isEmpty)
      let validation = try stage.command("validate", "manifest.yaml")
      #expect(validation.code == 3 && validation.errors == run.errors)
    }
  }

  @Test func aSelectionIsOfAllItsEntries() throws {
    let stage = try stage()
    let run = try stage.run("--only", "data/d21/f9*", "--skip", "data/d21/f99")
    #expect(run.code == 0 && run["planned"] == 10 && run["done"] == 10)
    #expect(run.events.first?.flag("expanding") == nil)
    #expect(try stage.server.log().allSatisfy { $0.key.hasPrefix("data/d21/f9") })
    try stage.server.clearLog()
    let none = try stage.run("--only", "data/d22/*")
    #expect(none.code == 2)
    #expect(try stage.server.log().isEmpty)
  }

  /// An upload whose file is found late is not called left over.
  @Test func anOpenUploadOfALateMatchGoesOn() throws {
    let stage = try stage()
    let bytes = try stage.directory.write("tree/d21/g", content(4 * Stage.partSize))
    try stage.server.fault("part key=data/d21/g part=3 always stall")
    let first = try stage.startRun()
    try eventually("all parts but one are on record") {
      try stage.status(of: "data/d21/g")?.number("parts") == 3
    }
    try first.killAtOnce()
    try stage.server.clearFaults()
    let run = try stage.run()
    #expect(run.code == 0 && run["parts_kept"] == 3 && run["parts_sent"] == 1)
    #expect(run.events("warning").isEmpty)
    try stage.expectStored("data/d21/g", bytes)
  }
}
