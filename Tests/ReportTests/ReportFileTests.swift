import Foundation
import Platform
import TestKit
import Testing

@testable import osbatch

/// A report's file is there whole, or as it was before.
@Suite struct ReportFileTests {
  private func write(_ text: String, _ path: String) throws(SystemError) {
    try ReportFile(path).write { $0.write(text) }
  }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode : 0
  }

  @Test func itReplacesWhatWasThereAndKeepsItsMode() throws {
    let directory = try TemporaryDirectory()
    try directory.write("report.json", Array(String(repeating: "old", count: 1_000).utf8))
    chmod(directory("report.json"), 0o640)
    try write("new", directory("report.json"))
    #expect(try directory.read("report.json") == Array("new".utf8))
    #expect(mode(directory("report.json")) & 0o777 == 0o640)
    #expect(try directory.names(in: "") == ["report.json"])
  }

  @Test func aLinkStaysAndItsDestinationIsReplaced() throws {
    let directory = try TemporaryDirectory()
    try directory.write("there/report.csv", [1])
    symlink("there/report.csv", directory("latest.csv"))
    try write("new", directory("latest.csv"))
    #expect(mode(directory("latest.csv")) & S_IFMT == S_IFLNK)
    #expect(try directory.read("there/report.csv") == Array("new".utf8))
    #expect(try directory.names(in: "there") == ["report.csv"])
  }

  @Test func aLinkThatLeadsToNothingYetStays() throws {
    let directory = try TemporaryDirectory()
    try directory.write("there/other", [1])
    symlink("there/next.csv", directory("latest.csv"))
    symlink("report.csv", directory("there/next.csv"))
    try ReportFile(directory("latest.csv")).check()
    try write("new", directory("latest.csv"))
    for link in ["latest.csv", "there/next.csv"] {
      #expect(mode(directory(link)) & S_IFMT == S_IFLNK, "\(link)")
    }
    #expect(try directory.read("there/report.csv") == Array("new".utf8))
    #expect(try Set(directory.names(in: "there")) == ["next.csv", "other", "report.csv"])
  }

  @Test func aDeviceIsWrittenToAndItsFullnessIsSaid() throws {
    try write("gone", "/dev/null")
    #expect(mode("/dev/null") & S_IFMT == S_IFCHR)
    #expect(throws: SystemError("write the report", "/dev/full", code: ENOSPC)) {
      try write("no room", "/dev/full")
    }
  }

  @Test func whatCannotBeWrittenIsKnownBefore() throws {
    let directory = try TemporaryDirectory()
    for (name, code) in [("missing/report.xml", ENOENT), ("", EISDIR)] {
      let error = SystemError("write the report", directory(name), code: code)
      #expect(throws: error) { try ReportFile(directory(name)).check() }
      #expect(throws: error) { try write("", directory(name)) }
    }
    try ReportFile(directory("report.xml")).check()
    #expect(try directory.names(in: "").isEmpty, "nothing is made by asking")
  }

  /// The limit of a file's size stands for a full disk.
  @Test(
    .disabled(
      if: ProcessInfo.processInfo.environment["OSBATCH_SANITIZER"] == "thread",
      "ThreadSanitizer maps a file of its own, which the limit cuts off"))
  func aFailedOneLeavesTheOldOneAndNothingElse() throws {
    let directory = try TemporaryDirectory()
    try directory.write("report.json", [1, 2, 3])
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$OSBATCH\" report manifest.yaml -o report.json"
    try directory.write(
      "manifest.yaml",
      Array(
        ("version: 1\ntarget: {bucket: bucket, region: cn-hangzhou}\nentries:\n"
          + (0..<100).map { "  - {file: f, key: key-\($0)}\n" }.joined()).utf8))
    let end = try Child(
      "/bin/sh", ["-c", script], environment: ["OSBATCH": Programs.osbatch],
      directory: directory.path
    ).wait()
    #expect(end.code == 1, "\(end)")
    #expect(end.errors.contains("cannot write the report report.json: "))
    #expect(try directory.read("report.json") == [1, 2, 3])
    #expect(try directory.names(in: "") == ["manifest.yaml", "report.json"])
  }
}
