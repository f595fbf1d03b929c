import Foundation
import TestKit
import Testing

/// `verify` and `abort`: the commands that ask the service about what runs have left there.
@Suite struct ServiceCommandTests {
  @Test func verifyFindsWhatDiffers() throws {
    let stage = try Stage()
    let large = try stage.large(parts: 3)
    try stage.directory.write("small", [1, 2, 3])
    try stage.manifest("  - {file: large, key: large}\n  - {file: small, key: small}")
    #expect(try stage.run().code == 0)
    #expect(try stage.command("verify", "manifest.yaml").code == 0)
    #expect(try stage.command("verify", "manifest.yaml", "--full").code == 0)
    try stage.directory.write("large", content(large.count, seed: 8))
    #expect(try stage.command("verify", "manifest.yaml").code == 0)
    let full = try stage.command("verify", "manifest.yaml", "--full", "--json")
    #expect(full.code == 10)
    #expect(try CommandTests.last(full).number("different") == 1)
    try stage.directory.write("other", [3, 2, 1])
    try stage.manifest("  - {file: other, key: small}")
    #expect(try stage.run("--state-dir", "other-state").code == 0)
    try stage.manifest("  - {file: large, key: large}\n  - {file: small, key: small}")
    let changed = try stage.command("verify", "manifest.yaml")
    #expect(changed.code == 10)
    #expect(changed.output.contains("different: small: "))
    #expect(!changed.output.contains("large"))
  }

  @Test func verifyMissesAnObjectThatIsGone() throws {
    let stage = try Stage()
    try stage.small(2)
    #expect(try stage.run().code == 0)
    try stage.server.fault("head key=small-1 always status=404 code=NoSuchKey")
    let end = try stage.command("verify", "manifest.yaml")
    #expect(end.code == 10)
    #expect(end.output.contains("different: small-1: the object is not in the bucket"))
  }

  @Test func abortRemovesOpenUploadsOnceAndForAll() throws {
    let stage = try Stage()
    let bytes = try stage.large()
    try stage.killWithGap(part: 3)
    #expect(try stage.server.statistics().open_uploads == 1)
    let abort = try stage.command("abort", "manifest.yaml")
    #expect(abort.code == 0)
    #expect(abort.output.contains("1 upload aborted"))
    #expect(try stage.server.statistics().open_uploads == 0)
    let again = try stage.command("abort", "manifest.yaml", "--json")
    #expect(again.code == 0)
    #expect(try CommandTests.last(again).number("aborted") == 0)
    let run = try stage.run()
    #expect(run.code == 0)
    #expect(run["parts_sent"] == 5)
    try stage.expectStored("large", bytes)
  }

  /// What the files of a glob were is not needed to say, or undo, what was done with them.
  @Test func filesThatAreGoneKeepNoUploadOpen() throws {
    let stage = try Stage()
    try stage.large()
    try stage.directory.write("marker", [])
    try stage.manifest(
      """
        - {glob: "lar*", key: "${file.path}", part_size: 100KiB, id: data}
        - {file: marker, key: marker, needs: [data]}
      """)
    try stage.killWithGap(part: 3)
    try FileManager.default.removeItem(atPath: stage.directory("large"))
    #expect(try stage.command("validate", "manifest.yaml").code == 3)
    #expect(try stage.command("status", "manifest.yaml").code == 0)
    let abort = try stage.command("abort", "manifest.yaml")
    #expect(abort.code == 0, "\(abort.errors)")
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  @Test func abortFindsAnUploadWhoseIdentifierNeverCame() throws {
    let stage = try Stage()
    try stage.large()
    try stage.server.fault("initiate stall when=after")
    let run = try stage.startRun()
    try eventually("the upload is open") { try stage.server.statistics().open_uploads == 1 }
    try run.killAtOnce()
    #expect(try stage.command("abort", "manifest.yaml").code == 0)
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  @Test func anAbortThatIsRefusedSaysSoAndCanBeRepeated() throws {
    let stage = try Stage()
    try stage.large()
    try stage.killWithGap(part: 3)
    try stage.server.fault("abort status=403 code=AccessDenied message=Not-yours")
    let refused = try stage.command("abort", "manifest.yaml")
    #expect(refused.code == 1)
    #expect(refused.errors.contains("failed: large: AccessDenied: Not-yours"))
    #expect(try stage.server.statistics().open_uploads == 1)
    #expect(try stage.command("abort", "manifest.yaml").code == 0)
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  @Test(arguments: ["verify", "abort"])
  func aWrongKeyIsSaidOnce(command: String) throws {
    let stage = try Stage()
    try stage.small(4)
    #expect(try stage.run().code == 0)
    try stage.large()
    try stage.killWithGap(part: 1)
    let small = (0..<4).map { "  - {file: small-\($0), key: small-\($0)}\n" }.joined()
    try stage.manifest(small + "  - {file: large, key: large}")
    let wrong = ["OSS_ACCESS_KEY_ID": "test-id", "OSS_ACCESS_KEY_SECRET": "wrong"]
    let end = try stage.start([command, "manifest.yaml"], credentials: wrong).wait()
    #expect(end.code == 5)
    #expect(end.errors.split(separator: "\n").count == 1, "\(end.errors)")
    #expect(!end.errors.contains("wrong"))
    let none = try stage.start([command, "manifest.yaml"], credentials: [:]).wait()
    #expect(none.code == 4)
    #expect(none.errors.contains("OSS_ACCESS_KEY_ID"))
  }
}
