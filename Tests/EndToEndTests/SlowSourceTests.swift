import Foundation
import TestKit
import Testing

/// Sources whose file system is slow, or does not answer, hold up nobody else.
@Suite(.enabled(if: SlowFiles.canMount, SlowFiles.needs), .timeLimit(.minutes(10)))
struct SlowSourceTests {
  private let stage: Stage
  private let sources: TemporaryDirectory
  private static let length = 3 * Stage.partSize

  init() throws {
    stage = try Stage()
    sources = try TemporaryDirectory()
  }

  /// A manifest with files of the slow file system, then some of the stage's own.
  private func manifest(
    _ slow: SlowFiles, _ names: [String], fast: Int, concurrency: Int, settings: String = ""
  ) throws {
    var entries = names.map { "  - {file: \(slow($0)), key: \($0)\(settings)}" }
    for index in 0..<fast {
      try stage.directory.write("fast-\(index)", content(150_000 + index, seed: 7))
      entries.append("  - {file: fast-\(index), key: fast-\(index), multipart_threshold: 1MiB}")
    }
    try stage.manifest(entries.joined(separator: "\n"), concurrency: concurrency)
  }

  private func waitForFast(_ count: Int) throws {
    try stage.server.wait(for: "everything from the fast disk") { log in
      Set(log.filter { $0.key.hasPrefix("fast-") && $0.status == 200 }.map(\.key)).count == count
    }
  }

