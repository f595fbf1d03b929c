import Foundation
import TestKit
import Testing

/// The date and id of a run in its keys: kept until the run is complete, then new.
@Suite struct VariablesTests {
  private func manifest(_ stage: Stage, _ entries: String) throws {
    try stage.manifest(entries, target: "prefix: \"${run.id}/\"")
  }

  private func key(_ outcome: Outcome, _ type: String) throws -> String {
    try #require(outcome.events(type).first?.text("key"))
  }

  @Test func aRunKeepsItsIdUntilItIsComplete() throws {
    let stage = try Stage()
    try stage.directory.write("a", content(10))
    try manifest(stage, "  - {file: a, key: a}\n  - {file: b, key: b}")
    let first = try stage.run()
    #expect(first.code == 1, "\(first.errors)")
    let key = try key(first, "done")
    #expect(try self.key(stage.run(), "unchanged") == key)

    try stage.directory.write("b", content(20))
    let complete = try stage.run()
    #expect(complete.code == 0, "\(complete.errors)")
    #expect(try self.key(complete, "unchanged") == key)
    #expect(try stage.status(of: key)?.text("state") == "done")
    #expect(try stage.command("verify", "manifest.yaml").code == 0)

    let next = try stage.run()
    #expect(next.code == 0)
    #expect(next["done"] == 2)
    #expect(try self.key(next, "done") != key)
    #expect(try stage.server.objects().count == 4)
  }

  @Test func newRunBeginsAfresh() throws {
    let stage = try Stage()
    try stage.directory.write("a", content(10))
    try manifest(stage, "  - {file: a, key: a}\n  - {file: missing, key: b}")
    let key = try key(stage.run(), "done")
    let fresh = try stage.run("--new-run")
    #expect(fresh["done"] == 1)
    #expect(try self.key(fresh, "done") != key)
  }

  /// The journal is damaged, so which run goes on is known only when it has been rebuilt.
  @Test func aRebuiltStateGoesOnWithItsRun() throws {
    let stage = try Stage()
    try stage.directory.write("a", content(10))
    try manifest(stage, "  - {file: a, key: a}\n  - {file: missing, key: b}")
    let key = try key(stage.run(), "done")
    let journal = ".osbatch/manifest.yaml/journal"
    var bytes = try stage.directory.read(journal)
    let last = try #require(bytes.lastIndex { $0 != UInt8(ascii: "\n") })
    let start = (bytes[..<last].lastIndex(of: UInt8(ascii: "\n")) ?? 0) + 1
    bytes.insert(contentsOf: Array("damage\n".utf8), at: start)
    try stage.directory.write(journal, bytes)
    #expect(try stage.run().code == 4)
    let rebuilt = try stage.run("--rebuild-state")
    #expect(try self.key(rebuilt, "unchanged") == key, "\(rebuilt.errors)")
  }

  @Test func setAndEnvironmentReachTheManifest() throws {
    let stage = try Stage()
    try stage.directory.write("a", content(10))
    try stage.manifest(
      text: """
        version: 1
        vars: {host: none, day: none}
        target: {bucket: bucket, endpoint: "\(stage.server.endpoint)", region: cn-hangzhou}
        entries: [{file: a, key: "${vars.host}/${vars.day}/${WHO:?say who}"}]

        """)
    #expect(try stage.run().code == 3)
    let run = try stage.run(
      "--set", "host=db1", "--set", "day=mon=day", environment: ["WHO": "me"])
    #expect(run.code == 0, "\(run.errors)")
    #expect(try stage.server.object("db1/mon=day/me") != nil)
    let twin = try stage.run(
      environment: ["WHO": "you", "OSBATCH_SET": "host=db2\nday=sunday"])
    #expect(twin.code == 0, "\(twin.errors)")
    #expect(try stage.server.object("db2/sunday/you") != nil)
    #expect(try stage.run("--set", "hots=x", environment: ["WHO": "me"]).code == 3)
    #expect(try stage.command("run", "manifest.yaml", "--set", "host").code == 2)
  }
}
