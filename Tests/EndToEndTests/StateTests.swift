import Foundation
import TestKit
import Testing

/// The state directory as its owner sees it.
@Suite struct StateTests {
  /// Objects that a run replaces meanwhile are not what verify knows of them, and yet right.
  @Test func whatIsSentAgainBesideItIsNotCalledDifferent() throws {
    let stage = try Stage()
    try stage.small(2)
    #expect(try stage.run().code == 0)
    try stage.server.fault("head always hold")
    let verification = try stage.start(["verify", "manifest.yaml"])
    try stage.server.waitUntilHeld(2)
    try stage.directory.write("small-0", Array("something else".utf8))
    #expect(try stage.run()["done"] == 1)
    try stage.server.clearFaults()
    let end = try verification.wait()
    #expect(end.output.contains("a run has sent it meanwhile"), "\(end.output)")
    #expect(!end.output.contains("different: "), "\(end.output)")
    #expect(try stage.command("verify", "manifest.yaml").code == 0)
  }

  private static let state = ".osbatch/manifest.yaml"

  /// A run of three entries that waits within one of them.
  private func heldRun(_ stage: Stage, at key: String = "small-1") throws -> Child {
    try stage.small(3, concurrency: 1)
    try stage.server.fault("put key=\(key) hold")
    let process = try stage.startRun()
    try stage.server.waitUntilHeld(1)
    return process
  }

  @Test func itIsPrivateAndHoldsNoSecret() throws {
    let stage = try Stage()
    try stage.large()
    try stage.killWithGap(part: 3)
    let files = try FileManager.default.subpathsOfDirectory(atPath: stage.directory(Self.state))
    #expect(files.contains("journal"))
    #expect(files.contains("lock"))
    for name in files + ["."] {
      var status = stat()
      #expect(lstat(stage.directory("\(Self.state)/\(name)"), &status) == 0)
      #expect(status.st_mode & 0o077 == 0, "\(name)")
      guard status.st_mode & S_IFMT == S_IFREG else { continue }
      let bytes = try stage.directory.read("\(Self.state)/\(name)")
      let secret = Programs.credentials["OSS_ACCESS_KEY_SECRET"] ?? ""
      #expect(bytes.firstRange(of: Array(secret.utf8)) == nil, "\(name)")
    }
  }

  @Test func aTornTailIsCut() throws {
    let stage = try Stage()
    try stage.small(5)
    #expect(try stage.run().code == 0)
    let journal = try stage.directory.read("\(Self.state)/journal")
    try stage.directory.write("\(Self.state)/journal", journal.dropLast(7))
    let run = try stage.run()
    #expect(run.code == 0)
    #expect(run["done"] + run["unchanged"] == 5)
    #expect(run["unchanged"] >= 4)
  }

  @Test func damageInTheMiddleIsNamedAndCanBeMended() throws {
    let stage = try Stage()
    try stage.small(10)
    #expect(try stage.run().code == 0)
    var journal = try stage.directory.read("\(Self.state)/journal")
    journal[journal.count / 2] ^= 0x15
    try stage.directory.write("\(Self.state)/journal", journal)
    let run = try stage.run()
    #expect(run.code == 4)
    #expect(run.state == "failed")
    #expect(run.errors.contains("\(Self.state)/journal is damaged at byte "), "\(run.errors)")
    #expect(run.errors.contains("--rebuild-state"))
    let mended = try stage.run("--rebuild-state")
    #expect(mended.code == 0)
    #expect(mended["unchanged"] >= 8)
    #expect(mended["done"] + mended["unchanged"] == 10)
    #expect(try stage.run()["unchanged"] == 10)
  }

