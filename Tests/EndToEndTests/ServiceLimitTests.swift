import Foundation
import TestKit
import Testing

/// The largest, the longest and the most that the service takes, and one more of it.
@Suite struct ServiceLimitTests {
  private static let mostParts = 10_000

  /// 48.8 TiB: 10,000 parts of 5 GiB.
  private static let largestObject = mostParts * (5 << 30)

  @Test func theLargestObjectIsPlannedWithoutBeingRead() throws {
    let stage = try Stage()
    let largest = try SparseFile(Self.largestObject)
    let larger = try SparseFile(Self.largestObject + 1)
    try stage.manifest(
      """
        - {file: '\(largest.path)', key: automatic, part_size: auto}
        - {file: '\(largest.path)', key: fixed, part_size: 5GiB}
        - {file: '\(largest.path)', key: too-many, part_size: 4GiB}
        - {file: '\(larger.path)', key: too-large, part_size: auto}
      """)
    // Whoever reads it comes to no end.
    let plan = try stage.command("plan", "manifest.yaml", "--json")
    #expect(plan.code == 1, "two entries have an error")
    let lines = try plan.output.split(separator: "\n").map { try Event($0) }
    let entries = Dictionary(uniqueKeysWithValues: lines.map { ($0.text("key") ?? "", $0) })
    for key in ["automatic", "fixed"] {
      let entry = try #require(entries[key])
      #expect(entry.text("action") == "upload")
      #expect(entry.number("size") == Self.largestObject)
      #expect(entry.number("bytes") == Self.largestObject)
      #expect(entry.number("parts") == Self.mostParts)
      #expect(entry.number("requests") == Self.mostParts + 2)
    }
    let problems = ["too-many", "too-large"].map { entries[$0]?.text("reason") ?? "" }
    #expect(problems[0].contains("12500 parts"), "\(problems)")
    #expect(problems[0].contains("at least \(5 << 30)"), "\(problems)")
    #expect(problems[1].contains("\(Self.largestObject + 1) bytes"), "\(problems)")
    #expect(try stage.server.log().isEmpty)
  }

  @Test func tenThousandPartsAreOneObject() throws {
    let stage = try Stage()
    let sink = try Sink(["--crc64"])
    let size = try writeMarkedParts(Self.mostParts, to: stage.directory("large"))
    try stage.manifest("  - {file: large, key: large}", concurrency: 8, endpoint: sink.endpoint)
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["parts_sent"] == Self.mostParts)
    #expect(try run.event("done", key: "large").flag("verified") == true)
    let expected = """
      {"requests":\(Self.mostParts + 2),"objects":1,"object_bytes":\(size),"open_uploads":0}
      """
    #expect(try sink.statistics() == expected)
  }

  /// Every part differs from every other, and few blocks of the file are on the disk.
  private func writeMarkedParts(_ count: Int, to path: String) throws -> Int {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    defer { close(file) }
    // The last part has one byte.
    let size = (count - 1) * Stage.partSize + 1
    try #require(ftruncate(file, size) == 0)
    for number in 0..<count - 1 {
      var mark = number + 1
      try #require(pwrite(file, &mark, 8, number * Stage.partSize + number) == 8)
    }
    return size
  }

  /// All of them are under way when the server dies; all are done when it is back.
  @Test(
    .enabled(if: descriptorLimit >= 8_192, "a request takes up to three descriptors"),
    .disabled(if: getenv("OSBATCH_SANITIZER") != nil, "too slow to send so many at once"))
  func twoThousandConnectionsAreLostAndEveryObjectArrives() throws {
    let stage = try Stage()
    let connections = 2_000
    // The limit doubles with every round of answers; then none comes until all connections wait for one.
    let answered = 2 * connections
    let entries = answered + connections + 500
    let bytes = try stage.directory.write("file", content(1_000))
    let items = (0..<entries).map { "  - {file: file, key: key-\($0)}" }
    try stage.manifest(items.joined(separator: "\n"), concurrency: connections)
    try stage.server.fault("put always delay=1500", "put skip=\(answered) always stall")
    let run = try stage.startRun()
    try eventually("2,000 requests are in flight", seconds: 240) {
      try stage.server.statistics().max_requests == connections
    }
    #expect(try stage.server.statistics().max_connections == connections)
    try stage.server.restart()
    let outcome = try Outcome(try run.wait())
    #expect(outcome.code == 0, "\(outcome.errors) \(outcome.events("failed").prefix(3))")
    #expect(outcome["done"] == entries)
    let warnings = outcome.events("warning").compactMap { $0.text("message") }
    #expect(!warnings.contains { $0.contains("files open") }, "\(warnings)")
    let objects = try stage.server.objects()
    #expect(objects.count == entries)
    #expect(objects.values.allSatisfy { $0.bytes == bytes })
  }

  private static let descriptorLimit: Int = {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int(clamping: limit.rlim_max)
  }()

  /// 1,023 bytes arrive (`RunTests.everyKeyArrivesAsItIs`).
  @Test func aLongerKeyIsAnErrorWithItsPlace() throws {
    let stage = try Stage()
    let long = String(repeating: "k", count: 1_024)
    try stage.directory.write("file", [1])
    try stage.manifest("  - {file: file, key: k}\n  - {file: file, key: \(long)}")
    let run = try stage.command("run", "manifest.yaml")
    #expect(run.code == 3)
    #expect(run.errors.contains("manifest.yaml:7:23: error: "), "\(run.errors.prefix(300))")
    #expect(run.errors.contains("1,024 bytes"), "\(run.errors.prefix(300))")
    #expect(try stage.server.log().isEmpty)
  }
}
