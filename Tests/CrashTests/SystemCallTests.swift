import BatchCore
import Foundation
import RunStore
import TestKit
import Testing

/// Killed, or refused, at each system call by which the state is written. strace does it.
@Suite(.enabled(if: Strace.isUsable, "strace is not installed, or may not trace"))
struct SystemCallTests {
  @Test(arguments: Meddling.calls, Meddling.Before.allCases)
  func killedAtEachCallItContinues(call: String, before: Meddling.Before) throws {
    var kills = 0
    // (The lock apart: strace counts by thread, and what the main thread writes to it hides what the store's writes first.)
    for files in Meddling.Files.allCases {
      var number = 1
      while true {
        let scene = try CrashScene(small: 4, partCounts: [3])
        try scene.prepare(before)
        let killer = Strace.command("\(call):signal=KILL:when=\(number)", on: scene.paths(files))
        let end = try scene.run(under: killer)
        guard end.code == -Int(SIGKILL) else {
          #expect(end.code == 0, "\(end.errors)")
          break
        }
        try scene.finish()
        (number, kills) = (number + 1, kills + 1)
      }
    }
    // Only a compaction renames.
    #expect(kills > 0 || (call == "rename" && before != .wasteful), "\(call) was never met")
  }

  /// Keys may hold the run's id: another one would leave objects behind that nobody knows of.
  @Test func aRunThatIsKilledWhileItsJournalIsNewGoesOnAsItself() throws {
    let scene = try CrashScene(small: 4, partCounts: [3])
    let killer = Strace.command("fsync:signal=KILL:when=1", on: scene.paths(.others))
    #expect(try scene.run(under: killer).code == -Int(SIGKILL))
    let directory = RunDirectory(scene.stage.directory(".osbatch/manifest.yaml"))
    let identity = try #require(try Journal.facts(in: directory).run?.id)
    #expect(try scene.stage.start(["run", "manifest.yaml"]).wait().code == 0)
    #expect(try Journal.facts(in: directory).run?.id == identity)
    try scene.finish()
  }

  /// The kernel takes for written what it could not write: such records must not be there for the next run, neither an outcome nor,
  /// as it is written with the last of them, the run's end.
  @Test func aRunWhoseFlushFailsGoesOnAsItselfFromWhatIsDurable() throws {
    var number = 1
    while true {
      let scene = try CrashScene(small: 1, partCounts: [])
      let refuser = Strace.command("fdatasync:error=EIO:when=\(number)", on: scene.paths(.others))
      let run = try Outcome(scene.run(under: refuser))
      let directory = RunDirectory(scene.stage.directory(".osbatch/manifest.yaml"))
      let facts = try Journal.facts(in: directory)
      guard run.code != 0 else {
        #expect(facts.exitCode == 0)
        break
      }
      #expect(run["done"] == 0)
      #expect(facts.exitCode == nil, "after flush \(number)")
      #expect(facts.doneCount == 0, "after flush \(number)")
      let identity = try #require(facts.run?.id)
      #expect(try scene.stage.start(["run", "manifest.yaml"]).wait().code == 0)
      #expect(try Journal.facts(in: directory).run?.id == identity)
      try scene.finish()
      number += 1
    }
    #expect(number > 1, "nothing was flushed")
  }

  /// Nor is what a killed run wrote taken for durable when the kernel says once that it could not write it.
  @Test func aJournalThatCannotBeFlushedIsWrittenAnew() throws {
    let scene = try CrashScene(small: 4, partCounts: [3])
    try scene.prepare(.journal)
    let journal = scene.stage.directory(".osbatch/manifest.yaml/journal")
    let before = try FileManager.default.attributesOfItem(atPath: journal)[.systemFileNumber]
    let paths = scene.paths(.others).filter { $0.hasSuffix("/journal") }
    let refuser = Strace.command("fsync:error=EIO:when=1", on: paths)
    #expect(try Outcome(scene.run(under: refuser)).code == 0)
    let after = try FileManager.default.attributesOfItem(atPath: journal)[.systemFileNumber]
    #expect(try #require(before as? Int) != #require(after as? Int))
    try scene.finish()
  }

  @Test(arguments: Meddling.calls, ["EIO", "ENOSPC", "EROFS"])
  func aCallThatFailsStopsTheRun(call: String, error: String) throws {
    var refusals = 0
    for before in Meddling.Before.allCases {
      for files in Meddling.Files.allCases {
        for number in 1...2 {
          let scene = try CrashScene(small: 4, partCounts: [3])
          try scene.prepare(before)
          let refuser = "\(call):error=\(error):when=\(number)"
          let run = try Outcome(scene.run(under: Strace.command(refuser, on: scene.paths(files))))
          if run.code != 0 {
            refusals += 1
            #expect(run.code == 4 || run.code == 5, "\(run.errors)")
            #expect(run.state == "failed")
            #expect(run["failed"] == 0, "no entry is to blame")
            #expect(run.errors.contains(" .osbatch/manifest.yaml"), "\(run.errors)")
            #expect(run.errors.contains(Meddling.reasons[error] ?? "?"), "\(run.errors)")
          }
          try scene.finish()
        }
      }
    }
    #expect(refusals > 0, "\(call) was never refused")
  }
}

/// What is done to the calls on the files of a scene's state.
enum Meddling {
  /// What there is when the run begins.
  enum Before: CaseIterable { case nothing, journal, wasteful }

  enum Files: CaseIterable { case lock, others }

  static let calls = ["fdatasync", "fsync", "write", "rename", "unlink", "openat", "ftruncate"]
  static let reasons = [
    "EIO": "Input/output error", "ENOSPC": "No space left on device",
    // What a file system answers that was remounted read-only after an error, in the middle of a run.
    "EROFS": "Read-only file system",
  ]
}

extension CrashScene {
  fileprivate func prepare(_ before: Meddling.Before) throws {
    switch before {
    case .nothing: break
    case .journal: try makeJournal()
    case .wasteful: try makeJournalWasteful()
    }
  }

  /// The files that a run may have in its state.
  fileprivate func paths(_ files: Meddling.Files) -> [String] {
    let state = ".osbatch/manifest.yaml"
    let uploads = sources.keys.filter { $0.hasPrefix("large") }.map { key in
      "checkpoints/\(checkpointName(of: key))"
    }
    let names = files == .lock ? ["lock"] : ["journal", "journal.new", "checkpoints"] + uploads
    let paths = names.map { "\(state)/\($0)" } + (files == .lock ? [] : [state])
    // A call names its file as the program does, a descriptor's file as the kernel does.
    let directory = URL(fileURLWithPath: stage.directory.path).standardizedFileURL.path
    return paths + paths.map { "\(directory)/\($0)" }
  }
  private func checkpointName(of key: String) -> String {
    let identity = EntryIdentity(
      realm: "127.0.0.1:\(stage.server.port)", bucket: "bucket", key: key)
    return [identity.high, identity.low].map { half in
      let digits = String(half, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