  /// Bodies of both event loops hang, and a thread that opens files; what comes from another disk is
  /// stored nevertheless, and the rest when it is released.
  @Test func whatHangsHoldsUpNoOtherDisk() throws {
    let names = (0..<6).map { "hung-\($0)" }
    for name in names { try sources.write(name, content(Self.length)) }
    let held = ["read:hung-0", "read:hung-1", "open:hung-2"]
    let slow = try SlowFiles(sources, held)
    try manifest(slow, names, fast: 20, concurrency: 12, settings: ", multipart_threshold: 1MiB")
    let process = try stage.startRun()
    try slow.waitUntilHeld(Set(held))
    try waitForFast(20)
    slow.release()
    let run = try Outcome(process.wait())
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["done"] == 26)
    for name in names { try stage.expectStored(name, content(Self.length)) }
  }

  /// Its parts would go first, for it is the largest by far, and there are more of them than connections.
  @Test func aLargeFileThatHangsHoldsNoConnection() throws {
    let bytes = try sources.write("large", content(20 * Stage.partSize))
    let slow = try SlowFiles(sources, ["read:large"])
    try manifest(slow, ["large"], fast: 20, concurrency: 2)
    let process = try stage.startRun()
    try slow.waitUntilHeld(["read:large"])
    try waitForFast(20)
    slow.release()
    let run = try Outcome(process.wait())
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["done"] == 21)
    try stage.expectStored("large", bytes)
  }

  /// Whatever is done with them, and then they fail by themselves.
  @Test(arguments: ["read", "open", "lookup"])
  func filesThatGiveNothingFail(held: String) throws {
    try sources.write("large", content(4 * Stage.partSize))
    try sources.write("small", content(1_000))
    let slow = try SlowFiles(sources, ["\(held):large", "\(held):small"])
    try manifest(slow, ["large", "small"], fast: 5, concurrency: 2)
    let run = try stage.run("--stall-timeout", "3s", environment: Child.withoutLeakCheck)
    try expectStalled(run, 2)
    #expect(run["done"] == 5)
    slow.release()
    let again = try stage.run()
    #expect(again.code == 0, "\(again.errors)")
    #expect(again["unchanged"] == 5)
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  /// Its bytes are to be compared with what is on record, since it is reached by another path.
  @Test func aFileThatHangsWhileItIsComparedFails() throws {
    try sources.write("moved", content(Self.length))
    let before = try SlowFiles(sources, [])
    try manifest(before, ["moved"], fast: 1, concurrency: 2)
    #expect(try stage.run().code == 0)
    before.release()
    let slow = try SlowFiles(sources, ["read:moved"])
    try manifest(slow, ["moved"], fast: 1, concurrency: 2)
    let run = try stage.run("--stall-timeout", "3s", environment: Child.withoutLeakCheck)
    try expectStalled(run, 1)
    slow.release()
    let again = try stage.run()
    #expect(again.code == 0, "\(again.errors)")
    #expect(again["unchanged"] == 2, "what is on record has stayed")
  }

  /// It is stored by then: what is on record of the object before may not be believed any more.
  @Test(arguments: [100_000, 10_000])
  func aFileThatHangsWhenItIsLookedAtAgainFailsAndIsSentAgain(size: Int) throws {
    let first = try sources.write("file", content(size))
    let before = try SlowFiles(sources, [])
    try manifest(before, ["file"], fast: 0, concurrency: 2)
    #expect(try stage.run().code == 0)
    before.release()

    try sources.write("file", content(size - 1_000, seed: 2))
    let slow = try SlowFiles(sources, ["relookup:file"])
    try manifest(slow, ["file"], fast: 0, concurrency: 2)
    // What the kernel knows of a file is good for a second.
    try stage.server.fault("put key=file delay=2500")
    let run = try stage.run("--stall-timeout", "3s", environment: Child.withoutLeakCheck)
    try expectStalled(run, 1)
    slow.release()

    try sources.write("file", first)
    let again = try stage.run()
    #expect(again.code == 0, "\(again.errors)")
    #expect(again["done"] == 1)
    try stage.expectStored("file", first)
  }

  /// The file is in memory, and nobody else waits for the way to it.
  @Test func aPathThatHangsFailsItsEntryAlone() throws {
    let memory = try TemporaryDirectory(in: "/dev/shm")
    try memory.write("file", content(1_000))
    try sources.write("way/here", [1])
    let slow = try SlowFiles(sources, ["relookup:way"])
    let back = String(repeating: "../", count: slow("way").count { $0 == "/" })
    try manifest(slow, ["way/\(back)\(memory("file").dropFirst())"], fast: 0, concurrency: 2)
    // What the kernel knows of a directory is good for a second.
    try stage.server.fault("put delay=2500")
    let run = try stage.run("--stall-timeout", "3s", environment: Child.withoutLeakCheck)
    try expectStalled(run, 1)
    slow.release()
  }

  private func expectStalled(_ run: Outcome, _ count: Int) throws {
    #expect(run.code == 1, "\(run.errors)")
    let errors = run.events("failed").compactMap { $0.text("error") }
    #expect(errors.count == count, "\(errors)")
    for error in errors {
      #expect(error.hasSuffix("its file system has not answered for 3 s"), "\(error)")
    }
  }

  /// A slow file in parts arrives as it is, also when the kernel has it in memory the second time.
  @Test func aSlowFileArrivesExactly() throws {
    let bytes = try sources.write("slow", content(40 * Stage.partSize + 12_345))
    let slow = try SlowFiles(sources, [])
    try manifest(slow, ["slow"], fast: 0, concurrency: 4)
    for option in ["--new-run", "--force"] {
      let run = try stage.run(option)
      #expect(run.code == 0, "\(run.errors)")
      #expect(run["parts_sent"] == 41)
      try stage.expectStored("slow", bytes)
    }
  }

  /// Two signals end a run although sources hang in every way; it says where, and its state continues.
  @Test(arguments: ["read:hung", "open:hung", "lookup:hung"])
  func aRunThatIsStoppedDoesNotWaitForIt(held: String) throws {
    let bytes = try sources.write("hung", content(Self.length))
    let slow = try SlowFiles(sources, [held])
    try manifest(slow, ["hung"], fast: 3, concurrency: 8)
    let process = try stage.start(
      ["run", "manifest.yaml", "--json"], environment: Child.withoutLeakCheck)
    try slow.waitUntilHeld([held])
    try waitForFast(3)
    process.signal(SIGTERM)
    process.signal(SIGTERM)
    let run = try Outcome(process.wait())
    #expect(run.code == 143, "\(run.errors)")
    #expect(run.state == "stopped")
    #expect(run["done"] == 3)
    #expect(run["not_run"] == 1)
    #expect(
      run.events("warning").contains {
        $0.text("message")?.hasPrefix("\(slow("hung")): its file system does not answer") == true
      }, "\(run.errors)")
    slow.release()
    let again = try stage.run()
    #expect(again.code == 0, "\(again.errors)")
    #expect(again["unchanged"] == 3)
    try stage.expectStored("hung", bytes)
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  @Test func aLimitOfTimeDoesNotWaitForIt() throws {
    try sources.write("hung", content(1_000))
    let slow = try SlowFiles(sources, ["open:hung"])
    try manifest(slow, ["hung"], fast: 1, concurrency: 4)
    let run = try stage.run("--max-duration", "1s")
    #expect(run.code == 5, "\(run.errors)")
    #expect(run["done"] == 1)
    #expect(run["not_run"] == 1)
  }
}
