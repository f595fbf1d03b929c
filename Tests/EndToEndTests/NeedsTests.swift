import Foundation
import TestKit
import Testing

/// Entries that wait for others, selections, and plans of both.
@Suite struct NeedsTests {
  /// Two files and a marker that needs everything.
  private func stage() throws -> Stage {
    let stage = try Stage()
    try stage.directory.write("a", content(250_000))
    try stage.directory.write("b", content(1_000, seed: 2))
    try stage.directory.write("done", [])
    try stage.manifest(
      """
        - {id: marker, file: done, key: SUCCESS, needs: ["*"]}
        - {file: a, key: data/a, labels: [big]}
        - {file: b, key: data/b}
      """)
    return stage
  }

  /// A run of the same sends what the plan said, by the server's own log.
  private func expectPlanHolds(_ stage: Stage, _ options: String...) throws -> Outcome {
    let total = try plan(stage, options).total
    try stage.server.clearLog()
    let run = try Outcome(
      stage.start(["run", "manifest.yaml", "--json"] + options).wait())
    #expect(try stage.server.log().count == total.number("requests"))
    #expect(run["requests"] == total.number("requests"))
    #expect(run["bytes_sent"] == total.number("bytes"))
    #expect(run["parts_sent"] == total.number("parts"))
    #expect(run["unchanged"] == total.number("unchanged"))
    #expect(run["planned"] == total.number("entries"))
    return run
  }

  private func plan(_ stage: Stage, _ options: [String]) throws -> (rows: [Event], total: Event) {
    let end = try stage.start(["plan", "manifest.yaml", "--json"] + options).wait()
    let lines = try end.output.split(separator: "\n").map { try Event($0) }
    return (lines.filter { $0.type == "entry" }, try #require(lines.last, "\(end.errors)"))
  }

  @Test func theMarkerIsSentLastAndAgainWheneverAnythingWas() throws {
    let stage = try stage()
    let planned = try plan(stage, [])
    #expect(planned.rows.last?.text("key") == "SUCCESS" && planned.rows.last?.flag("waits") == true)
    #expect(try expectPlanHolds(stage)["done"] == 3)
    #expect(try stage.server.log().last?.key == "SUCCESS")
    #expect(try expectPlanHolds(stage)["unchanged"] == 3)

    try stage.directory.write("b", content(900, seed: 3))
    let again = try expectPlanHolds(stage)
    #expect(
      try again.event("done", key: "SUCCESS").text("reason") == "what it needs was sent after it")
    #expect(try stage.server.log().last?.key == "SUCCESS")
  }

  @Test func theMarkerIsNotRunWhenAnythingFails() throws {
    let stage = try stage()
    try FileManager.default.removeItem(atPath: stage.directory("b"))
    let row = try #require(try plan(stage, []).rows.first { $0.text("key") == "SUCCESS" })
    #expect(row.text("action") == "not_run")
    let run = try stage.run()
    #expect(run.code == 1 && run["failed"] == 1 && run["not_run"] == 1 && run["done"] == 1)
    let reason = try run.event("not_run", key: "SUCCESS").text("reason")
    #expect(reason == "it needs data/b, which failed")
    #expect(try stage.server.object("SUCCESS") == nil)
    #expect(try stage.status(of: "SUCCESS")?.text("obstacle") == reason)
  }

  /// Its own file is missing too: all the same it is not run, in the plan as well as in the run.
  @Test func whatWaitsForAFailedEntryIsNotRunWhateverIsWrongWithIt() throws {
    let stage = try Stage()
    try stage.manifest(
      "  - {id: first, file: missing, key: k1}\n  - {file: missing-too, key: k2, needs: [first]}")
    let plan = try plan(stage, [])
    #expect(plan.rows.map { $0.text("action") } == ["error", "not_run"])
    let run = try stage.run()
    #expect(run.code == 1 && run["failed"] == 1 && run["not_run"] == 1)
    #expect(try run.event("not_run", key: "k2").text("reason") == "it needs first, which failed")
    try stage.directory.write("missing", [1])
    let again = try stage.run()
    #expect(again["done"] == 1 && again["failed"] == 1)
    #expect(try run.event("failed", key: "k1").text("error")?.contains("missing") == true)
  }

  @Test func aSelectionRunsAloneAndTheMarkerOnlyWhenTheRestIsDone() throws {
    let stage = try stage()
    let early = try stage.run("--only", "marker")
    #expect(early.code == 1 && early["planned"] == 1 && early["not_run"] == 1)
    #expect(try stage.server.log().isEmpty)
    #expect(try expectPlanHolds(stage, "--only", "tag:big")["planned"] == 1)
    #expect(try expectPlanHolds(stage, "--skip", "tag:big", "--skip", "marker")["done"] == 1)
    #expect(try expectPlanHolds(stage, "--only", "marker")["done"] == 1)
    #expect(try stage.run("--only", "state:failed")["planned"] == 0)
    let twins = try stage.run(environment: ["OSBATCH_ONLY": "data/a\nmarker"])
    #expect(twins["planned"] == 2 && twins["unchanged"] == 2)
  }

  @Test func aSelectorThatNamesNothingIsWrongUsage() throws {
    let stage = try stage()
    let end = try stage.command("plan", "manifest.yaml", "--only", "makrer")
    #expect(end.code == 2)
    #expect(end.errors.contains("\"makrer\"") && end.errors.contains("did you mean \"marker\"?"))
  }
}
