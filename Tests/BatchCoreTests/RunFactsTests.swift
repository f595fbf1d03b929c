import BatchCore
import Checksum
import Testing

@Suite struct RunFactsTests {
  private let identity = EntryIdentity(high: 1, low: 2)
  private let fingerprint = Fingerprint(path: 1, size: 100, modified: 5, inode: 9, settings: 77)

  private var intent: UploadIntent {
    UploadIntent(
      fingerprint: fingerprint, partSize: 10, target: "t", bucket: "b", key: "k", time: 3)
  }

  private func facts(_ records: [JournalRecord]) -> RunFacts {
    var facts = RunFacts()
    for record in records { facts.apply(record) }
    return facts
  }

  @Test func anUploadGoesThroughItsPhasesAndEndsWithDone() {
    let done = DoneFact(fingerprint: fingerprint, crc64: CRC64(value: 4), verified: true)
    var records: [JournalRecord] = [.intent(identity, intent)]
    #expect(facts(records).open[identity]?.uploadID == nil)
    records.append(.opened(identity, uploadID: "u"))
    #expect(facts(records).open[identity]?.phase == .opened(uploadID: "u"))
    records.append(.completing(identity, crc64: CRC64(value: 4)))
    #expect(
      facts(records).open[identity]?.phase
        == .completing(uploadID: "u", crc64: CRC64(value: 4)))
    records.append(.done(identity, done))
    #expect(facts(records).open.isEmpty)
    #expect(facts(records).done(identity) == done)
    #expect(facts(records).doneCount == 1)
  }

  @Test func aFailureStaysUntilTheEntryIsDone() {
    let done = DoneFact(fingerprint: fingerprint, crc64: nil, verified: false)
    let failed = facts([.failed(identity, message: "no"), .runEnded(exitCode: 1)])
    #expect(failed.failures[identity] == "no")
    #expect(failed.exitCode == 1)
    #expect(facts([.failed(identity, message: "no"), .done(identity, done)]).failures.isEmpty)
  }

  @Test func theRecordsOfFactsSayTheSame() {
    let other = EntryIdentity(high: 3, low: 4)
    let original = facts([
      .runStarted(RunStart(id: "r", time: 1, planned: 2)), .intent(identity, intent),
      .opened(identity, uploadID: "u"), .completing(identity, crc64: nil),
      .done(other, DoneFact(fingerprint: fingerprint, crc64: nil, verified: false)),
      .failed(identity, message: "no"), .runEnded(exitCode: 5),
    ])
    var copy = RunFacts()
    original.forEachRecord { copy.apply($0) }
    #expect(copy.open == original.open)
    #expect(copy.failures == original.failures)
    #expect(copy.done(other) == original.done(other))
    #expect(copy.run == original.run)
    #expect(copy.exitCode == 5)
  }
}
