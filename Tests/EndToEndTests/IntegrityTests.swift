import TestKit
import Testing

/// Nothing is done whose checksum disagrees; what has none to compare says so.
@Suite struct IntegrityTests {
  @Test(arguments: ["put", "part part=2"], ["wrong-crc", "corrupt-received"])
  func damageOnTheWayIsSentAgain(request: String, damage: String) throws {
    let stage = try Stage()
    let parts = request == "put" ? 1 : 3
    let bytes = try stage.large(parts: parts)
    try stage.server.fault("\(request) \(damage)")
    let run = try stage.run()
    #expect(run.code == 0)
    #expect(run["retries"] == 1)
    #expect(run.events("retry").first?.text("code") == "ChecksumMismatch")
    #expect(try run.event("done", key: "large").flag("verified") == true)
    try stage.expectStored("large", bytes)
    #expect(try stage.server.parts().count == (parts == 1 ? 0 : 4))
  }

  @Test func aReplyWithoutChecksumIsDoneButNotVerified() throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 3)
    try stage.directory.write("small", [1, 2])
    try stage.manifest("  - {file: large, key: large}\n  - {file: small, key: small}")
    try stage.server.fault("put always omit-crc", "part always omit-crc", "complete omit-crc")
    let run = try stage.run()
    #expect(run.code == 0)
    #expect(try run.event("done", key: "large").flag("verified") == false)
    #expect(try run.event("done", key: "small").flag("verified") == false)
    try stage.expectStored("large", bytes)
  }

  @Test func aWrongObjectAfterCompleteIsNeverDone() throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 3)
    try stage.server.fault("complete wrong-crc")
    let run = try stage.run()
    #expect(run.code == 0)
    #expect(
      run.events("retry").first?.text("reason")
        == "the stored object did not have the right checksum")
    #expect(try stage.server.parts().count == 6)
    try stage.expectStored("large", bytes)
  }

  @Test(arguments: ["put", "complete"])
  func anObjectThatNeverBecomesRightFails(request: String) throws {
    let stage = try Stage()
    try stage.large(parts: request == "put" ? 1 : 3, settings: "retries: 1")
    try stage.server.fault("\(request) always wrong-crc")
    let run = try stage.run()
    #expect(run.code == 1)
    #expect(run["failed"] == 1)
    #expect(run.events("done").isEmpty)
    let again = try stage.run()
    #expect(again["failed"] == 1, "it is not on record as done")
  }

  @Test func damageIsReplacedAlthoughNothingMayBeOverwritten() throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 1, settings: "overwrite: never")
    try stage.server.fault("put corrupt-received")
    let run = try stage.run()
    #expect(run.code == 0)
    #expect(run["done"] == 1)
    try stage.expectStored("large", bytes)
  }

  @Test func aDigestGoesWithTheBodyWhenItIsAskedFor() throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 3, settings: "content_md5: true")
    try stage.directory.write("small", content(300))
    try stage.manifest(
      "  - {file: large, key: large, content_md5: true}\n"
        + "  - {file: small, key: small, content_md5: true}\n"
        + "  - {file: large, key: whole, content_md5: true, multipart_threshold: 1MiB}")
    #expect(try stage.run().code == 0)
    try stage.expectStored("large", bytes)
    try stage.expectStored("whole", bytes)
  }

  @Test func withoutChecksumsNothingIsVerified() throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 3, settings: "checksum: none")
    try stage.server.fault("part part=1 wrong-crc", "complete wrong-crc")
    let run = try stage.run()
    #expect(run.code == 0)
    #expect(run["retries"] == 0)
    let done = try run.event("done", key: "large")
    #expect(done.flag("verified") == false)
    #expect(done.text("crc64") == nil)
    try stage.expectStored("large", bytes)
    #expect(try stage.run()["unchanged"] == 1)
  }
}
