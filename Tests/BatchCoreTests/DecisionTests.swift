import BatchCore
import Checksum
import Testing

/// One attribute changed at a time: is the entry sent again or not, is an old upload kept or not.
@Suite struct DecisionTests {
  private let fingerprint = Fingerprint(path: 1, size: 100, modified: 5, inode: 9, settings: 77)
  private let crc64 = CRC64(value: 42)

  struct Change: Sendable, CustomTestStringConvertible {
    var name: String
    var apply: @Sendable (inout Fingerprint) -> Void
    var testDescription: String { name }
  }

  static let evidence = [
    Change(name: "path") { $0.path = 2 }, Change(name: "mtime") { $0.modified = 6 },
    Change(name: "inode") { $0.inode = 10 },
  ]

  private func decide(
    _ changed: Fingerprint, partSize: Int? = nil, done: DoneFact? = nil, open: OpenFact? = nil,
    force: Bool = false
  ) -> Decision {
    Decision.make(for: changed, partSize: partSize, done: done, open: open, force: force)
  }

  private var doneFact: DoneFact {
    DoneFact(fingerprint: fingerprint, crc64: crc64, verified: true)
  }

  private var openFact: OpenFact {
    OpenFact(
      intent: UploadIntent(
        fingerprint: fingerprint, partSize: 10, target: "", bucket: "b", key: "k", time: 0),
      phase: .opened(uploadID: "u"))
  }

  @Test func theSameIsUnchangedAndForceSendsIt() {
    #expect(decide(fingerprint, done: doneFact) == .unchanged(doneFact))
    #expect(decide(fingerprint, done: doneFact, force: true) == .send(.forced, discarding: nil))
  }

  @Test(arguments: evidence) func onlyTheFileSystemsEvidenceLetsTheContentDecide(change: Change) {
    var changed = fingerprint
    change.apply(&changed)
    #expect(decide(changed, done: doneFact) == .compareContent(doneFact))
  }

  @Test func withoutARecordedChecksumEvidenceIsEnoughToSend() {
    var changed = fingerprint
    changed.modified += 1
    let unknown = DoneFact(fingerprint: fingerprint, crc64: nil, verified: false)
    #expect(decide(changed, done: unknown) == .send(.sourceChanged, discarding: nil))
  }

  @Test func anotherSizeOrSettingIsSentWithoutReadingTheFile() {
    var changed = fingerprint
    changed.size += 1
    #expect(decide(changed, done: doneFact) == .send(.sizeChanged, discarding: nil))
    changed = fingerprint
    changed.settings += 1
    #expect(decide(changed, done: doneFact) == .send(.settingsChanged, discarding: nil))
  }

  @Test func anOpenUploadOfTheSameIsResumed() {
    #expect(decide(fingerprint, partSize: 10, open: openFact) == .resume(openFact))
  }

  @Test(arguments: evidence) func anOpenUploadOfAnotherSourceIsDiscarded(change: Change) {
    var changed = fingerprint
    change.apply(&changed)
    #expect(
      decide(changed, partSize: 10, open: openFact) == .send(.sourceChanged, discarding: openFact))
  }

  @Test func whatIsDoneStaysDoneThoughAnUploadOfSomethingElseIsOpen() {
    var changed = fingerprint
    changed.settings += 1
    let done = DoneFact(fingerprint: changed, crc64: crc64, verified: true)
    #expect(
      decide(changed, partSize: 10, done: done, open: openFact) == .unchangedDiscarding(openFact))
  }

  @Test func anOpenUploadWithOtherSettingsSizeOrPartsIsDiscarded() {
    var changed = fingerprint
    changed.settings += 1
    #expect(
      decide(changed, partSize: 10, open: openFact)
        == .send(.settingsChanged, discarding: openFact))
    changed = fingerprint
    changed.size += 1
    #expect(
      decide(changed, partSize: 10, open: openFact) == .send(.sizeChanged, discarding: openFact))
    #expect(
      decide(fingerprint, partSize: 11, open: openFact)
        == .send(.partSizeChanged, discarding: openFact))
    #expect(
      decide(fingerprint, partSize: nil, open: openFact)
        == .send(.partSizeChanged, discarding: openFact))
  }
}
