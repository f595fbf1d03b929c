import BatchCore
import Foundation
import RunStore
import TestKit
import Testing

/// Killed, or refused, at each system call by which the state is written. strace does it.
@Suite(.enabled(if: Strace.isUsable, "strace is not installed, or may not trace"))
struct SystemCallTests {
  @Test(arguments: Meddling.calls, [false, true])
  func killedAtEachCallItContinues(call: String, compacting: Bool) throws {
    var number = 1
    while true {
      let scene = try CrashScene(small: 4, partCounts: [3])
      if compacting { try scene.makeJournalWasteful() }
      let killer = Strace.command("\(call):signal=KILL:when=\(number)", on: scene.stateFiles)
      let end = try scene.run(under: killer)
      guard end.code == -Int(SIGKILL) else {
        #expect(end.code == 0, "\(end.errors)")
        break
      }
      try scene.finish()
      number += 1
    }
    #expect(number > 1, "\(call) was never met")
  }

  @Test(
    arguments: ["fdatasync", "write", "openat", "unlink", "fsync", "ftruncate", "rename"],
    ["EIO", "ENOSPC", "EROFS"])
  func aCallThatFailsStopsTheRun(call: String, error: String) throws {
    var refusals = 0
    for number in 1...2 {
      let scene = try CrashScene(small: 4, partCounts: [3])
      let end = try scene.run(
        under: Strace.command("\(call):error=\(error):when=\(number)", on: scene.stateFiles))
      let run = try Outcome(end)
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
    #expect(refusals > 0, "\(call) was never refused")
  }
}

/// What is done to the calls on the files of a scene's state.
private enum Meddling {
  static let calls = ["fdatasync", "fsync", "write", "rename", "unlink", "openat", "ftruncate"]
  static let reasons = [
    "EIO": "Input/output error", "ENOSPC": "No space left on device",
    // What a file system answers that was remounted read-only after an error, in the middle of a run.
    "EROFS": "Read-only file system",
  ]
}

extension CrashScene {
  /// All files that a run may have in its state.
  fileprivate var stateFiles: [String] {
    let state = ".osbatch/manifest.yaml"
    let uploads = sources.keys.filter { $0.hasPrefix("large") }.map { key in
      "\(state)/checkpoints/\(checkpointName(of: key))"
    }
    let names =
      ["journal", "journal.new", "lock", "checkpoints"].map { "\(state)/\($0)" } + [state] + uploads
    // A call names its file as the program does, a descriptor's file as the kernel does.
    let directory = URL(fileURLWithPath: stage.directory.path).standardizedFileURL.path
    return names + names.map { "\(directory)/\($0)" }
  }

  private func checkpointName(of key: String) -> String {
    let identity = EntryIdentity(realm: "127.0.0.1", bucket: "bucket", key: key)
    return [identity.high, identity.low].map { half in
      let digits = String(half, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
