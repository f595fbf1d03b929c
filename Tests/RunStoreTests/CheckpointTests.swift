import BatchCore
import Checksum
import Foundation
import RunStore
import Testing

@Suite struct CheckpointTests {
  private let home: TemporaryDirectory
  private let directory: RunDirectory
  private let parts: [CheckpointPart] = [
    CheckpointPart(number: 1, etag: "\"D41D8CD98F00B204E9800998ECF8427E\"", crc64: CRC64()),
    CheckpointPart(number: 10_000, etag: "etag with spaces % \n", crc64: CRC64(value: .max)),
    CheckpointPart(number: 7, etag: "", crc64: nil),
    CheckpointPart(number: 255, etag: "é", crc64: CRC64(value: 0xF800_0000_0000_0001)),
  ]
  private var ascending: [CheckpointPart] { parts.sorted { $0.number < $1.number } }

  init() throws {
    home = try TemporaryDirectory()
    directory = try home.run()
  }

  private func file(_ identity: EntryIdentity) -> String {
    directory.checkpoints + String(format: "/%016lx%016lx", identity.high, identity.low)
  }

  /// A run that records the intent, so that the checkpoint belongs to an open upload, and parts.
  private func keep(_ parts: [CheckpointPart], uploadID: String = "upload", of number: Int = 1)
    throws
  {
    let run = try OpenRun(directory)
    run.append([intent(number), .opened(identity(number), uploadID: uploadID)])
    run.writer.post(.beginCheckpoint(identity(number), uploadIntent(number), uploadID: uploadID))
    for part in parts { run.writer.post(.checkpointPart(identity(number), part)) }
    run.writer.close()
  }

  private func load(_ uploadID: String = "upload", of number: Int = 1) -> [CheckpointPart] {
    Checkpoint.load(in: directory, identity(number), uploadID: uploadID)
  }

  @Test func partsComeBackInTheirOrder() throws {
    try keep(parts)
    #expect(load() == ascending)
  }

  /// Somebody has removed the journal, or only its end: whoever reads, and the next run, know the upload all the same, which may
  /// have been completed.
  @Test(arguments: [true, false]) func anUploadOutlivesItsRecords(isOpenLost: Bool) throws {
    try keep(parts)
    let lines = try contents(directory.journal).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let kept = isOpenLost ? lines.dropLast(2) : []
    try Data(kept.map { $0 + [UInt8(ascii: "\n")] }.joined()).write(
      to: URL(fileURLWithPath: directory.journal))
    let expected = OpenFact(
      intent: uploadIntent(1), phase: .completing(uploadID: "upload", crc64: nil))
    #expect(try Journal.facts(in: directory).open == [identity(1): expected])
    let run = try OpenRun(directory)
    run.writer.close()
    #expect(try Journal.facts(in: directory).open == [identity(1): expected])
    #expect(load() == ascending)
  }

  /// So does one that was to replace what is done.
  @Test func anUploadThatReplacesOutlivesItsRecords() throws {
    try record([done(2)], in: directory)
    let run = try OpenRun(directory)
    var newer = uploadIntent(2)
    newer.fingerprint.size += 1
    run.writer.post(.beginCheckpoint(identity(2), newer, uploadID: "upload"))
    run.append([done(3)])
    run.writer.close()
    #expect(try Journal.facts(in: directory).open[identity(2)]?.uploadID == "upload")
    let next = try OpenRun(directory)
    next.writer.close()
    let facts = try Journal.facts(in: directory)
    #expect(facts.open[identity(2)]?.intent == newer && facts.done(identity(2)) == nil)
    #expect(facts.done(identity(3)) != nil)
  }

