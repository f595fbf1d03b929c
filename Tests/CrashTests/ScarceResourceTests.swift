import Foundation
import TestKit
import Testing

/// A state directory, or a process, that has too little of something.
@Suite struct ScarceResourceTests {
  private static let isRoot: Bool = {
    guard geteuid() == 0, let directory = try? TemporaryDirectory() else { return false }
    return (try? SmallDisk(at: directory("disk"), "size=64k")) != nil
  }()

  @Test(.enabled(if: isRoot, "mounting needs root"), arguments: [8, 12, 16, 24])
  func aFullDiskStopsTheRunAndMoreRoomContinuesIt(kibibytes: Int) throws {
    let scene = try CrashScene(small: 250, partCounts: [3, 4])
    let disk = try SmallDisk(at: scene.stage.directory("state"), "size=\(kibibytes)k")
    try expectStopped(scene, "No space left on device")
    try disk.remount("size=4m")
    try scene.finish("--state-dir", "state")
  }

  @Test(.enabled(if: isRoot, "mounting needs root"), arguments: 2...5)
  func tooFewInodesStopTheRunAndMoreContinueIt(inodes: Int) throws {
    let scene = try CrashScene(small: 10, partCounts: [3, 4, 5])
    let disk = try SmallDisk(at: scene.stage.directory("state"), "size=1m,nr_inodes=\(inodes)")
    try expectStopped(scene, "No space left on device")
    try disk.remount("size=1m,nr_inodes=100")
    try scene.finish("--state-dir", "state")
  }

  @Test(.enabled(if: isRoot, "mounting needs root"))
  func aReadOnlyStateIsRefusedAtTheStart() throws {
    let scene = try CrashScene(small: 10, partCounts: [3])
    let disk = try SmallDisk(at: scene.stage.directory("state"), "size=1m")
    #expect(try scene.kill(at: .request(5, hasEffect: true), "--state-dir", "state"))
    try disk.remount("ro")
    try expectStopped(scene, "Read-only file system", code: 4)
    try disk.remount("rw")
    try scene.finish("--state-dir", "state")
  }

  /// `ulimit -f` counts blocks of 1,024 bytes.
  @Test(arguments: [2, 4, 8]) func aLimitOfFileSizesStopsTheRun(kibibytes: Int) throws {
    let scene = try CrashScene(small: 250, partCounts: [3, 4])
    // Only of the run: what it says goes into a file of the test.
    let script = "set -o pipefail; (ulimit -f \(kibibytes); exec \"$0\" \"$@\") | cat"
    let limited = ["/bin/bash", "-c", script]
    try expectStopped(scene, "File too large", under: limited)
    try scene.finish("--state-dir", "state")
  }

  private func expectStopped(
    _ scene: CrashScene, _ reason: String, code: Int? = nil, under program: [String] = []
  ) throws {
    let run = try Outcome(scene.run(under: program, "--state-dir", "state"))
    #expect(run.code == 4 || run.code == 5)
    if let code { #expect(run.code == code) }
    #expect(run["failed"] == 0, "no entry is to blame")
    #expect(run.errors.contains(reason), "\(run.errors)")
    #expect(run.errors.contains("state/") || run.errors.contains(" state:"), "\(run.errors)")
  }

  @Test(arguments: [32, 48, 64])
  func fewDescriptorsMakeTheRunSmaller(limit: Int) throws {
    let scene = try CrashScene(small: 60, partCounts: [5, 6, 7, 8, 9, 10, 11, 12])
    let run = try Outcome(scene.run(under: Self.descriptors(limit), "-j", "40"))
    #expect(run.code == 0, "\(run.errors) \(run.events("failed"))")
    let warning = try #require(run.events("warning").first?.text("message"))
    #expect(warning.contains("only \(limit) files"))
    #expect(warning.contains("ulimit -n"))
    #expect(try scene.stage.server.statistics().max_requests < 40)
    try scene.finish()
  }

  @Test func tooFewDescriptorsForAnyRequestAreRefused() throws {
    let scene = try CrashScene(small: 3, partCounts: [])
    let run = try Outcome(scene.run(under: Self.descriptors(16)))
    #expect(run.code == 4)
    #expect(run["not_run"] == 3)
    #expect(run.errors.contains("only 16 files"), "\(run.errors)")
    #expect(run.errors.contains("ulimit -n"))
    try scene.finish()
  }

  private static func descriptors(_ limit: Int) -> [String] {
    Stage.withoutOtherDescriptors(running: "ulimit -n \(limit)")
  }
}

/// A file system of its own in memory, of the size that a test wants.
private final class SmallDisk {
  private let path: String

  init(at path: String, _ options: String) throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Self.call("mount", "-t", "tmpfs", "-o", "mode=0700,\(options)", "tmpfs", path)
  }

  deinit { try? Self.call("umount", "--lazy", path) }

  func remount(_ options: String) throws {
    try Self.call("mount", "-o", "remount,\(options)", path)
  }

  private static func call(_ words: String...) throws {
    let end = try Child(
      words[0], Array(words.dropFirst()), environment: ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin"],
      directory: "/"
    ).wait()
    guard end.code == 0 else { throw Problem(end.errors) }
  }
}
