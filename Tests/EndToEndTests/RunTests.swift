import Foundation
import TestKit
import Testing

/// A run that nothing disturbs, and the run after it.
@Suite struct RunTests {
  /// Keys that a careless client would change on the way.
  static let keys = [
    "plain.txt", "a b+c", "100%", "%2F%41", "a//b", "../up", "a/../b", "a/./b", "end/", ".", "..x",
    "q?x=1&y=2#z", "it's", "\"quoted\" <&>", "目录/ключ", "😀", "e\u{301}", "a:b;c,d=@$!*()",
    "back\\slash", "tilde~", "[1]{2}|^`", String(repeating: "k", count: 1_023),
    String(repeating: "目", count: 341),
  ]

  @Test(arguments: ["v4", "v1"])
  func everyKeyArrivesAsItIs(signature: String) throws {
    let stage = try Stage()
    var entries: [String] = []
    for (index, key) in Self.keys.enumerated() {
      let quoted = key.replacingOccurrences(of: "'", with: "''")
      let size = index.isMultiple(of: 2) ? index * 10 : Stage.partSize + index
      try stage.directory.write("file \(index)", content(size, seed: UInt64(index + 1)))
      entries.append("  - {file: 'file \(index)', key: '\(quoted)'}")
    }
    try stage.manifest(entries.joined(separator: "\n"), target: "signature: \(signature)")
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["done"] == Self.keys.count)
    let objects = try stage.server.objects()
    #expect(objects.count == Self.keys.count)
    for (index, key) in Self.keys.enumerated() {
      let bytes = try stage.directory.read("file \(index)")
      let object = objects.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
      let isSame = object?.bytes == bytes
      #expect(isSame, "\(key)")
      #expect(try run.event("done", key: key).number("bytes") == bytes.count)
    }
    let again = try stage.run()
    #expect(again.code == 0)
    #expect(again["unchanged"] == Self.keys.count)
  }

  @Test func theNumbersAreThoseOfTheServer() throws {
    let stage = try Stage()
    let large = try stage.large(parts: 7)
    try stage.directory.write("empty", [])
    let exact = try stage.directory.write("exact", content(Stage.partSize))
    let over = try stage.directory.write("over", content(Stage.partSize + 1))
    try stage.manifest(
      """
        - {file: large, key: large}
        - {file: empty, key: empty}
        - {file: exact, key: exact}
        - {file: over, key: over}
        - {file: large, key: whole, multipart_threshold: 10MiB}
        - {file: large, key: wide, part_size: 300KiB}
      """, concurrency: 3)
    let run = try stage.run()
    #expect(run.code == 0)
    #expect(run.state == "done")
    #expect(run["planned"] == 6)
    #expect(run["done"] == 6)
    for (key, bytes) in [
      ("large", large), ("empty", []), ("exact", exact), ("over", over), ("whole", large),
      ("wide", large),
    ] {
      try stage.expectStored(key, bytes)
      let done = try run.event("done", key: key)
      #expect(done.flag("verified") == true)
      #expect(done.text("crc64") == (try stage.server.object(key)?.crc64))
    }
    let log = try stage.server.log()
    #expect(run["requests"] == log.count)
    #expect(run["retries"] == 0)
    #expect(run["parts_sent"] == log.count { $0.operation == "part" })
    #expect(run["parts_sent"] == 7 + 2 + 3)
    #expect(run["bytes_sent"] == log.filter { $0.method == "PUT" }.reduce(0) { $0 + $1.bodyBytes })
    #expect(log.count { $0.operation == "put" } == 3)
    let statistics = try stage.server.statistics()
    #expect(statistics.max_connections <= 3)
    #expect(statistics.max_requests <= 3)
    #expect(statistics.open_uploads == 0)
  }

  @Test func aSecondRunAsksTheServerNothing() throws {
    let stage = try Stage()
    try stage.small(20)
    #expect(try stage.run().code == 0)
    try stage.server.clearLog()
    let again = try stage.run()
    #expect(again.code == 0)
    #expect(again.state == "done")
    #expect(again["unchanged"] == 20)
    #expect(again["requests"] == 0)
    #expect(again.events("unchanged").allSatisfy { $0.text("reason") == "same as recorded" })
    #expect(try stage.server.log().isEmpty)
    #expect(try stage.server.statistics().connections == 0)
  }

  @Test func oneRequestAtATimeIsEnough() throws {
    let stage = try Stage()
    let large = try stage.large(parts: 4)
    try stage.directory.write("small", [1])
    try stage.manifest(
      "  - {file: large, key: a}\n  - {file: small, key: b}\n  - {file: large, key: c}",
      concurrency: 1)
    #expect(try stage.run().code == 0)
    try stage.expectStored("a", large)
    try stage.expectStored("c", large)
    let statistics = try stage.server.statistics()
    #expect(statistics.max_requests == 1)
    #expect(statistics.max_connections == 1)
  }

  @Test func twoBucketsShareOneRun() throws {
    let stage = try Stage()
    let bytes = try stage.directory.write("file", content(3 * Stage.partSize))
    let endpoint = stage.server.endpoint
    try stage.manifest(
      text: """
        version: 1
        targets:
          near: {bucket: near-bucket, endpoint: "\(endpoint)", region: cn-hangzhou}
          far: {bucket: far-bucket, endpoint: "\(endpoint)", region: cn-beijing, prefix: copies/}
        concurrency: 2
        defaults: {target: near, multipart_threshold: 100KiB, part_size: 100KiB}
        entries:
          - {file: file, key: file}
          - {file: file, key: file, target: far, multipart_threshold: 1MiB}
        """)
    let run = try stage.run()
    #expect(run.code == 0)
    #expect(Set(run.events("done").map { $0.text("target") }) == ["near", "far"])
    try stage.expectStored("file", bytes, bucket: "near-bucket")
    try stage.expectStored("copies/file", bytes, bucket: "far-bucket")
    let again = try stage.run()
    #expect(again["unchanged"] == 2)
    #expect(try stage.server.statistics().max_requests <= 2)
  }

  @Test func aChangedSettingSendsTheEntryAgain() throws {
    let stage = try Stage()
    try stage.small(2)
    #expect(try stage.run().code == 0)
    try stage.manifest(
      "  - {file: small-0, key: small-0}\n"
        + "  - {file: small-1, key: small-1, headers: {Cache-Control: no-store}}")
    let run = try stage.run()
    #expect(run["unchanged"] == 1)
    #expect(try run.event("done", key: "small-1").text("reason") == "settings changed")
    #expect(try stage.server.object("small-1")?.headers["cache-control"] == "no-store")
  }

  @Test func aTouchedFileIsComparedNotSent() throws {
    let stage = try Stage()
    try stage.small(3)
    #expect(try stage.run().code == 0)
    let same = try stage.directory.read("small-0")
    try stage.directory.remove("small-0")
    try stage.directory.write("small-0", same)
    let other = try stage.directory.write("small-1", content(1_000, seed: 77))
    let longer = try stage.directory.write("small-2", content(1_001, seed: 3))
    let run = try stage.run()
    #expect(run.code == 0)
    #expect(try run.event("unchanged", key: "small-0").text("reason") == "same content")
    #expect(
      try run.event("done", key: "small-1").text("reason") == "the source's content changed")
    #expect(try run.event("done", key: "small-2").text("reason") == "the source's size changed")
    try stage.expectStored("small-1", other)
    try stage.expectStored("small-2", longer)
  }

  /// What the kernel makes while it is read has a size of 0.
  @Test func aFileThatHidesItsSizeFails() throws {
    let stage = try Stage()
    try stage.manifest("  - {file: /proc/cpuinfo, key: cpu}")
    let run = try stage.run()
    #expect(run.code == 1)
    #expect(try run.event("failed", key: "cpu").text("error")?.contains("0 bytes") == true)
    #expect(try stage.server.object("cpu") == nil)
    let plan = try stage.command("plan", "manifest.yaml")
    #expect(plan.code == 1)
    #expect(plan.output.contains("error      cpu: "), "\(plan.output)")
  }

  private static let ofThePage = "/sys/devices/system/cpu/online"

  /// Other files of the kernel's are said to have a page, and hold less.
  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: ofThePage), "the kernel shows no such file")
  )
  func aFileThatIsShorterThanItsSizeFailsAtOnce() throws {
    let stage = try Stage()
    try stage.manifest("  - {file: \(Self.ofThePage), key: cpus}")
    let run = try stage.run()
    #expect(run.code == 1)
    #expect(run["retries"] == 0)
    #expect(run.events("retry").isEmpty)
    let error = try #require(try run.event("failed", key: "cpus").text("error"))
    #expect(
      error
        == "\(Self.ofThePage) holds fewer than the 4096 bytes that its file system tells of: copy it to an "
        + "ordinary file, and send that")
    #expect(try stage.server.object("cpus") == nil)
  }

  @Test func forceSendsWhatIsDone() throws {
    let stage = try Stage()
    try stage.small(2)
    #expect(try stage.run().code == 0)
    let run = try stage.run("--force")
    #expect(run["done"] == 2)
    #expect(run.events("done").allSatisfy { $0.text("reason") == "--force" })
  }
}
