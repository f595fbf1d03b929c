import BatchCore
import Checksum
import Foundation
import Platform
import RunStore
import Testing

@Suite struct JournalTests {
  private let home: TemporaryDirectory
  private let directory: RunDirectory

  init() throws {
    home = try TemporaryDirectory()
    directory = try home.run()
  }

  @Test func aMissingJournalIsAFreshRun() throws {
    #expect(statements(try Journal.facts(in: directory)) == [])
    #expect(statements(try record([], in: directory)) == [])
    #expect(try contents(directory.journal) == [UInt8]("osbatch journal 1\n".utf8))
  }

  @Test func everyKindOfRecordComesBack() throws {
    try record(sampleRecords, in: directory)
    #expect(statements(try Journal.facts(in: directory)) == statements(facts(of: sampleRecords)))
  }

  @Test(arguments: hostileTexts)
  func everyTextComesBack(text: String) throws {
    let upload = UploadIntent(
      fingerprint: fingerprint(1), partSize: 100 << 10, target: text, bucket: text, key: text,
      time: 0)
    let records: [JournalRecord] = [
      .runStarted(RunStart(id: text, time: 0, planned: 0)),
      .intent(identity(1), upload), .opened(identity(1), uploadID: text),
      .failed(identity(2), message: text),
    ]
    try record(records, in: directory)
    let read = try Journal.facts(in: directory)
    #expect(read.run?.id == text)
    #expect(read.open[identity(1)] == OpenFact(intent: upload, phase: .opened(uploadID: text)))
    #expect(read.failures[identity(2)] == text)
  }

  @Test func numbersComeBackFromTheirWholeRange() throws {
    let extremes = [(Int64.min, UInt64.max), (-1, 0), (0, 1), (.max, UInt64.max - 1)]
    let sizes = [0, 1, 1 << 40, UploadPlan.maximumSize]
    let records = extremes.enumerated().map { index, pair in
      JournalRecord.done(
        EntryIdentity(high: pair.1, low: UInt64(index)),
        DoneFact(
          fingerprint: Fingerprint(
            path: pair.1, size: sizes[index], modified: pair.0, inode: pair.1, settings: pair.1),
          crc64: CRC64(value: pair.1), verified: index % 2 == 0))
    }
    try record(records + [.runEnded(exitCode: -1)], in: directory)
    let expected = facts(of: records + [.runEnded(exitCode: -1)])
    #expect(statements(try Journal.facts(in: directory)) == statements(expected))
  }

  @Test func aDoneRecordTakesLessThan200Bytes() throws {
    let widest = JournalRecord.done(
      EntryIdentity(high: .max, low: .max),
      DoneFact(
        fingerprint: Fingerprint(
          path: .max, size: .min, modified: .min, inode: .max, settings: .max),
        crc64: CRC64(value: .max), verified: true))
    try record([widest], in: directory)
    let lines = try contents(directory.journal).split(separator: UInt8(ascii: "\n"))
    // The widest record number needs 18 digits more than this first one.
    #expect(lines[1].count + 1 + 18 < 200)
  }

  @Test func aLongMessageIsCutBetweenCharacters() throws {
    let message = "x" + String(repeating: "é", count: 5_000)
    try record([.failed(identity(1), message: message)], in: directory)
    let kept = try #require(try Journal.facts(in: directory).failures[identity(1)])
    #expect(kept == "x" + String(repeating: "é", count: 999))
  }

  @Test func aRecordBeyondAllReasonStopsTheRun() throws {
    let run = try OpenRun(directory)
    run.writer.post(.append(done(1)))
    run.writer.post(.append(.opened(identity(2), uploadID: String(repeating: "x", count: 2 << 20))))
    var event = run.events.next()
    if event == .durable(upTo: 1) { event = run.events.next() }
    guard case .failed(.recordTooLong) = event else {
      Issue.record("\(event)")
      return
    }
    run.writer.close()
    #expect(try Journal.facts(in: directory).open.isEmpty)
  }

  @Test func recordsOfLaterRunsFollow() throws {
    for number in 1...5 { try record([done(number)], in: directory) }
    #expect(try Journal.facts(in: directory).doneCount == 5)
  }

  @Test func compactionKeepsTheFactsAndBoundsTheFile() throws {
    var records = sampleRecords
    for round in 0..<200 {
      records += (1...10).map { done($0) } + [.failed(identity(500), message: "round \(round)")]
    }
    try record(records, in: directory)
    let before = try contents(directory.journal).count
    #expect(before > 200_000)
    let reopened = try record([], in: directory)
    #expect(statements(reopened) == statements(facts(of: records)))
    #expect(statements(try Journal.facts(in: directory)) == statements(facts(of: records)))
    #expect(try contents(directory.journal).count < 10_000)
    try record([done(900)], in: directory)
    let grown = facts(of: records + [done(900)])
    #expect(statements(try Journal.facts(in: directory)) == statements(grown))
  }

  @Test func aThousandRerunsDoNotGrowTheState() throws {
    try record((1...50).map { done($0) }, in: directory)
    var largest = 0
    for round in 1...1_000 {
      try record(
        [
          .runStarted(RunStart(id: "9f3c5a1e00d27b44", time: Int64(round), planned: 50)),
          .failed(identity(99), message: String(repeating: "no ", count: 30)),
          .runEnded(exitCode: 1),
        ], in: directory)
      largest = max(largest, try contents(directory.journal).count)
    }
    #expect(largest < 70_000)
    let read = try Journal.facts(in: directory)
    #expect(read.doneCount == 50)
    #expect(read.run?.time == 1_000)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        == ["checkpoints", "journal", "lock"])
  }

  @Test func anUnfinishedReplacementIsRemoved() throws {
    try record([done(1)], in: directory)
    try write([UInt8]("osbatch jour".utf8), to: directory.journal + ".new")
    #expect(try record([], in: directory).doneCount == 1)
    #expect(!FileManager.default.fileExists(atPath: directory.journal + ".new"))
  }

  @Test func readingWhileARunWritesSeesAPrefix() throws {
    let total = 20_000
    let run = try OpenRun(directory)
    let numbers = 1...total
    let posting = Platform.Thread("posting") { [writer = run.writer] in
      for number in numbers { writer.post(.append(done(number))) }
    }
    var seen = 0
    while seen < total {
      let count = try Journal.facts(in: directory).doneCount
      #expect(count >= seen)
      seen = count
    }
    posting.join()
    run.writer.close()
    #expect(
      statements(try Journal.facts(in: directory))
        == statements(facts(of: numbers.map { done($0) })))
  }
}
