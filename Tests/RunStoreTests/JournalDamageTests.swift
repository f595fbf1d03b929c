import BatchCore
import Foundation
import RunStore
import Testing

@Suite struct JournalDamageTests {
  private let home: TemporaryDirectory
  private let directory: RunDirectory
  private let whole: [UInt8]
  /// Where each line begins, the version line first, and the end of the file.
  private let starts: [Int]

  init() throws {
    home = try TemporaryDirectory()
    directory = try home.run()
    try record(sampleRecords, in: directory)
    let bytes = try contents(directory.journal)
    whole = bytes
    starts = [0] + bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
    try #require(starts.count == sampleRecords.count + 2)
  }

  /// The number of the line that holds this byte; 0 is the version line.
  private func line(of offset: Int) -> Int { starts.lastIndex { $0 <= offset } ?? 0 }

  private func expected(records count: Int) -> [String] {
    statements(facts(of: sampleRecords.prefix(count)))
  }

  @Test func cutAnywhereItContinuesAfterTheLastWholeRecord() throws {
    for length in 0...whole.count {
      try write(whole.prefix(length), to: directory.journal)
      let records = max(0, line(of: length) - 1)
      #expect(statements(try Journal.facts(in: directory)) == expected(records: records))
      #expect(try contents(directory.journal).count == length, "reading changes nothing")

      let recovered = try record([done(700)], in: directory)
      #expect(statements(recovered) == expected(records: records), "cut at \(length)")
      let continued = facts(of: sampleRecords.prefix(records) + [done(700)])
      #expect(statements(try Journal.facts(in: directory)) == statements(continued))
    }
  }

  @Test(arguments: [UInt8(0x01), 0x2A, 0x80])
  func noFlippedByteGivesAWrongFact(mask: UInt8) throws {
    for offset in whole.indices {
      var bytes = whole
      bytes[offset] ^= mask
      try write(bytes, to: directory.journal)
      let damaged = line(of: offset)
      do throws(StoreError) {
        let found = statements(try Journal.facts(in: directory))
        #expect(damaged == sampleRecords.count, "only a bad last line is a torn one: \(offset)")
        #expect(found == expected(records: sampleRecords.count - 1))
      } catch {
        switch error {
        case .damaged(let file, let at, _):
          #expect(file == directory.journal)
          #expect(at == starts[damaged], "byte \(offset)")
          #expect("\(error)".contains("--rebuild-state"))
        case .newerVersion:
          #expect(damaged == 0)
        default: Issue.record("\(error)")
        }
      }
    }
  }

  @Test func aMissingRepeatedOrMovedLineIsDamage() throws {
    let lines = zip(starts, starts.dropFirst()).map { Array(whole[$0..<$1]) }
    var missing = lines
    missing.remove(at: 5)
    var moved = lines
    moved.swapAt(7, 8)
    var repeated = lines
    repeated.insert(lines[9], at: 10)
    for (lines, place) in [(missing, starts[5]), (moved, starts[7]), (repeated, starts[10])] {
      try write(lines.joined(), to: directory.journal)
      expectDamage(at: place)
    }
  }

  /// Whole lines, with which nobody can reckon.
  @Test(
    arguments: [
      .runStarted(RunStart(id: "r", time: .max, planned: 1)),
      .runStarted(RunStart(id: "r", time: 9_223_372_037, planned: 1)),
      .intent(identity(1), uploadIntent(1, time: .max)),
      .intent(identity(1), uploadIntent(1, time: .min)),
      .putting(identity(1), PutIntent(time: .max, settings: 1)),
      done(size: .max), done(size: -1),
    ] as [JournalRecord])
  func aTimeOrSizeThatCannotBeIsDamage(_ strange: JournalRecord) throws {
    let directory = try home.run("strange")
    try record([done(1), done(2), strange, done(3)], in: directory)
    let lines = try contents(directory.journal).split(separator: UInt8(ascii: "\n"))
    let place = lines[3].startIndex
    let error = #expect(throws: StoreError.self) { try Journal.facts(in: directory) }
    guard case .damaged(_, place, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    let lock = try RunLock.acquire(in: directory)
    #expect(try Journal.rebuild(in: directory, lock: lock)?.done == 3)
  }

  @Test func aNumberThatNoneCanFollowHidesNoOtherRecord() throws {
    let last = try #require(starts.dropLast().last)
    let far = sealed("x 9223372036854775807 00000000000000000000000000000063")
    try write(whole[..<last] + far + whole[last...], to: directory.journal)
    expectDamage(at: last)
    let lock = try RunLock.acquire(in: directory)
    _ = try Journal.rebuild(in: directory, lock: lock)
    #expect(try Journal.facts(in: directory).exitCode == 1, "the last record")
  }

  /// The line with its checksum (CRC-32C), computed by the book.
  private func sealed(_ text: String) -> [UInt8] {
    var register = ~UInt32(0)
    for byte in text.utf8 {
      register ^= UInt32(byte)
      for _ in 0..<8 {
        register = register & 1 == 1 ? register >> 1 ^ 0x82F6_3B78 : register >> 1
      }
    }
    return Array((text + String(format: " %08x\n", ~register)).utf8)
  }

  private func expectDamage(at place: Int) {
    #expect {
      try record([], in: directory)
    } throws: { error in
      guard case .damaged(_, place, _)? = error as? StoreError else { return false }
      return true
    }
  }

