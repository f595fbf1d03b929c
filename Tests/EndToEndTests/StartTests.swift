import Foundation
import TestKit
import Testing

/// What keeps a run, or an entry, from beginning.
@Suite struct StartTests {
  @Test func withoutCredentialsNothingBegins() throws {
    let stage = try Stage()
    try stage.small(2)
    let run = try stage.run(credentials: [:])
    #expect(run.code == 4)
    #expect(run.state == "failed")
    #expect(run["not_run"] == 2)
    #expect(run.errors.contains("OSS_ACCESS_KEY_ID"))
    #expect(try stage.server.log().isEmpty)
  }

  @Test func aMissingFileOfRootsIsNamedBeforeAnythingIsSent() throws {
    let stage = try Stage()
    try stage.directory.write("file", [1])
    try stage.manifest("  - {file: file, key: key}", target: "ca_file: roots.pem")
    let run = try stage.run()
    #expect(run.code == 4)
    #expect(run.state == "failed")
    #expect(run.errors.contains("ca_file"))
    #expect(run.errors.contains("roots.pem: No such file"))
    #expect(try stage.server.log().isEmpty)
  }

  @Test(arguments: ["empty.pem", "wrong.pem", "folder"])
  func aFileWithoutRootsIsNamedAndTheServiceIsNot(name: String) throws {
    let stage = try Stage()
    try stage.directory.write("file", [1])
    try stage.directory.write("empty.pem", [])
    let wrong = "-----BEGIN CERTIFICATE-----\nxxxx\n-----END CERTIFICATE-----\n"
    try stage.directory.write("wrong.pem", Array(wrong.utf8))
    try stage.directory.write("folder/file", [1])
    let endpoint = stage.server.endpoint.replacingOccurrences(of: "http:", with: "https:")
    try stage.manifest(
      "  - {file: file, key: key}", target: "ca_file: \(name)", endpoint: endpoint)
    let run = try stage.run()
    #expect(run.code == 4)
    #expect(run.state == "failed")
    #expect(run["not_run"] == 1)
    #expect(run["retries"] == 0)
    #expect(run.errors.contains("cannot start: ca_file (target of line "), "\(run.errors)")
    #expect(run.errors.contains("certificate file: \(name)"), "\(run.errors)")
    #expect(!run.errors.contains("refuses"))
    #expect(try stage.server.log().isEmpty)
  }

  @Test func theStateDirectoryMustBeWritable() throws {
    let stage = try Stage()
    try stage.small(2)
    try stage.directory.write("in-the-way", [])
    for place in ["in-the-way/state", "/proc/no-such-place"] {
      let run = try stage.run("--state-dir", place)
      #expect(run.code == 4)
      #expect(run.state == "failed")
      #expect(run.errors.contains(place.split(separator: "/")[0]), "\(run.errors)")
    }
    #expect(try stage.server.log().isEmpty)
  }

  @Test func aSourceThatCannotBeReadFailsItsEntryOnly() throws {
    let stage = try Stage()
    try stage.directory.write("good", [1])
    try stage.directory.write("directory/file", [1])
    #expect(mkfifo(stage.directory("pipe"), 0o600) == 0)
    let reasons = [
      "missing": "No such file", "directory": "is a directory", "pipe": "is a pipe",
      "good/below": "Not a directory",
    ]
    let entries = (["good"] + reasons.keys).map { "  - {file: \($0), key: '\($0)'}" }
    try stage.manifest(entries.joined(separator: "\n"))
    let run = try stage.run()
    #expect(run.code == 1)
    #expect(run.state == "partial")
    #expect(run["done"] == 1)
    #expect(run["failed"] == reasons.count)
    for (key, reason) in reasons {
      let error = try #require(try run.event("failed", key: key).text("error"))
      #expect(error.contains(reason), "\(error)")
      #expect(error.contains(key))
    }
  }

  @Test(.enabled(if: getuid() != 0, "root may read everything"))
  func aSourceWithoutPermissionFailsItsEntryOnly() throws {
    let stage = try Stage()
    try stage.small(2)
    #expect(chmod(stage.directory("small-0"), 0) == 0)
    let run = try stage.run()
    #expect(run.code == 1)
    #expect(try run.event("failed", key: "small-0").text("error")?.contains("ermission") == true)
  }

