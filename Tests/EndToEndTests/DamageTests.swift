import Foundation
import TestKit
import Testing

/// A damaged journal, and what `--rebuild-state` makes of it with the help of checkpoints and service.
@Suite struct DamageTests {
  private static let journal = ".osbatch/manifest.yaml/journal"

  /// A done state, then a killed run that was about to replace both objects: every kind of record.
  private func killed(waitingFor fault: String, bytes: inout [String: [UInt8]]) throws -> Stage {
    let stage = try Stage()
    try stage.manifest(
      "  - {file: large, key: large}\n  - {file: small, key: small}", concurrency: 2)
    for seed in [1, 2] as [UInt64] {
      bytes["large"] = content(5 * Stage.partSize - 1_000, seed: seed)
      bytes["small"] = content(1_000, seed: seed + 10)
      for (name, content) in bytes { try stage.directory.write(name, content) }
      if seed == 1 { #expect(try stage.run().code == 0) }
    }
    try stage.server.fault(fault)
    let run = try stage.startRun()
    try eventually("all that can is on record") {
      try stage.status(of: "large")?.number("parts") == (fault.hasPrefix("part") ? 4 : 5)
        && stage.status(of: "small")?.text("state") == "done"
        && stage.status(of: "small")?.text("reason") == "the source's content changed"
    }
    if fault.hasPrefix("complete") {
      try stage.server.wait(for: "the completion") { $0.last?.operation == "complete" }
    }
    try run.killAtOnce()
    try stage.server.clearFaults()
    // Another run that comes to nothing, so that the damage is in the middle.
    _ = try stage.run("--max-duration", "1ms")
    try stage.server.clearLog()
    return stage
  }

  /// Destroys a byte of the last line of a kind.
  private func damage(_ kind: Character, _ stage: Stage) throws {
    var lines = try stage.directory.read(Self.journal).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
    ).map(Array.init)
    let index = try #require(
      lines.dropLast(2).lastIndex { $0.starts(with: "\(kind) ".utf8) }, "no \(kind) line")
    lines[index][lines[index].count / 2] ^= 0x11
    try stage.directory.write(Self.journal, Array(lines.joined(separator: [UInt8(ascii: "\n")])))
  }

  @Test(arguments: ["r", "i", "o", "w", "d", "b"])
  func whateverIsLostEverythingIsRightInTheEnd(kind: Character) throws {
    var bytes: [String: [UInt8]] = [:]
    let stage = try killed(waitingFor: "part key=large part=3 always stall", bytes: &bytes)
    try damage(kind, stage)
    try expectMended(stage, bytes)
    // The checkpoint proves what the upload was for, whatever the journal has lost.
    #expect(try stage.server.parts() == [] || stage.server.parts() == [3])
  }

  @Test(arguments: ["c", "o", "i"])
  func anUploadThatWasCompletedIsNotSentAgain(kind: Character) throws {
    var bytes: [String: [UInt8]] = [:]
    let stage = try killed(waitingFor: "complete key=large stall when=after", bytes: &bytes)
    try damage(kind, stage)
    try expectMended(stage, bytes)
    #expect(try stage.server.parts() == [])
  }

  private func expectMended(_ stage: Stage, _ bytes: [String: [UInt8]]) throws {
    #expect(try stage.run().code == 4)
    let run = try stage.run("--rebuild-state")
    #expect(run.code == 0, "\(run.errors) \(run.events("failed"))")
    let warning = try #require(run.events("warning").first?.text("message"))
    #expect(warning.contains("has been rebuilt"), "\(warning)")
    #expect(warning.contains("\(Self.journal).damaged-1"), "\(warning)")
    for (key, content) in bytes { try stage.expectStored(key, content) }
    #expect(try stage.server.statistics().open_uploads == 0)
    let again = try stage.run()
    #expect(again["unchanged"] == 2)
    #expect(again["requests"] == 0)
  }

  @Test func anUploadThatCannotBeProvedOursStaysAndIsNamed() throws {
    var bytes: [String: [UInt8]] = [:]
    let stage = try killed(waitingFor: "part key=large part=3 always stall", bytes: &bytes)
    try damage("i", stage)
    try damage("o", stage)
    let checkpoints = stage.directory(".osbatch/manifest.yaml/checkpoints")
    try FileManager.default.removeItem(atPath: checkpoints)
    let run = try stage.run("--rebuild-state")
    #expect(run.code == 0, "\(run.errors)")
    let warning = try #require(run.events("warning", key: "large").first?.text("message"))
    #expect(warning.contains("somebody else's"))
    for (key, content) in bytes { try stage.expectStored(key, content) }
    #expect(try stage.server.statistics().open_uploads == 1)
  }

  @Test func abortFindsAnUploadOfWhichOnlyTheIdIsLeft() throws {
    var bytes: [String: [UInt8]] = [:]
    let stage = try killed(waitingFor: "part key=large part=3 always stall", bytes: &bytes)
    try damage("i", stage)
    let checkpoints = stage.directory(".osbatch/manifest.yaml/checkpoints")
    try FileManager.default.removeItem(atPath: checkpoints)
    _ = try stage.run("--rebuild-state", "--max-duration", "1ms")
    let abort = try stage.command("abort", "manifest.yaml")
    #expect(abort.code == 0, "\(abort.errors)")
    #expect(try stage.server.statistics().open_uploads == 0)
    #expect(try stage.run().code == 0)
    for (key, content) in bytes { try stage.expectStored(key, content) }
  }

  @Test func aDoneObjectThatIsGoneIsSentAgainAfterARebuild() throws {
    let stage = try Stage()
    try stage.small(6)
    #expect(try stage.run().code == 0)
    try damage("d", stage)
    // Of the two others nothing is lost, but one is not what the record says.
    try stage.server.fault("head key=small-0 status=404 code=NoSuchKey")
    let run = try stage.run("--rebuild-state")
    #expect(run.code == 0)
    #expect(run["done"] + run["unchanged"] == 6)
    let reasons = run.events("done").compactMap { $0.text("reason") }
    #expect(run["done"] <= 2 && run["done"] >= 1)
    #expect(
      reasons.allSatisfy {
        ["not uploaded before", "the bucket does not have what is on record"].contains($0)
      })
    #expect(try stage.run()["requests"] == 0)
  }

  /// No byte of the journal is damaged, and yet it does not know the upload that a checkpoint is of.
  @Test(arguments: [true, false]) func anUploadIsKeptWithoutAJournal(isThere: Bool) throws {
    var bytes: [String: [UInt8]] = [:]
    let stage = try killed(waitingFor: "part key=large part=3 always stall", bytes: &bytes)
    if isThere {
      try stage.directory.write(Self.journal, [])
    } else {
      try FileManager.default.removeItem(atPath: stage.directory(Self.journal))
    }
    let run = try stage.run("--rebuild-state")
    #expect(run.code == 0, "\(run.errors) \(run.events("failed"))")
    let warning = try #require(run.events("warning").first?.text("message"))
    #expect(warning.contains("lacked uploads that checkpoints name"), "\(warning)")
    #expect(try stage.server.parts() == [3])
    for (key, content) in bytes { try stage.expectStored(key, content) }
    #expect(try stage.server.statistics().open_uploads == 0)
    #expect(try stage.run("--rebuild-state").events("warning").isEmpty)
  }
}
