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

  /// An age that changes would send again what needs it.
  @Test(arguments: [CRC64(value: 4), nil])
  func whatIsOnlyWrittenAgainKeepsItsAge(crc64: CRC64?) {
    let other = EntryIdentity(high: 3, low: 4)
    let done = DoneFact(fingerprint: fingerprint, crc64: crc64, verified: crc64 != nil)
    let known = facts([.done(identity, done), .done(other, done), .done(identity, done)])
    #expect(known.stamp(identity) < known.stamp(other))
    var newer = done
    newer.fingerprint.settings += 1
    let changed = facts([.done(identity, done), .done(other, done), .done(identity, newer)])
    #expect(changed.stamp(identity) > changed.stamp(other))
  }

  @Test func aReasonStaysUntilItsEntryIsDoneAndAnotherRunBegins() {
    let done = DoneFact(fingerprint: fingerprint, crc64: nil, verified: false)
    let run = JournalRecord.runStarted(RunStart(id: "r", time: 1, planned: 1))
    var records: [JournalRecord] = [run, .sending(identity, .settingsChanged), run]
    #expect(facts(records).reasons[identity] == .settingsChanged)
    records.append(.done(identity, done))
    #expect(facts(records).reasons[identity] == .settingsChanged)
    #expect(facts(records + [run]).reasons[identity] == nil)
  }

  @Test func afterALossNothingIsBelievedThatIsNotConfirmed() {
    let other = EntryIdentity(high: 3, low: 4)
    let done = DoneFact(fingerprint: fingerprint, crc64: nil, verified: false)
    var before = facts([.done(identity, done), .done(other, done)])
    #expect(!before.isDoubtful(identity))
    before.doubt([])
    #expect(before.isDoubtful(identity) && before.isDoubtful(other))
    before.apply(.done(identity, done))
    #expect(!before.isDoubtful(identity))
    var copy = RunFacts()
    before.forEachRecord { copy.apply($0) }
    #expect(!copy.isDoubtful(identity) && copy.isDoubtful(other))
    copy.apply(.doubted(false))
    #expect(copy.done(identity) == done && copy.done(other) == nil)
    #expect(copy.doneCount == 1)
  }

  @Test func checkpointsAndLostRecordsMakeNoWrongUpload() {
    let old = OpenFact(intent: intent, phase: .opened(uploadID: "u"))
    var newer = intent
    newer.time += 1
    newer.fingerprint.settings = 78
    // Behind a gap, an id does not belong to the intent before it.
    var gap = facts([.intent(identity, intent)])
    gap.skipLostRecords()
    gap.apply(.opened(identity, uploadID: "v"))
    #expect(gap.open[identity]?.uploadID == nil)
    #expect(gap.orphans[identity] == ["v"])
    gap.doubt([CheckpointHead(identity: identity, uploadID: "w", intent: newer)])
    #expect(gap.open[identity]?.uploadID == nil, "its own Initiate may have opened one more")
    #expect(gap.orphans[identity] == ["v", "w"])
    // A checkpoint of the newest upload replaces an older one, which stays ours.
    var replaced = facts([.intent(identity, intent), .opened(identity, uploadID: "u")])
    #expect(replaced.open[identity] == old)
    replaced.doubt([CheckpointHead(identity: identity, uploadID: "w", intent: newer)])
    #expect(replaced.open[identity]?.intent == newer)
    #expect(replaced.open[identity]?.phase == .completing(uploadID: "w", crc64: nil))
    #expect(replaced.orphans[identity] == ["u"])
    // Without its intent an upload cannot be continued, only aborted.
    var first = facts([])
    first.doubt([CheckpointHead(identity: identity, uploadID: "x", intent: nil)])
    #expect(first.open.isEmpty && first.orphans[identity] == ["x"])
    #expect(facts([.orphaned(identity, uploadID: "x"), .closed(identity)]).orphans.isEmpty)
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

  /// An object that was there is gone, and is being sent again: a journal that is written anew says so too.
  @Test func whatIsSentAgainOutlivesARewrittenJournal() {
    var facts = RunFacts()
    let identities = [EntryIdentity(high: 0, low: 1), EntryIdentity(high: 0, low: 2)]
    for identity in identities { facts.apply(.existing(identity)) }
    let fingerprint = Fingerprint(path: 0, size: 1, modified: 1, inode: 1, settings: 0)
    facts.apply(
      .intent(
        identities[0],
        UploadIntent(
          fingerprint: fingerprint, partSize: 1, target: "", bucket: "b", key: "k", time: 1)))
    facts.apply(.opened(identities[0], uploadID: "u"))
    facts.apply(.putting(identities[1], PutIntent(time: 5, settings: 0)))
    var again = RunFacts()
    facts.forEachRecord { again.apply($0) }
    #expect(again.open[identities[0]]?.uploadID == "u")
    #expect(again.puts[identities[1]] == PutIntent(time: 5, settings: 0))
    #expect(!again.isTaken(identities[1]))
    #expect(!again.isSettled(identities[0]))
  }
}