  /// Nor does it stop anybody that one cannot be read.
  @Test func aCheckpointThatCannotBeReadIsPassedOver() throws {
    try record([done(1)], in: directory)
    try FileManager.default.createSymbolicLink(
      atPath: file(identity(9)), withDestinationPath: "/nothing/there")
    #expect(try Journal.facts(in: directory).doneCount == 1)
    let run = try OpenRun(directory)
    run.writer.close()
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.checkpoints).isEmpty)
  }

  /// A crash can leave the checkpoint of an object that is done.
  @Test func whatIsDoneNeedsNoCheckpoint() throws {
    try keep(parts)
    let run = try OpenRun(directory)
    run.append([done(1)])
    run.writer.close()
    #expect(try contents(file(identity(1))).isEmpty == false)
    let next = try OpenRun(directory)
    next.writer.close()
    #expect(!FileManager.default.fileExists(atPath: file(identity(1))))
    #expect(try Journal.facts(in: directory).open.isEmpty)
  }

  @Test(arguments: hostileTexts)
  func everyUploadIDAndETagComesBack(text: String) throws {
    let part = CheckpointPart(number: 3, etag: text, crc64: CRC64(value: 1))
    try keep([part], uploadID: text)
    #expect(load(text) == [part])
    #expect(load(text + "x") == [])
  }

  @Test func aPartTakesLessThan64Bytes() throws {
    let etag = "\"D41D8CD98F00B204E9800998ECF8427E\""
    try keep([CheckpointPart(number: 10_000, etag: etag, crc64: CRC64(value: .max))])
    let lines = try contents(file(identity(1))).split(separator: UInt8(ascii: "\n"))
    #expect(lines[1].count + 1 < 64)
  }

  @Test func theLastWordOnAPartCounts() throws {
    let again = CheckpointPart(number: 7, etag: "second", crc64: CRC64(value: 5))
    try keep(parts + [again])
    #expect(load().first { $0.number == 7 } == again)
    #expect(load().count == parts.count)
  }

  @Test func aResumedUploadsCheckpointHoldsWhatIsKeptAndDoesNotGrow() throws {
    try keep(parts)
    let size = try contents(file(identity(1))).count
    for _ in 0..<20 { try keep(parts) }
    #expect(try contents(file(identity(1))).count == size)
    #expect(load() == ascending)
    try keep(Array(parts.suffix(1)))
    #expect(load() == Array(parts.suffix(1)))
  }

  @Test func anotherUploadBeginsAnew() throws {
    try keep(parts, uploadID: "first")
    try keep([parts[0]], uploadID: "second")
    #expect(load("first") == [])
    #expect(load("second") == [parts[0]])
  }

  @Test func linesOfAnotherUploadAreNotParts() throws {
    try keep(parts, uploadID: "first")
    let first = try contents(file(identity(1)))
    try keep([], uploadID: "other")
    let header = try contents(file(identity(1)))
    try write(header + first.drop { $0 != UInt8(ascii: "\n") }.dropFirst(), to: file(identity(1)))
    #expect(load("other") == [])
  }

  @Test func cutOrFlippedAnywhereItHoldsOnlyTrueParts() throws {
    try keep(parts)
    let whole = try contents(file(identity(1)))
    for offset in whole.indices {
      try write(whole.prefix(offset), to: file(identity(1)))
      let afterCut = load()
      #expect(afterCut.allSatisfy { parts.contains($0) } && afterCut.count < parts.count)
      for mask: UInt8 in [0x01, 0x20, 0x2A, 0xFF] {
        var bytes = whole
        bytes[offset] ^= mask
        try write(bytes, to: file(identity(1)))
        let afterFlip = load()
        #expect(afterFlip.allSatisfy { parts.contains($0) } && afterFlip.count < parts.count)
      }
    }
  }

  @Test func whatCannotBeACheckpointHoldsNothing() throws {
    #expect(load() == [])
    try write(repeatElement(UInt8(ascii: "x"), count: 40 << 20), to: file(identity(1)))
    #expect(load() == [])
    try FileManager.default.removeItem(atPath: file(identity(1)))
    try FileManager.default.createDirectory(
      atPath: file(identity(1)), withIntermediateDirectories: false)
    #expect(load() == [])
  }

  @Test func aCheckpointDeletedDuringARunStopsNothing() throws {
    let run = try OpenRun(directory)
    run.writer.post(.beginCheckpoint(identity(1), uploadIntent(1), uploadID: "upload"))
    run.append([intent(1), .opened(identity(1), uploadID: "upload")])
    // The second append follows the batch of the first, the checkpoint included.
    run.append([done(2)])
    try FileManager.default.removeItem(atPath: file(identity(1)))
    for other in 10..<200 {
      run.writer.post(.beginCheckpoint(identity(other), uploadIntent(other), uploadID: "other"))
    }
    run.writer.post(.checkpointPart(identity(1), parts[0]))
    run.writer.post(.checkpointPart(identity(999), parts[0]))
    run.writer.post(.removeCheckpoint(identity(1)))
    run.append([done(3)])
    run.writer.close()
    #expect(load() == [])
  }

  @Test func checkpointsOfNoOpenUploadGoAtTheNextStart() throws {
    try keep(parts, of: 1)
    try keep(parts, of: 2)
    let note = directory.checkpoints + "/note"
    try write("mine".utf8, to: note)
    try record([.closed(identity(2))], in: directory)
    #expect(load(of: 2) == ascending)
    try record([], in: directory)
    #expect(load(of: 1) == ascending)
    #expect(!FileManager.default.fileExists(atPath: file(identity(2))))
    #expect(FileManager.default.fileExists(atPath: note))
  }

  @Test func thousandsOfOpenUploadsDoNotExhaustDescriptors() throws {
    let uploads = 1...1_000
    let run = try OpenRun(directory)
    for number in uploads {
      run.post([intent(number)])
      run.writer.post(.beginCheckpoint(identity(number), uploadIntent(number), uploadID: "upload"))
    }
    for part in parts {
      for number in uploads { run.writer.post(.checkpointPart(identity(number), part)) }
    }
    run.append([done(5_000)])
    run.append([done(5_001)])
    #expect(openCheckpoints() <= 64)
    run.writer.close()
    #expect(openCheckpoints() == 0)
    for number in uploads { #expect(load(of: number) == ascending) }
  }

  /// Descriptors of this process that are open on checkpoints of this test.
  private func openCheckpoints() -> Int {
    let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    return numbers.count { number in
      let target = try? FileManager.default.destinationOfSymbolicLink(
        atPath: "/proc/self/fd/" + number)
      return target?.hasPrefix(directory.checkpoints) ?? false
    }
  }
}