  @Test(arguments: ["", "\u{0}\u{1}\u{fffd}", "version: 1\nentries: [", "just text", "[]"])
  func whatIsNoManifestIsRefusedWithItsPlace(text: String) throws {
    let stage = try Stage()
    try stage.manifest(text: text)
    let run = try stage.run()
    #expect(run.code == 3)
    #expect(run.state == "failed")
    #expect(run["planned"] == 0)
    #expect(run.errors.contains("manifest.yaml:"), "\(run.errors)")
    #expect(run.errors.contains(": error: "))
  }

  @Test func bytesThatAreNoTextAreRefused() throws {
    let stage = try Stage()
    try stage.directory.write("manifest.yaml", content(3_000))
    let run = try stage.run()
    #expect(run.code == 3)
    #expect(run.errors.contains("manifest.yaml"))
  }

  @Test func aManifestThatIsNotThere() throws {
    let stage = try Stage()
    let run = try stage.run()
    #expect(run.code == 3)
    #expect(run.state == "failed")
    #expect(run.errors.contains("manifest.yaml"))
  }

  @Test func noEntriesAreNothingToDo() throws {
    let stage = try Stage()
    try stage.manifest(
      text: """
        version: 1
        target: {bucket: bucket, endpoint: "\(stage.server.endpoint)", region: cn-hangzhou}
        entries: []
        """)
    let run = try stage.run()
    #expect(run.code == 0)
    #expect(run.state == "done")
    #expect(run["planned"] == 0)
    #expect(run["requests"] == 0)
  }

  /// A port that is not written is the scheme's.
  @Test(arguments: [
    ("http://127.0.0.1", "http://127.0.0.1:80", 3),
    ("https://127.0.0.1", "https://127.0.0.1:443", 3),
    ("http://127.0.0.1", "https://127.0.0.1", 1),
  ])
  func oneServiceIsOneHostAndPort(near: String, far: String, code: Int) throws {
    let stage = try Stage()
    try stage.manifest(
      text: """
        version: 1
        targets:
          near: {bucket: bucket, region: cn-hangzhou, endpoint: "\(near)"}
          far: {bucket: bucket, region: cn-hangzhou, endpoint: "\(far)"}
        entries:
          - {file: file, key: key, target: near}
          - {file: file, key: key, target: far}

        """)
    let end = try stage.command("plan", "manifest.yaml")
    #expect(end.code == code, "\(end.errors)")
    #expect(end.errors.contains("the same object") == (code == 3), "\(end.errors)")
  }

  @Test(arguments: [
    ["run", "manifest.yaml", "--colour"], ["run"], ["walk", "manifest.yaml"],
    ["run", "manifest.yaml", "--concurrency", "0"], ["run", "manifest.yaml", "--max-errors", "x"],
    ["run", "manifest.yaml", "--max-duration", "soon"], ["run", "-"], ["plan", "-"],
  ])
  func wrongUsageIsTwo(arguments: [String]) throws {
    let stage = try Stage()
    try stage.small(1)
    let end = try stage.start(arguments).wait()
    #expect(end.code == 2)
    #expect(end.errors.contains("Error:"), "\(end.errors)")
    #expect(end.output.isEmpty)
    #expect(try stage.server.log().isEmpty)
  }

  @Test func aSecondRunOfTheSameStateIsLockedOut() throws {
    let stage = try Stage()
    try stage.small(2, concurrency: 1)
    try stage.server.fault("put stall")
    let holder = try stage.startRun()
    try stage.server.wait(for: "a request") { !$0.isEmpty }
    let run = try stage.run()
    #expect(run.code == 11)
    #expect(run.state == "failed")
    #expect(run["not_run"] == 2)
    #expect(run.errors.contains(ProcessInfo.processInfo.hostName), "\(run.errors)")
    #expect(run.errors.contains("\(holder.process)"))
    #expect(try stage.server.log().count == 1)
    try holder.killAtOnce()
    let free = try stage.run()
    #expect(free.code == 0, "death releases the lock")
    #expect(free["done"] == 2)
  }
}
