import Foundation
import TestKit
import Testing

/// Credentials that expire while they are in use: requests wait for newer ones, and no entry fails.
@Suite struct ExpiringCredentialTests {
  /// A stage whose profile runs a command: it prints what `issued` says, or fails while there is no
  /// such file. With a lifetime it prints another key each time. It leaves a line in `calls`, and what
  /// its descriptors are open for in `descriptors`.
  private func stage(lifetime: Int? = nil) throws -> Stage {
    let stage = try Stage()
    var script = """
      cd '\(stage.directory.path)'; echo call >> calls; for f in /proc/$$/fd/*; do readlink $f; done >> descriptors
      read -r id secret token < issued || exit 7

      """
    var expiration = ""
    if let lifetime {
      script += "n=$(wc -l < calls); id=STS.key-$n; secret=secret-$n; token=token-$n\n"
      script += "end=$(date -u -d '+\(lifetime) seconds' +%Y-%m-%dT%H:%M:%SZ)\n"
      expiration = #","Expiration":"'$end'""#
    }
    script +=
      #"printf '%s' '{"AccessKeyId":"'$id'","AccessKeySecret":"'$secret'","#
      + #""SecurityToken":"'$token'""# + expiration + "}'\n"
    try stage.home.write("issue", Array(script.utf8))
    try stage.home.write(
      ".ossutilconfig",
      Array("[default]\nmode = Process\ncredential-process = sh \(stage.home("issue"))\n".utf8))
    try issue(1, stage)
    return stage
  }

  /// From now on the server accepts, and the command prints, these and no others.
  private func issue(_ number: Int, _ stage: Stage) throws {
    try print(number, stage)
    try stage.server.accept(Self.key(number))
  }

  /// From now on the command prints these. It may be running: it never sees half of them.
  private func print(_ number: Int, _ stage: Stage) throws {
    try stage.directory.write("next", Array("\(Self.key(number))\n".utf8))
    guard rename(stage.directory("next"), stage.directory("issued")) == 0 else {
      throw Problem("cannot replace what is issued: errno \(errno)")
    }
  }

  private static func key(_ number: Int) -> String {
    "STS.key-\(number) secret-\(number) token-\(number)"
  }

  private func calls(_ stage: Stage) throws -> Int {
    guard FileManager.default.fileExists(atPath: stage.directory("calls")) else { return 0 }
    return try stage.directory.read("calls").count { $0 == UInt8(ascii: "\n") }
  }

  private func start(_ stage: Stage) throws -> Child {
    try stage.start(["run", "manifest.yaml", "--json"], credentials: [:])
  }

