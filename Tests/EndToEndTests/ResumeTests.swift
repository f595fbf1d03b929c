import Foundation
import TestKit
import Testing

/// Killed anywhere, the next run sends only what is not there.
@Suite struct ResumeTests {
  @Test func onlyTheMissingPartIsSent() throws {
    let stage = try Stage()
    let bytes = try stage.large()
    try stage.killWithGap(part: 3)
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["parts_sent"] == 1)
    #expect(run["parts_kept"] == 4)
    #expect(run["bytes_sent"] == Stage.partSize)
    #expect(run["bytes_kept"] == bytes.count - Stage.partSize)
    #expect(try stage.server.operations() == ["list_parts", "part", "complete"])
    #expect(try stage.server.parts() == [3])
    let resume = try run.event("resume", key: "large")
    #expect(resume.number("parts_kept") == 4)
    #expect(resume.number("parts") == 5)
    try stage.expectStored("large", bytes)
  }

  @Test func moreStoredPartsThanOnePageListsAreAllKept() throws {
    let stage = try Stage()
    let parts = 1_030
    try stage.large(concurrency: 8)
    let file = try #require(FileHandle(forWritingAtPath: stage.directory("large")))
    try file.truncate(atOffset: UInt64(parts * Stage.partSize))
    for part in 0..<parts {
      try file.seek(toOffset: UInt64(part * Stage.partSize))
      try file.write(contentsOf: Data("part \(part)".utf8))
    }
    try file.close()
    try stage.killWithGap(part: 700, parts: parts)
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["parts_kept"] == parts - 1)
    #expect(try stage.server.operations() == ["list_parts", "list_parts", "part", "complete"])
    #expect(try stage.command("verify", "manifest.yaml", "--full").code == 0)
  }

  @Test func whatIsDoneIsNotTouched() throws {
    let stage = try Stage()
    let bytes = try stage.large()
    for index in 0..<5 { try stage.directory.write("small-\(index)", [UInt8(index)]) }
    let small = (0..<5).map { "  - {file: small-\($0), key: small-\($0), priority: 1}\n" }
    try stage.manifest(small.joined() + "  - {file: large, key: large}", concurrency: 2)
    try stage.killWithGap(part: 1)
    let run = try stage.run()
    #expect(run["unchanged"] == 5)
    #expect(run["done"] == 1)
    #expect(try stage.server.log().allSatisfy { $0.key == "large" })
    try stage.expectStored("large", bytes)
  }

  enum Loss: String, CaseIterable {
    case deletedDirectory, deletedFiles, truncatedFiles, emptiedFiles, garbage
  }

  @Test(arguments: Loss.allCases)
  func aLostCheckpointCostsNoPart(loss: Loss) throws {
    let stage = try Stage()
    let bytes = try stage.large()
    try stage.killWithGap(part: 2)
    let directory = ".osbatch/manifest.yaml/checkpoints"
    for name in try stage.directory.names(in: directory) {
      let file = "\(directory)/\(name)"
      let text = try stage.directory.read(file)
      switch loss {
      case .deletedDirectory, .deletedFiles: try stage.directory.remove(file)
      case .truncatedFiles: try stage.directory.write(file, text.dropLast(text.count / 3))
      case .emptiedFiles: try stage.directory.write(file, [])
      case .garbage: try stage.directory.write(file, content(700))
      }
    }
    if loss == .deletedDirectory { try stage.directory.remove(directory) }
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    #expect(try stage.server.parts() == [2])
    #expect(run["parts_kept"] == 4)
    try stage.expectStored("large", bytes)
  }

  @Test func whereListingIsForbiddenTheCheckpointCounts() throws {
    let stage = try Stage()
    let bytes = try stage.large()
    try stage.killWithGap(part: 4)
    try stage.server.fault("list_parts always status=403 code=AccessDenied")
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    #expect(try stage.server.parts() == [4])
    #expect(run["parts_kept"] == 4)
    try stage.expectStored("large", bytes)
  }

  @Test func aForgottenUploadBeginsAnew() throws {
    let stage = try Stage()
    let bytes = try stage.large()
    try stage.killWithGap(part: 4)
    try stage.server.fault("list_parts forget")
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    #expect(try stage.server.parts().sorted() == [1, 2, 3, 4, 5])
    #expect(
      try run.event("done", key: "large").text("reason")
        == "the service no longer knows the upload")
    try stage.expectStored("large", bytes)
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  @Test(arguments: [
    ("part_size: 150KiB", "the part size changed"),
    ("headers: {Cache-Control: no-store}", "settings changed"),
    ("multipart_threshold: 10MiB", "the part size changed"),
  ])
  func anUploadThatNoLongerFitsIsRemoved(settings: String, reason: String) throws {
    let stage = try Stage()
    let bytes = try stage.large()
    try stage.killWithGap(part: 3)
    try stage.large(settings: settings)
    try expectReplaced(stage, bytes, reason)
  }

  @Test func aFileThatChangedBetweenRunsIsSentFromItsBeginning() throws {
    let stage = try Stage()
    try stage.large()
    try stage.killWithGap(part: 3)
    let longer = try stage.directory.write("large", content(5 * Stage.partSize, seed: 9))
    try expectReplaced(stage, longer, "the source's size changed")
  }

  @Test func aFileRewrittenBetweenRunsIsSentFromItsBeginning() throws {
    let stage = try Stage()
    let size = try stage.large().count
    try stage.killWithGap(part: 3)
    let other = try stage.directory.write("large", content(size, seed: 9))
    try expectReplaced(stage, other, "the source changed")
  }

  private func expectReplaced(_ stage: Stage, _ bytes: [UInt8], _ reason: String) throws {
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["parts_kept"] == 0)
    #expect(try stage.server.operations().first == "abort")
    #expect(try run.event("done", key: "large").text("reason") == reason)
    #expect(try stage.server.statistics().open_uploads == 0)
    try stage.expectStored("large", bytes)
  }

  @Test func killedAgainAndAgainItComesToItsEnd() throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 6, concurrency: 1)
    for _ in 0..<4 {
      try stage.server.clearLog()
      try stage.server.fault("any skip=2 stall")
      let run = try stage.startRun()
      try stage.server.wait(for: "the third request") { $0.count == 3 }
      try run.killAtOnce()
      try stage.server.clearFaults()
    }
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["parts_kept"] >= 3)
    try stage.expectStored("large", bytes)
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  @Test(arguments: ["initiate stall", "initiate stall when=after"])
  func killedWhileOpeningAnUploadLeavesNone(fault: String) throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 2)
    try stage.server.fault(fault)
    let run = try stage.startRun()
    try stage.server.wait(for: "initiate") { $0.contains { $0.operation == "initiate" } }
    if fault.hasSuffix("after") {
      try eventually("the upload is open") { try stage.server.statistics().open_uploads == 1 }
    }
    try run.killAtOnce()
    let again = try stage.run()
    #expect(again.code == 0, "\(again.errors)")
    try stage.expectStored("large", bytes)
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  /// Two pages, each of which names the other as the next.
  @Test func aListOfUploadsThatGoesRoundFailsItsEntry() throws {
    let service = try PageServer { head in
      // Whether this has opened an upload, only the list can tell.
      guard head.hasPrefix("GET ") else { return (500, "") }
      let next = head.contains("upload-id-marker=B") ? "A" : "B"
      return (
        200,
        """
        <ListMultipartUploadsResult><IsTruncated>true</IsTruncated>\
        <NextKeyMarker>large</NextKeyMarker><NextUploadIdMarker>\(next)</NextUploadIdMarker>\
        </ListMultipartUploadsResult>
        """
      )
    }
    let stage = try Stage()
    try stage.directory.write("large", content(2 * Stage.partSize))
    try stage.manifest(
      "  - {file: large, key: large, retries: 1}", endpoint: "http://127.0.0.1:\(service.port)")
    let run = try Outcome(try stage.startRun().wait(seconds: 30))
    #expect(run.code == 1, "\(run.errors)")
    let error = try #require(try run.event("failed", key: "large").text("error"))
    #expect(error.contains("the list of uploads is out of order"), "\(error)")
  }

  @Test func anUploadWithoutItsEntryIsMentioned() throws {
    let stage = try Stage()
    try stage.large()
    try stage.killWithGap(part: 3)
    try stage.small(1)
    let run = try stage.run()
    #expect(run.code == 0)
    let warning = try #require(run.events("warning").first?.text("message"))
    #expect(warning.contains("large"))
    #expect(warning.contains("osbatch abort"))
    #expect(try stage.server.statistics().open_uploads == 1)
  }
}
