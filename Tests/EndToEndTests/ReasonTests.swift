import Foundation
import TestKit
import Testing

/// Why something is sent again: in the event, and in `status` until the next run.
@Suite struct ReasonTests {
  @Test func whatWasSentAgainSaysWhy() throws {
    let stage = try Stage()
    try stage.small(3)
    #expect(try stage.run().code == 0)
    #expect(try stage.status(of: "small-0")?.text("reason") == nil)
    try stage.directory.write("small-0", content(1_000, seed: 77))
    try stage.directory.write("small-1", content(999, seed: 78))
    let run = try stage.run()
    #expect(run["done"] == 2)
    for (key, reason) in [
      ("small-0", "the source's content changed"), ("small-1", "the source's size changed"),
    ] {
      #expect(try run.event("done", key: key).text("reason") == reason)
      #expect(try stage.status(of: key)?.text("reason") == reason)
      let text = try stage.command("status", "manifest.yaml").output
      #expect(text.contains("done: \(key): sent again: \(reason)\n"), "\(text)")
    }
    #expect(try stage.status(of: "small-2")?.text("reason") == nil)
    _ = try stage.run()
    #expect(try stage.status(of: "small-0")?.text("reason") == nil)
  }

  @Test func anUploadThatIsOpenSaysWhyItWasBegun() throws {
    let stage = try Stage()
    try stage.large()
    #expect(try stage.run().code == 0)
    let bytes = try stage.directory.write(
      "large", content(5 * Stage.partSize - 2_000, seed: 5))
    try stage.killWithGap(part: 3)
    let status = try #require(try stage.status(of: "large"))
    #expect(status.text("state") == "open")
    #expect(status.number("parts") == 4)
    #expect(status.text("reason") == "the source's size changed")
    let text = try stage.command("status", "manifest.yaml").output
    #expect(
      text.contains(
        "open: large: 4 parts recorded as stored, sent again: the source's size changed"))
    #expect(try stage.run().code == 0)
    try stage.expectStored("large", bytes)
  }

  @Test func aKilledReplacementStillKnowsItsReason() throws {
    let stage = try Stage()
    try stage.small(1)
    #expect(try stage.run().code == 0)
    try stage.server.fault("put stall")
    try stage.server.clearLog()
    try stage.directory.write("small-0", content(1_001, seed: 9))
    let killed = try stage.startRun()
    try stage.server.wait(for: "the request") { !$0.isEmpty }
    try killed.killAtOnce()
    try stage.server.clearFaults()
    #expect(try stage.status(of: "small-0")?.text("state") == "pending")
    let text = try stage.command("status", "manifest.yaml").output
    #expect(text.contains("pending: small-0: to be sent again: the source's size changed"))
    let plan = try stage.command("plan", "manifest.yaml").output
    #expect(plan.contains("upload     small-0: 1001 B, the source's size changed"), "\(plan)")
    let run = try stage.run()
    #expect(try run.event("done", key: "small-0").text("reason") == "the source's size changed")
  }

  /// A run of new small objects has nothing to say, and pays nothing for it.
  @Test func newObjectsCostNoRecordOfTheirReason() throws {
    let stage = try Stage()
    try stage.small(50)
    #expect(try stage.run().code == 0)
    let lines = String(
      decoding: try stage.directory.read(".osbatch/manifest.yaml/journal"), as: UTF8.self
    ).split(separator: "\n")
    #expect(lines.count == 1 + 50 + 2)
  }

  @Test func aKilledPutThatMustNotOverwriteKnowsItsOwnObject() throws {
    let stage = try Stage()
    try stage.small(1, settings: "overwrite: never")
    try stage.server.fault("put stall when=after")
    let killed = try stage.startRun()
    try stage.server.wait(for: "the request") { !$0.isEmpty }
    try eventually("it took effect") { try stage.server.object("small-0") != nil }
    try killed.killAtOnce()
    try stage.server.clearFaults()
    let run = try stage.run()
    #expect(run.code == 0)
    #expect(run["done"] == 1)
    #expect(try stage.run()["requests"] == 0)
  }

  @Test func somebodyElsesObjectIsUnchangedInTheStatusToo() throws {
    let stage = try Stage()
    try stage.small(1)
    #expect(try stage.run("--state-dir", "theirs").code == 0)
    try stage.directory.write("small-0", content(5))
    try stage.manifest("  - {file: small-0, key: small-0, overwrite: never}")
    #expect(try stage.run()["unchanged"] == 1)
    let status = try #require(try stage.status(of: "small-0"))
    #expect(status.text("state") == "unchanged")
    #expect(status.text("reason") == "exists")
  }

  /// Content changed, and nothing may be overwritten: from then on the plan knows, whether it goes in parts or not.
  @Test func whatMayNotBeOverwrittenIsPlannedAsItIsThen() throws {
    let stage = try Stage()
    let size = 3 * Stage.partSize
    for (name, bytes) in [("small", 1_000), ("large", size)] {
      try stage.directory.write(name, content(bytes))
    }
    try stage.manifest(
      ["small", "large"].map {
        "  - {file: \($0), key: \($0), overwrite: never, multipart_threshold: 100KiB, part_size: 100KiB}"
      }.joined(separator: "\n"))
    #expect(try stage.run()["done"] == 2)
    for (name, bytes) in [("small", 1_000), ("large", size)] {
      try stage.directory.write(name, content(bytes, seed: 77))
    }
    #expect(try stage.run()["unchanged"] == 2)
    for name in ["small", "large"] {
      #expect(try stage.status(of: name)?.text("state") == "unchanged")
    }
    let plan = try stage.command("plan", "manifest.yaml").output
    #expect(plan.contains("2 entries: 0 to upload, 0 to resume, 2 unchanged"), "\(plan)")
    #expect(plan.contains("in 2 requests"), "\(plan)")
    let run = try stage.run()
    #expect(run["unchanged"] == 2 && run["requests"] == 2 && run["bytes_sent"] == 0)
  }

  @Test func aRefusedReplacementLeavesWhatIsDone() throws {
    let stage = try Stage()
    try stage.small(1)
    #expect(try stage.run().code == 0)
    try stage.server.fault("put status=403 code=AccessDenied")
    let refused = try stage.run("--force")
    #expect(refused.code == 1)
    #expect(refused["failed"] == 1)
    #expect(try stage.status(of: "small-0")?.text("state") == "failed")
    let run = try stage.run()
    #expect(run["unchanged"] == 1)
    #expect(run["requests"] == 0)
    #expect(try stage.status(of: "small-0")?.text("state") == "done")
  }

  /// Those that were about to be replaced as well: nothing was. (Of requests that are cut off in flight nobody knows.)
  @Test func aRunThatIsRefusedForgetsNothing() throws {
    let stage = try Stage()
    try stage.small(20)
    #expect(try stage.run().code == 0)
    var credentials = Programs.credentials
    credentials["OSS_ACCESS_KEY_SECRET"] = "wrong"
    #expect(try stage.run("--force", "-j", "1", credentials: credentials).code == 5)
    let status = try stage.command("status", "manifest.yaml").output
    #expect(status.contains("20 done, 0 failed, 0 open, 0 pending"), "\(status)")
    #expect(!status.contains("sent again"), "\(status)")
    let run = try stage.run()
    #expect(run["unchanged"] == 20)
    #expect(run["requests"] == 0)
  }

  /// Whatever the service was about to do with it: nobody has heard.
  @Test(arguments: ["before", "after"])
  func aReplacementThatIsCutOffIsNotTakenForWhatWasDone(when: String) throws {
    let stage = try Stage()
    try stage.small(1)
    #expect(try stage.run().code == 0)
    try stage.directory.write("small-0", content(1_001, seed: 9))
    try stage.server.fault("put stall when=\(when)")
    try stage.server.clearLog()
    let stopped = try stage.startRun()
    try stage.server.wait(for: "the request") { !$0.isEmpty }
    stopped.signal(SIGINT)
    stopped.signal(SIGTERM)
    #expect(try stopped.wait().code == 130)
    try stage.server.clearFaults()
    #expect(try stage.status(of: "small-0")?.text("state") == "pending")
    let run = try stage.run()
    #expect(try run.event("done", key: "small-0").text("reason") == "the source's size changed")
  }

  @Test func entriesOfSeveralTargetsAreNamedWithThem() throws {
    let stage = try Stage()
    try stage.directory.write("a", content(10))
    try stage.manifest(
      text: """
        version: 1
        targets:
          near: {bucket: bucket, endpoint: "\(stage.server.endpoint)", region: cn-hangzhou}
          far: {bucket: other-bucket, endpoint: "\(stage.server.endpoint)", region: cn-hangzhou}
        entries:
          - {id: one, file: a, key: k, target: near}
          - {id: two, file: missing, key: k, target: far}

        """)
    let run = try stage.run()
    #expect(run.code == 1)
    #expect(run.events("failed").first?.text("target") == "far")
    for command in ["status", "verify"] {
      let lines = try stage.command(command, "manifest.yaml", "--json").output.split(
        separator: "\n"
      ).map { try Event($0) }
      let one = try #require(lines.first { $0.text("id") == "one" }, "\(lines)")
      #expect(one.text("target") == "near" && one.text("key") == "k")
      #expect(lines.contains { $0.text("id") == "two" && $0.text("target") == "far" })
    }
    let text = try stage.command("status", "manifest.yaml").output
    #expect(text.contains("failed: k (far): "), "\(text)")
    let plain = try stage.command("run", "manifest.yaml")
    #expect(plain.errors.contains("failed: k (far): "), "\(plain.errors)")
  }

  @Test func aBucketThatIsNotThereIsNamed() throws {
    let stage = try Stage()
    try stage.small(1)
    try stage.server.fault("any always status=404 code=NoSuchBucket message=gone")
    let run = try stage.run()
    #expect(run.code == 5)
    #expect(run.errors.contains("bucket bucket: "), "\(run.errors)")
  }

  @Test func whatKeepsARunFromBeginningIsInTheSummary() throws {
    let stage = try Stage()
    try stage.small(1)
    let run = try stage.run(credentials: [:])
    #expect(run.code == 4)
    #expect(run.summary.text("error")?.contains("no credentials") == true)
    try stage.manifest("  - {file: small-0}")
    #expect(try stage.run().summary.text("error") == "the manifest has errors")
  }
}