  @Test func aTokenThatExpiresInTheMiddleCostsOneRetryAndNoEntry() throws {
    let stage = try stage()
    let bytes = try stage.large(parts: 12, concurrency: 3)
    try stage.server.fault("part skip=3 always hold")
    let process = try start(stage)
    for number in [2, 3] {
      try stage.server.waitUntilHeld(3)
      try issue(number, stage)
      try stage.server.letGo()
    }
    try stage.server.waitUntilHeld(3)
    try stage.server.clearFaults()
    let run = try Outcome(process.wait())
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["failed"] == 0)
    #expect(run["done"] == 1)
    try stage.expectStored("large", bytes)
    let log = try stage.server.log()
    let stored = log.filter { $0.operation == "part" && $0.status == 200 }.compactMap(\.part)
    #expect(stored.sorted() == Array(1...12), "no part is sent again that was there")
    let refused = log.count { $0.status == 403 }
    #expect((1...6).contains(refused), "at most what was in flight, twice: \(refused)")
    #expect(try calls(stage) == 3)
    #expect(log.count { $0.operation == "initiate" } == 1)
    let descriptors = String(decoding: try stage.directory.read("descriptors"), as: UTF8.self)
    #expect(
      !["socket:", "anon_inode:", ".osbatch", "/large"].contains { descriptors.contains($0) },
      "the journal, sockets and sources stay with osbatch: \(descriptors)")
  }

  @Test func theyAreRenewedBeforeTheyExpire() throws {
    let stage = try stage(lifetime: 3)
    try stage.small(30, concurrency: 1)
    try stage.server.accept((1...200).map { Self.key($0) }.joined(separator: "\n"))
    try stage.server.fault("put always delay=200")
    let process = try start(stage)
    try eventually("two renewals") { try calls(stage) >= 3 }
    #expect(!process.hasEnded)
    try stage.server.clearFaults()
    let run = try Outcome(process.wait())
    #expect(run.code == 0)
    #expect(run.events("warning").isEmpty, "\(run.events("warning"))")
    #expect(try stage.server.log().allSatisfy { $0.status == 200 })
  }

  /// Before the old ones are refused, and with one question however many signals come.
  @Test func aSignalMakesTheRunReadThemAgain() throws {
    let stage = try stage()
    try stage.small(1_000, concurrency: 2)
    try stage.server.accept(Self.key(1), Self.key(2))
    try stage.server.fault("put always delay=100")
    let process = try start(stage)
    try stage.server.wait(for: "some requests") { $0.count >= 4 }
    #expect(try calls(stage) == 1)
    process.signal(SIGHUP)
    try eventually("they are the same") { try calls(stage) == 2 }
    try print(2, stage)
    for _ in 0..<20 { process.signal(SIGHUP) }
    try eventually("the new ones are there") { try calls(stage) >= 3 }
    let asked = try stage.server.log().count
    try stage.server.wait(for: "requests with the new ones") { $0.count >= asked + 40 }
    try stage.server.accept(Self.key(2))
    try stage.server.clearFaults()
    let run = try Outcome(process.wait())
    #expect(run.code == 0, "\(run.errors)")
    #expect(try stage.server.log().allSatisfy { $0.status == 200 }, "none was refused")
    #expect(try calls(stage) < 22, "one question at a time")
    let messages = run.events("warning").compactMap { $0.text("message") }
    #expect(messages.contains("SIGHUP: newer credentials are in use from now on"), "\(messages)")
  }

  @Test func theRunWaitsUntilTheSourceIsBack() throws {
    let stage = try stage()
    try stage.small(20, concurrency: 2)
    try stage.server.fault("put skip=4 times=2 hold")
    let process = try start(stage)
    try stage.server.waitUntilHeld(2)
    try stage.directory.remove("issued")
    try stage.server.accept(Self.key(2))
    try stage.server.letGo()
    try eventually("the command has failed twice") { try calls(stage) >= 3 }
    let refusedThen = try stage.server.log().count { $0.status == 403 }
    try issue(2, stage)
    let run = try Outcome(process.wait())
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["done"] == 20)
    let messages = run.events("warning").compactMap { $0.text("message") }
    #expect(messages.first?.hasPrefix("the credentials have expired") == true)
    let words = ["profile default: credential-process failed with exit code 7", "next try in 2 s"]
    for word in words { #expect(messages.count { $0.contains(word) } == 1, "\(messages)") }
    let refused = try stage.server.log().count { $0.status == 403 }
    #expect(refused == refusedThen, "while it waits it asks nothing of the service")
  }

  @Test func withoutNewerOnesItStopsAfterAMinuteAndCanGoOn() throws {
    let stage = try stage()
    try stage.small(20, concurrency: 2)
    try stage.server.fault("put skip=4 times=2 hold")
    let process = try start(stage)
    try stage.server.waitUntilHeld(2)
    try stage.server.accept(Self.key(2))
    try stage.server.letGo()
    let run = try Outcome(process.wait(seconds: 120))
    #expect(run.code == 5)
    #expect(run["failed"] == 0)
    #expect(run["not_run"] > 0)
    #expect(run.errors.contains("no newer ones came within 60 s (profile default: it still gives"))
    let done = run["done"]
    try issue(2, stage)
    let rest = try Outcome(start(stage).wait())
    #expect(rest.code == 0)
    #expect(rest["unchanged"] == done)
    #expect(rest["done"] == 20 - done)
  }

  @Test func verifyAndAbortAskForNewerOnesToo() throws {
    let stage = try stage()
    try stage.small(30, concurrency: 1)
    #expect(try Outcome(start(stage).wait()).code == 0)
    try stage.server.clearLog()
    try stage.server.fault("head skip=4 hold")
    let verify = try stage.start(["verify", "manifest.yaml"], credentials: [:])
    try stage.server.waitUntilHeld(1)
    try issue(2, stage)
    try stage.server.letGo()
    let end = try verify.wait()
    #expect(end.code == 0, "\(end.errors)")
    #expect(end.output.hasPrefix("30 verified"))
    #expect(try stage.server.log().count { $0.status == 403 } == 1)
  }

  @Test func aCommandUnderWayDoesNotHoldUpTheEnd() throws {
    let stage = try stage()
    try stage.small(4, concurrency: 1)
    try stage.server.fault("put hold")
    let process = try start(stage)
    try stage.server.waitUntilHeld(1)
    try stage.home.write("issue", Array("echo $$ > '\(stage.directory("pid"))'; sleep 600\n".utf8))
    try stage.server.accept(Self.key(2))
    try stage.server.letGo()
    try eventually("the command is under way") {
      FileManager.default.fileExists(atPath: stage.directory("pid"))
    }
    process.signal(SIGTERM)
    let run = try Outcome(process.wait(seconds: 10))
    #expect(run.code == 143)
    #expect(run["failed"] == 0)
    let text = String(decoding: try stage.directory.read("pid"), as: UTF8.self)
    let pid = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    // (What is dead and not yet waited for has no command line any more.)
    try eventually("the command has ended with the run") {
      let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline")
      return line?.isEmpty != false
    }
  }
}
