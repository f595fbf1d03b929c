import Foundation
import TestKit
import Testing

/// Many objects under a random mix of faults that meets about a fifth of all requests: all done, none
/// damaged, no upload left. `OSBATCH_SOAK=N` sends N objects instead of a few.
@Suite struct SoakTests {
  private static let faults = [
    "any probability=0.04 seed=1 status=500 code=InternalError",
    "any probability=0.02 seed=2 status=503 code=ServiceUnavailable",
    "any probability=0.03 seed=3 reset=before-effect",
    "any probability=0.03 seed=4 reset=after-effect",
    "any probability=0.02 seed=5 truncate", "any probability=0.01 seed=6 garbage",
    "put probability=0.02 seed=7 corrupt-received",
    "part probability=0.02 seed=8 wrong-crc", "part probability=0.01 seed=9 forget",
  ]

  private static var count: Int {
    getenv("OSBATCH_SOAK").flatMap { Int(String(cString: $0)) } ?? 150
  }

  @Test func allArriveThroughAMixOfFaults() throws {
    let stage = try Stage()
    // The same few files under many keys: what counts is how many requests there are.
    let files = try (0..<8).map { index in
      let size = index < 2 ? 3 * Stage.partSize + index : 1_500 * index
      return try stage.directory.write("file-\(index)", content(size, seed: UInt64(index + 1)))
    }
    let entries = (0..<Self.count).map {
      "  - {file: file-\($0 % files.count), key: key-\($0), retries: 20}"
    }
    try stage.manifest(entries.joined(separator: "\n"), concurrency: 16)
    for fault in Self.faults { try stage.server.fault(fault) }
    let run = try Outcome(stage.startRun().wait(seconds: 90 + Self.count / 10))
    #expect(run.code == 0, "\(run.events("failed").prefix(3))")
    #expect(run["done"] == Self.count)
    #expect(run["retries"] > Self.count / 20)
    #expect(try stage.server.statistics().open_uploads == 0)
    let objects = try stage.server.objects()
    let damaged = (0..<Self.count).filter { objects["key-\($0)"]?.bytes != files[$0 % files.count] }
    #expect(damaged.isEmpty)
  }
}
