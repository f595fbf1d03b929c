import Foundation
import TestKit
import Testing

/// What the benchmarks measure against: every client must find there what it checks.
@Suite struct SinkTests {
  @Test(arguments: [[], ["--crc64"], ["--crc64", "--threads", "2"]])
  func aRunToTheSinkIsDone(options: [String]) throws {
    let stage = try Stage()
    let sink = try Sink(options)
    try stage.directory.write("large", content(5 * Stage.partSize - 1_000))
    try stage.directory.write("small", content(1_000))
    try stage.directory.write("empty", [])
    try stage.manifest(
      """
        - {file: large, key: large}
        - {file: small, key: a/small}
        - {file: empty, key: empty}
      """, endpoint: sink.endpoint)
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["done"] == 3)
    let bytes = 5 * Stage.partSize
    #expect(
      try sink.statistics()
        == "{\"requests\":9,\"objects\":3,\"object_bytes\":\(bytes),\"open_uploads\":0}")
  }
}
