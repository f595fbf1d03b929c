import Foundation
import TestKit
import Testing

/// A file that changes while it is being sent is never stored as a mixture.
@Suite struct ChangingSourceTests {
  enum Change: CaseIterable {
    case append, truncate, rewrite, replace

    func make(_ directory: TemporaryDirectory, _ bytes: [UInt8]) throws {
      switch self {
      case .append: try directory.write("large", bytes + content(777, seed: 2))
      case .truncate: try directory.write("large", Array(bytes.dropLast(Stage.partSize)))
      case .rewrite: try directory.write("large", content(bytes.count, seed: 3))
      case .replace:
        try directory.write("new", content(bytes.count, seed: 4))
        guard rename(directory("new"), directory("large")) == 0 else {
          throw Problem("the file cannot be replaced: errno \(errno)")
        }
      }
    }
  }

  @Test(arguments: [1, 4], Change.allCases)
  func theNewContentIsStoredWhole(parts: Int, change: Change) throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: parts, settings: "multipart_threshold: 120KiB")
    let request = parts == 1 ? "put" : "part"
    try stage.server.fault("\(request) \(parts == 1 ? "" : "part=2") hold")
    let process = try stage.startRun()
    try stage.server.wait(for: "the request that waits") { log in
      log.contains { $0.operation == request && ($0.part ?? 2) == 2 }
    }
    try change.make(stage.directory, bytes)
    try stage.server.letGo()
    let run = try Outcome(process.wait())
    #expect(run.code == 0, "\(run.errors)")
    #expect(
      try run.event("done", key: "large").text("reason")
        == "the source changed while it was being uploaded")
    try stage.expectStored("large", try stage.directory.read("large"))
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  @Test(arguments: [1, 4])
  func aFileThatGoesAwayFails(parts: Int) throws {
    let stage = try Stage()
    try stage.large(parts: parts, settings: "multipart_threshold: 120KiB")
    let request = parts == 1 ? "put" : "part"
    try stage.server.fault("\(request) \(parts == 1 ? "" : "part=2") hold")
    let process = try stage.startRun()
    try stage.server.wait(for: "the request that waits") { log in
      log.contains { $0.operation == request && ($0.part ?? 2) == 2 }
    }
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
    try stage.server.wait(for: "both parts") { $0.count { $0.operation == "part" } == 2 }
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

  @Test func aFileThatNeverRestsFails() throws {
    let stage = try Stage()
    try stage.large(parts: 1, settings: "multipart_threshold: 120KiB, retries: 1")
    try stage.server.fault("put always hold")
    let process = try stage.startRun()
    for attempt in 1...2 {
      try stage.server.wait(for: "attempt \(attempt)") { $0.count == attempt }
      try stage.directory.write("large", content(Stage.partSize, seed: UInt64(attempt + 5)))
      try stage.server.letGo()
    }
    let run = try Outcome(process.wait())
    #expect(run.code == 1)
    let error = try #require(try run.event("failed", key: "large").text("error"))
    #expect(error.hasPrefix("source changed"))
    #expect(run.events("done").isEmpty)
  }
}
