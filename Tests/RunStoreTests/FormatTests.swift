import BatchCore
import Checksum
import Foundation
import Platform
import RunStore
import Testing

/// The examples of FORMAT.md are what the program reads and writes; their checksums were computed
/// by another implementation of CRC-32C.
@Suite struct FormatTests {
  private let home: TemporaryDirectory
  private let directory: RunDirectory
  /// The text blocks of FORMAT.md.
  private let examples: [String]
  private let identity = EntryIdentity(high: 0x5fec_eb66_ffc8_6f38, low: 0xd952_786c_6d69_6c79)
  private let uploadID = "0004B9894A22E5B1888A1E29F8236E2D"
  private let crc64 = CRC64(value: 0xa1b2_c3d4_e5f6_0718)

  init() throws {
    home = try TemporaryDirectory()
    directory = try home.run()
    let document = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/RunStore/FORMAT.md").standardized
    let blocks = try String(contentsOf: document, encoding: .utf8).components(separatedBy: "```\n")
    examples = blocks.indices.filter { $0 % 2 == 1 }.map { blocks[$0] }
    try #require(examples.count == 2)
  }

  @Test func theJournalOfTheDocument() throws {
    let fact = DoneFact(
      fingerprint: Fingerprint(
        path: 0x0011_2233_4455_6677, size: 1_048_576, modified: 1_769_900_000_000_000_000,
        inode: 131_073, settings: 0x8899_aabb_ccdd_eeff),
      crc64: crc64, verified: true)
    let start = RunStart(id: "9f3c5a1e00d27b44", time: 1_769_903_999, planned: 2)
    try record([.runStarted(start), .done(identity, fact)], in: directory)
    #expect(String(decoding: try contents(directory.journal), as: UTF8.self) == examples[0])
    #expect(try Journal.facts(in: directory).done(identity) == fact)
  }

  @Test func theCheckpointOfTheDocument() throws {
    let file = directory.checkpoints + "/5feceb66ffc86f38d952786c6d696c79"
    let part = CheckpointPart(
      number: 31, etag: "D41D8CD98F00B204E9800998ECF8427E", crc64: crc64)
    let intent = UploadIntent(
      fingerprint: Fingerprint(
        path: 0x0011_2233_4455_6677, size: 209_715_200, modified: 1_769_900_000_000_000_000,
        inode: 131_073, settings: 0x8899_aabb_ccdd_eeff),
      partSize: 8 << 20, target: "", bucket: "backups", key: "db/orders.zst", time: 1_769_903_999)
    let run = try OpenRun(directory)
    run.writer.post(.beginCheckpoint(identity, intent, uploadID: uploadID))
    run.writer.post(.checkpointPart(identity, part))
    run.writer.close()
    #expect(String(decoding: try contents(file), as: UTF8.self) == examples[1])
    #expect(Checkpoint.load(in: directory, identity, uploadID: uploadID) == [part])
  }

  @Test func aCheckpointOfTheFirstVersionIsRead() throws {
    let file = directory.checkpoints + "/5feceb66ffc86f38d952786c6d696c79"
    let text = """
      osbatch checkpoint 1 5feceb66ffc86f38d952786c6d696c79 0004B9894A22E5B1888A1E29F8236E2D bb26038f
      p1f KGyw9Tl9gcY D41D8CD98F00B204E9800998ECF8427E 0007976a

      """
    try write(Array(text.utf8), to: file)
    let part = CheckpointPart(
      number: 31, etag: "D41D8CD98F00B204E9800998ECF8427E", crc64: crc64)
    #expect(Checkpoint.load(in: directory, identity, uploadID: uploadID) == [part])
    #expect(Checkpoint.load(in: directory, identity, uploadID: uploadID + "x") == [])
  }
}