  /// The first files opened would get the numbers of the missing streams, and then the output.
  @Test(arguments: [">&-", "2>&-", "<&- >&- 2>&-"])
  func missingStreamsDoNotReachTheState(closed: String) throws {
    let stage = try Stage()
    try stage.small(40)
    try stage.server.fault("put key=small-3 status=400 code=InvalidArgument")
    var environment = Programs.credentials
    environment["OSBATCH"] = Programs.osbatch
    let script = "exec \"$OSBATCH\" run manifest.yaml --json --verbose \(closed)"
    let end = try Child(
      "/bin/sh", ["-c", script], environment: environment, directory: stage.directory.path
    ).wait()
    #expect(end.code == 1 || end.code == 5, "what nobody reads may stop a run, not damage it")
    for name in ["journal", "lock"] {
      let text = try stage.directory.read("\(Self.state)/\(name)")
      #expect(text.firstRange(of: Array("\"type\":".utf8)) == nil, "\(name)")
    }
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["done"] + run["unchanged"] == 40)
  }

  @Test func aManifestOnStandardInputHasItsStateWhereItIsTold() throws {
    let stage = try Stage()
    try stage.small(2)
    let script = "\"$OSBATCH\" run - --state-dir state --json < manifest.yaml"
    func run() throws -> Outcome {
      var environment = Programs.credentials
      environment["OSBATCH"] = Programs.osbatch
      return try Outcome(
        Child(
          "/bin/sh", ["-c", script], environment: environment, directory: stage.directory.path
        ).wait())
    }
    let first = try run()
    #expect(first.code == 0, "\(first.errors)")
    #expect(first["done"] == 2)
    #expect(try run()["unchanged"] == 2)
    #expect(FileManager.default.fileExists(atPath: stage.directory("state/journal")))
  }

  /// Nothing can be recorded any more, and so nothing may be called done.
  @Test(arguments: [".osbatch", ".osbatch/manifest.yaml/journal"])
  func aRunWhoseStateIsRemovedSaysSo(name: String) throws {
    let stage = try Stage()
    let process = try heldRun(stage)
    try FileManager.default.removeItem(atPath: stage.directory(name))
    try stage.server.letGo()
    let run = try Outcome(process.wait())
    #expect(run.code == 5)
    #expect(run.state == "failed")
    #expect(run["done"] < 3)
    #expect(run.errors.contains(".osbatch/manifest.yaml/journal: No such file or directory"))
    #expect(try stage.run().code == 0)
  }

  /// What it waits for is gone; it takes what has the name now.
  @Test func aRunThatWaitsForARemovedLockRecordsWhatItDoes() throws {
    let stage = try Stage()
    let first = try heldRun(stage)
    let second = try stage.startRun("--lock-timeout", "1m")
    try eventually("the second run waits") { try stage.waitsForItsLock(second) }
    try FileManager.default.removeItem(atPath: stage.directory(".osbatch"))
    try stage.server.letGo()
    #expect(try Outcome(first.wait()).code == 5)
    let end = try Outcome(second.wait())
    #expect(end.code == 0 && end["done"] == 3, "\(end.errors)")
    #expect(try stage.run()["unchanged"] == 3)
  }

  @Test func aLockThatIsRemovedStillHolds() throws {
    let stage = try Stage()
    let process = try heldRun(stage)
    try FileManager.default.removeItem(atPath: stage.directory(".osbatch/manifest.yaml/lock"))
    #expect(try stage.run().code == 11)
    try stage.server.letGo()
    #expect(try Outcome(process.wait()).code == 0)
    #expect(try stage.run()["unchanged"] == 3)
  }

  @Test func aRunThatMayWaitForTheLockGoesOnAfterTheOther() throws {
    let stage = try Stage()
    let first = try heldRun(stage, at: "small-0")
    let second = try stage.startRun("--lock-timeout", "1m")
    try eventually("the second run waits") { try stage.waitsForItsLock(second) }
    try stage.server.letGo()
    let end = try Outcome(first.wait())
    #expect(end["done"] == 3)
    let other = try Outcome(second.wait())
    #expect(other.code == 0)
    #expect(other["unchanged"] == 3)
    #expect(other["requests"] == 0)
  }
}
