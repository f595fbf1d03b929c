import Foundation
import TestKit
import Testing

/// What a terminal and its user do to a run besides interrupting it.
@Suite struct TerminalTests {
  /// Runs a command on a terminal of its own, which is closed as soon as the file `close` is there.
  private static let onTerminal = """
    import os, pty, select, sys, time
    process, terminal = pty.fork()
    if process == 0:
        os.execvp(sys.argv[1], sys.argv[1:])
    while not os.path.exists("close"):
        if select.select([terminal], [], [], 0.01)[0]:
            os.read(terminal, 65536)
    os.close(terminal)
    open("closed", "w").close()
    _, status = os.waitpid(process, 0)
    print(os.waitstatus_to_exitcode(status))
    """

  @Test(arguments: [[], ["--json"], ["--progress", "tty"]])
  func aClosedTerminalStopsTheRunCleanly(options: [String]) throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 6, concurrency: 1)
    try stage.server.fault("part skip=2 always hold")
    let run = try stage.start(
      ["run", "manifest.yaml"] + options, under: ["python3", "-c", Self.onTerminal])
    try stage.server.waitUntilHeld(1)
    try stage.directory.write("close", [])
    try eventually("it is closed") { try stage.directory.names(in: ".").contains("closed") }
    try stage.server.letGo()
    let end = try run.wait()
    #expect(end.output == "130\n", "\(end.output) \(end.errors)")
    try stage.server.clearFaults()
    let again = try stage.run()
    #expect(again.code == 0)
    #expect(again["parts_kept"] >= 3)
    try stage.expectStored("large", bytes)
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  /// (Of the run's own streams none is the terminal; the shell leaves it a further one, so that it is there until it is closed.)
  @Test func aClosedTerminalDoesNotStopARunUnderNohup() throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 6, concurrency: 1)
    try stage.server.fault("part skip=2 hold")
    let run = try stage.start(
      ["run", "manifest.yaml"],
      under: ["python3", "-c", Self.onTerminal, "sh", "-c", "exec nohup \"$@\" 3<&0", "sh"])
    try stage.server.waitUntilHeld(1)
    try stage.directory.write("close", [])
    try eventually("it is closed") { try stage.directory.names(in: ".").contains("closed") }
    try stage.server.letGo()
    let end = try run.wait()
    #expect(end.output == "0\n", "\(end.output) \(end.errors)")
    try stage.expectStored("large", bytes)
  }

  /// Runs a command on a terminal of its own, and keeps all that it shows there in the file `screen`.
  private static let watched = """
    import os, pty, sys
    process, terminal = pty.fork()
    if process == 0:
        os.execvp(sys.argv[1], sys.argv[1:])
    with open("screen", "wb", buffering=0) as screen:
        try:
            while seen := os.read(terminal, 65536):
                screen.write(seen)
        except OSError:
            pass
    _, status = os.waitpid(process, 0)
    print(os.waitstatus_to_exitcode(status))
    """

  /// How far the run is, with what is under way of a request that has no answer yet, and which objects are being sent.
  @Test func aTerminalShowsWhatIsGoingOn() throws {
    let stage = try Stage()
    try stage.large(parts: 4, concurrency: 2)
    try stage.directory.write("whole", content(300 << 10))
    try stage.manifest(
      """
        - {file: whole, key: "whole\\e[31m", priority: 1, multipart_threshold: 1MiB, retries: 0}
        - {file: large, key: large, part_size: 100KiB, multipart_threshold: 100KiB}
      """, concurrency: 2)
    try stage.server.fault("part part=4 stall")
    try stage.server.fault("put stall")
    try stage.directory.write("screen", [])
    let run = try stage.start(
      ["run", "manifest.yaml", "--progress", "tty"], under: ["python3", "-c", Self.watched])
    var screen = ""
    try eventually("all but two requests are answered") {
      screen = String(decoding: try stage.directory.read("screen"), as: UTF8.self)
      return screen.contains("3 of 4 parts, 399.0 KiB  large")
        && screen.contains("699.0 KiB of 699.0 KiB")
    }
    #expect(screen.contains("[####################] 100%, 699.0 KiB of 699.0 KiB"))
    #expect(screen.contains("  300.0 KiB  whole\\u{1b}[31m"))
    #expect(screen.contains("0 of 2 entries, 2 in flight"))
    #expect(!screen.contains("\u{1B}[31m"))
    run.signal(SIGKILL)
    _ = try run.wait()
  }

  @Test func aRunThatWasStoppedAndContinuedGoesOn() throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 6, concurrency: 2)
    try stage.server.fault("part part=3 always hold")
    let process = try stage.startRun()
    try stage.server.waitUntilHeld(1)
    process.signal(SIGSTOP)
    try eventually("it is stopped") { try stage.state(of: process) == "T" }
    let status = try stage.command("status", "manifest.yaml")
    #expect(status.code == 0)
    #expect(status.output.contains("running: "))
    #expect(try stage.command("run", "manifest.yaml").code == 11)
    process.signal(SIGCONT)
    try stage.server.clearFaults()
    let run = try Outcome(process.wait())
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["parts_sent"] == 6)
    try stage.expectStored("large", bytes)
  }
}

extension Stage {
  /// The letter of a process's state in /proc.
  fileprivate func state(of child: Child) throws -> String? {
    let text = try String(contentsOfFile: "/proc/\(child.process)/stat", encoding: .utf8)
    return text.split(separator: ")").last?.split(separator: " ").first.map(String.init)
  }
}
