import Foundation
import TestKit
import Testing

/// A file that changes while it is being sent is never stored as a mixture.
@Suite struct ChangingSourceTests {
  /// What is read in one go before it is sent, while it is sent, and part by part.
  enum Body: CaseIterable {
    case small, whole, parts

    func make(_ stage: Stage, settings: String = "overwrite: always") throws -> [UInt8] {
      let bytes = try stage.large(
        parts: self == .parts ? 4 : 1,
        settings: "multipart_threshold: 120KiB, \(settings)")
      return self == .small
        ? try stage.directory.write("large", Array(bytes.prefix(20_000))) : bytes
    }

    /// Keeps a request for it from having its effect.
    func hold(_ server: Server) throws {
      try server.fault(self == .parts ? "part part=2 hold" : "put hold")
    }
  }

  enum Change: CaseIterable {
    case append, truncate, rewrite, replace

    func make(_ directory: TemporaryDirectory, _ bytes: [UInt8]) throws {
      switch self {
      case .append: try directory.write("large", bytes + content(777, seed: 2))
      case .truncate: try directory.write("large", Array(bytes.dropLast(bytes.count / 3)))
      case .rewrite: try directory.write("large", content(bytes.count, seed: 3))
      case .replace:
        try directory.write("new", content(bytes.count, seed: 4))
        guard rename(directory("new"), directory("large")) == 0 else {
          throw Problem("the file cannot be replaced: errno \(errno)")
        }
      }
    }
  }

  @Test(arguments: Body.allCases, Change.allCases)
  func theNewContentIsStoredWhole(body: Body, change: Change) throws {
    let stage = try Stage()
    let bytes = try body.make(stage)
    try body.hold(stage.server)
    let process = try stage.startRun()
    try stage.server.waitUntilHeld(1)
    try change.make(stage.directory, bytes)
    try stage.server.letGo()
    let run = try Outcome(process.wait())
    #expect(run.code == 0, "\(run.errors)")
    #expect(
      try run.event("done", key: "large").text("reason")
        == "the source changed while it was being uploaded")
    #expect(run.events("retry").count == run["retries"])
    try stage.expectStored("large", try stage.directory.read("large"))
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  /// The copy that was right a moment ago is its own, and no reason to leave it.
  @Test(arguments: Body.allCases) func itReplacesItsOwnCopy(body: Body) throws {
    let stage = try Stage()
    let bytes = try body.make(stage, settings: "overwrite: never")
    try body.hold(stage.server)
    let process = try stage.startRun()
    try stage.server.waitUntilHeld(1)
    try Change.rewrite.make(stage.directory, bytes)
    try stage.server.letGo()
    let run = try Outcome(process.wait())
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["done"] == 1)
    try stage.expectStored("large", try stage.directory.read("large"))
  }

  @Test(arguments: Body.allCases)
  func aFileThatGoesAwayFails(body: Body) throws {
    let stage = try Stage()
    _ = try body.make(stage)
    try body.hold(stage.server)
    let process = try stage.startRun()
    try stage.server.waitUntilHeld(1)
    try stage.directory.remove("large")
    try stage.server.letGo()
    let run = try Outcome(process.wait())
    #expect(run.code == 1)
    #expect(try run.event("failed", key: "large").text("error")?.contains("large") == true)
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  /// That its directory cannot be passed at this moment says nothing about a file.
  @Test func aFileThatCannotBeLookedAtKeepsItsUpload() throws {
    let stage = try Stage()
    let bytes = try stage.directory.write("files/large", content(2 * Stage.partSize))
    try stage.manifest("  - {file: files/large, key: large}", concurrency: 2)
    try stage.server.fault("part part=2 hold")
    let process = try stage.startRun()
    try stage.server.waitUntilHeld(1)
    try stage.server.wait(for: "part 1") { $0.contains { $0.part == 1 && $0.status == 200 } }
    let files = stage.directory("files")
    #expect(rename(files, stage.directory("elsewhere")) == 0)
    #expect(symlink("files", files) == 0)
    try stage.server.letGo()
    let run = try Outcome(process.wait())
    #expect(run.code == 1)
    let error = try #require(try run.event("failed", key: "large").text("error"))
    #expect(error.contains("Too many levels of symbolic links"), "\(error)")
    #expect(try stage.server.statistics().open_uploads == 1)
    #expect(unlink(files) == 0)
    #expect(rename(stage.directory("elsewhere"), files) == 0)
    let again = try stage.run()
    #expect(again.code == 0, "\(again.errors)")
    #expect(again["parts_kept"] == 2)
    #expect(again["parts_sent"] == 0)
    try stage.expectStored("large", bytes)
  }

  @Test(arguments: [Body.small, .whole]) func aFileThatNeverRestsFails(body: Body) throws {
    let stage = try Stage()
    let bytes = try body.make(stage, settings: "retries: 1")
    try stage.server.fault("put always hold")
    let process = try stage.startRun()
    for attempt in 1...2 {
      try stage.server.waitUntilHeld(1)
      try stage.directory.write("large", content(bytes.count, seed: UInt64(attempt + 5)))
      try stage.server.letGo()
    }
    let run = try Outcome(process.wait())
    #expect(run.code == 1)
    let error = try #require(try run.event("failed", key: "large").text("error"))
    #expect(error.hasPrefix("source changed"))
    #expect(run.events("done").isEmpty)
  }

  /// In memory and on a disk. (Of those that have to be asked, `SlowSourceTests` has one.)
  @Test(arguments: ["/dev/shm", "/var/tmp"]) func itIsNoticedWhereverTheFileIs(place: String) throws
  {
    let sources = try TemporaryDirectory(in: place)
    let stage = try Stage()
    try sources.write("file", content(1_000))
    try stage.manifest("  - {file: \(sources("file")), key: file}")
    try stage.server.fault("put hold")
    let process = try stage.startRun()
    try stage.server.waitUntilHeld(1)
    let new = try sources.write("file", content(1_000, seed: 2))
    try stage.server.letGo()
    let run = try Outcome(process.wait())
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["requests"] == 2)
    try stage.expectStored("file", new)
  }
}