  @Test func rebuildKeepsEveryOtherRecordAndTheDamagedFile() throws {
    for damaged in 1..<sampleRecords.count {
      var bytes = whole
      bytes[starts[damaged] + 3] ^= 0x10
      try write(bytes, to: directory.journal)
      let lock = try RunLock.acquire(in: directory)
      let rebuilt = try #require(try Journal.rebuild(in: directory, lock: lock))
      #expect(rebuilt.offset == starts[damaged])
      #expect(rebuilt.damagedFile == directory.journal + ".damaged-\(damaged)")
      #expect(try contents(try #require(rebuilt.damagedFile)) == bytes)
      let found = try Journal.facts(in: directory)
      #expect(statements(found) == statements(doubtful(without: damaged - 1)), "line \(damaged)")
      #expect(rebuilt.done == found.doneCount)
    }
  }

  /// What is left to believe when a record is lost.
  private func doubtful(without lost: Int) -> RunFacts {
    var facts = RunFacts()
    for (index, record) in sampleRecords.enumerated() where index != lost {
      if index == lost + 1 { facts.skipLostRecords() }
      facts.apply(record)
    }
    facts.doubt([])
    return facts
  }

  @Test func rebuildReadsBehindADestroyedLineEndAndVersionLine() throws {
    var bytes = whole
    bytes[starts[6] - 1] = UInt8(ascii: "?")
    bytes[3] = 0
    try write(bytes, to: directory.journal)
    let lock = try RunLock.acquire(in: directory)
    let rebuilt = try #require(try Journal.rebuild(in: directory, lock: lock))
    #expect(rebuilt.offset == 0)
    #expect(statements(try Journal.facts(in: directory)) == statements(doubtful(without: 4)))
  }

  @Test func rebuildOfAWholeJournalChangesNothing() throws {
    let lock = try RunLock.acquire(in: directory)
    #expect(try Journal.rebuild(in: directory, lock: lock) == nil)
    #expect(try contents(directory.journal) == whole)
  }

  @Test(arguments: [2, 15, 1_000_000])
  func aNewerVersionIsRefusedAndLeftAlone(version: Int) throws {
    let bytes = [UInt8]("osbatch journal \(version)\nwhatever\n".utf8)
    try write(bytes, to: directory.journal)
    let error = #expect(throws: StoreError.self) { try record([], in: directory) }
    #expect(error == .newerVersion(file: directory.journal, version: version))
    let lock = try RunLock.acquire(in: directory)
    #expect(throws: StoreError.self) { _ = try Journal.rebuild(in: directory, lock: lock) }
    #expect(try contents(directory.journal) == bytes)
  }

  @Test(arguments: [
    "hello", "\n", "osbatch journal 0\n", "osbatch journal 1 \n", "osbatch journal -1\n",
    "osbatch journal 99999999999999999999\n", "osbatch journal 1\r\n",
    String(repeating: "\0", count: 3 << 20), String(repeating: "a 1 1 1 1", count: 200_000) + "\n",
  ])
  func whatIsNotAJournalIsRefused(text: String) throws {
    try write(text.utf8, to: directory.journal)
    expectDamage(at: 0)
  }

  /// What a power loss may leave of a journal that had just been created.
  @Test(arguments: [1, 20, 4_096])
  func aFewZerosAreAnEmptyJournal(count: Int) throws {
    try write([UInt8](repeating: 0, count: count), to: directory.journal)
    #expect(try Journal.facts(in: directory).doneCount == 0)
    #expect(statements(try record(sampleRecords, in: directory)).isEmpty)
    #expect(statements(try record([], in: directory)) == expected(records: sampleRecords.count))
  }

  @Test func aLongTailOfGarbageIsCut() throws {
    try write(whole + [UInt8](repeating: 0, count: 3 << 20), to: directory.journal)
    #expect(statements(try record([], in: directory)) == expected(records: sampleRecords.count))
    #expect(try contents(directory.journal) == whole)
  }

  /// A line that this program would have written for a kind of the future.
  @Test func recordsOfAnUnknownKindAreSkipped() throws {
    let home = try TemporaryDirectory()
    let directory = try home.run()
    // The checksums were computed by another implementation of CRC-32C.
    let text = """
      osbatch journal 1
      z 1 something new e63d76de
      e 2 5 c2ea0667

      """
    try write(text.utf8, to: directory.journal)
    #expect(try record([done(1)], in: directory).exitCode == 5)
    #expect(try Journal.facts(in: directory).doneCount == 1)
  }
}
