import BatchCore
import Checksum
import Testing

/// What is ours at the service and what is not, when answers were lost or the run was another one.
@Suite struct OwnershipTests {
  private let identity = EntryIdentity(high: 0, low: 0)

  private func manifest(
    _ overwrite: ObjectSettings.Overwrite, count: Int = 1
  ) -> Manifest {
    var entries = EntryTable()
    var settings = ObjectSettings()
    settings.partSize = .fixed(10)
    settings.multipartThreshold = 10
    settings.retries = 3
    settings.overwrite = overwrite
    let handle = entries.intern(settings)
    for index in 0..<count {
      entries.append(Entry(file: "f\(index)", key: "k\(index)", settings: handle))
    }
    return Manifest(name: "m", targets: [Target(bucket: "b")], concurrency: 1, entries: entries)
  }

  /// As well as it can be known when a service dates something.
  private func span(_ time: Int64) -> TimeSpan { TimeSpan(earliest: time - 1, latest: time + 1) }

  private func fingerprint(size: Int, modified: Int64) -> Fingerprint {
    Fingerprint(path: 0, size: size, modified: modified, inode: 1, settings: 0)
  }

  /// Its checksum is taken, to be compared with that of what is there.
  private func readSource(_ run: inout MachineHarness) {
    run.give(
      .hashed(EntryIndex(0), .success([RangeDigest(crc64: CRC64(value: 7), md5: "")])))
  }

  /// What is there has other bytes.
  private func findAnother(_ run: inout MachineHarness, modified: Int64) {
    let (id, _) = run.flying.removeFirst()
    let object = StoredObject(
      size: 5, etag: "", crc64: CRC64(value: 8), type: "Normal", modified: span(modified))
    run.give(.answered(id, .success(.object(object)), SentBody()))
  }

  private let exists = Failure(.alreadyExists, "there", status: 409)

  // Nothing may be overwritten

  /// Its source changed while it was sent: what is stored is ours, and is replaced.
  @Test func whatWasStoredTornIsReplaced() {
    var run = MachineHarness(manifest: manifest(.never), sizes: [5])
    run.settle()
    let (id, _) = run.flying.removeFirst()
    run.give(
      .answered(
        id, .failure(Failure(.sourceChanged, "changed", mayHaveTakenEffect: true)),
        SentBody(bytes: 5)))
    #expect(run.flying.first?.request.replacesOwn == true)
  }

  /// The body was cut, so nothing was stored: another object may be there.
  @Test func whatWasCutShortReplacesNothing() {
    var run = MachineHarness(manifest: manifest(.never), sizes: [5])
    run.settle()
    let (id, _) = run.flying.removeFirst()
    run.give(
      .answered(
        id, .failure(Failure(.sourceChanged, "cut", mayHaveTakenEffect: true)), SentBody(bytes: 3)))
    #expect(run.flying.first?.request.replacesOwn == false)
  }

  /// A Put of an earlier run may have stored what is there, damaged: nobody can tell, so it does not count as there.
  @Test(arguments: [(Int64(0), false), (2_000, true)])
  func anObjectOfUnknownOriginIsNoSuccess(modified: Int64, isNewer: Bool) {
    var facts = RunFacts()
    facts.apply(.putting(identity, PutIntent(time: 1_000, settings: 0)))
    var run = MachineHarness(manifest: manifest(.never), sizes: [5], facts: facts)
    run.settle()
    run.fail(0, exists)
    readSource(&run)
    findAnother(&run, modified: modified)
    run.pass(seconds: 1)
    #expect(run.failures.count == (isNewer ? 1 : 0))
    #expect(run.summary?.unchanged == (isNewer ? 0 : 1))
  }

  /// What is there has the right bytes.
  private func findSame(
    _ run: inout MachineHarness, modified: Int64, hasOtherHeaders: Bool = false
  ) {
    let (id, _) = run.flying.removeFirst()
    var object = StoredObject(
      size: 5, etag: "", crc64: CRC64(value: 7), type: "Normal", modified: span(modified))
    object.hasOtherHeaders = hasOtherHeaders
    run.give(.answered(id, .success(.object(object)), SentBody()))
  }

  /// A Put of an earlier run stored these bytes; under which headers, only its settings tell.
  @Test(arguments: [(UInt64(0), true), (9, false), (nil, false)])
  func whatAnEarlierPutStoredIsDoneOnlyWithItsSettings(settings: UInt64?, isDone: Bool) {
    var facts = RunFacts()
    facts.apply(.putting(identity, PutIntent(time: 1_000, settings: settings)))
    var run = MachineHarness(manifest: manifest(.never), sizes: [5], facts: facts)
    run.settle()
    run.fail(0, exists)
    readSource(&run)
    findSame(&run, modified: 2_000, hasOtherHeaders: !isDone)
    #expect(run.summary?.done == (isDone ? 1 : 0))
    #expect(run.summary?.unchanged == (isDone ? 0 : 1))
  }

  /// Two runs may each have stored it, with settings of their own: from then on nobody knows which they are.
  @Test func putsOfSeveralSettingsLeaveThemUnknown() {
    var facts = RunFacts()
    facts.apply(.putting(identity, PutIntent(time: 1_000, settings: 9)))
    var run = MachineHarness(manifest: manifest(.never), sizes: [5], facts: facts)
    run.settle()
    #expect(run.records.contains(.putting(identity, PutIntent(time: 1_000, settings: nil))))
    #expect(run.flying.map(\.request.operation.name) == ["PutObject"])
  }

  /// What is sent again because the object is gone may be found by the next run.
  @Test func aPutThatReplacesAndMustNotOverwriteIsOnRecordAsWell() {
    var facts = RunFacts()
    let before = DoneFact(
      fingerprint: fingerprint(size: 4, modified: 1), crc64: CRC64(value: 1), verified: true)
    facts.apply(.done(identity, before))
    var run = MachineHarness(manifest: manifest(.never), sizes: [5], facts: facts)
    let now = run.moment.wall
    run.settle()
    #expect(run.records.contains(.putting(identity, PutIntent(time: now, settings: 0))))
    #expect(run.records.contains(.replacing(identity)))
  }

  /// Its Complete was lost, and then its upload: an object of these bytes is there, which was stored that much after
  /// the upload was begun. Whether the entry is done by that.
  private func isDoneByWhatIsThere(
    _ facts: RunFacts, _ seconds: Int64, in manifest: Manifest? = nil
  ) -> Bool {
    let sizes = Array([25, 5].prefix(manifest?.entries.count ?? 1))
    var run = MachineHarness(
      manifest: manifest ?? self.manifest(.always), sizes: sizes, facts: facts)
    let begun = run.moment.wall
    run.settle()
    // Initiate, and three parts.
    for _ in 0..<4 { run.succeed() }
    run.fail(0, Failure(.noSuchUpload, "forgotten", status: 404))
    let (id, request) = run.flying.removeFirst()
    #expect(request.operation.name == "HeadObject")
    let object = StoredObject(
      size: 25, etag: "", crc64: CRC64(value: 0), type: "Normal",
      modified: span(begun + seconds))
    run.give(.answered(id, .success(.object(object)), SentBody()))
    return run.summary?.done == 1
  }

  private func fact(settings: UInt64, _ crc64: CRC64?) -> DoneFact {
    var fingerprint = fingerprint(size: 25, modified: 1)
    fingerprint.settings = settings
    return DoneFact(fingerprint: fingerprint, crc64: crc64, verified: false)
  }

  /// An upload of which nobody has heard whether its Complete has counted, and that is gone.
  private func unanswered(settings: UInt64, _ crc64: CRC64?) -> [JournalRecord] {
    let intent = UploadIntent(
      fingerprint: fact(settings: settings, crc64).fingerprint, partSize: 10, target: "",
      bucket: "b", key: "k0", time: 1)
    return [
      .intent(identity, intent), .opened(identity, uploadID: "u"),
      .completing(identity, crc64: crc64), .closed(identity),
    ]
  }

  /// What is there may be an object of before, of the same bytes under other headers, for all that is on record.
  @Test func whatMayHaveBeenThereBeforeIsNotTakenForItsReplacement() {
    let same = CRC64(value: 0)
    let other = CRC64(value: 1)
    let histories: [(isLike: Bool, records: [JournalRecord])] = [
      (false, []),
      (true, [.done(identity, fact(settings: 9, same))]),
      (true, [.done(identity, fact(settings: 9, nil))]),
      (false, [.done(identity, fact(settings: 9, other))]),
      (true, unanswered(settings: 9, same)),
      (true, unanswered(settings: 9, nil)),
      (false, unanswered(settings: 9, other)),
      (false, unanswered(settings: 0, same)),
      (true, unanswered(settings: 9, same) + unanswered(settings: 0, same)),
      (true, [.done(identity, fact(settings: 9, same))] + unanswered(settings: 0, same)),
      (false, unanswered(settings: 9, same) + [.done(identity, fact(settings: 9, other))]),
    ]
    for (number, history) in histories.enumerated() {
      var facts = RunFacts()
      for record in history.records { facts.apply(record) }
      var rewritten = RunFacts()
      facts.forEachRecord { rewritten.apply($0) }
      for (seconds, isLater) in [(Int64(0), false), (6, false), (7, true), (600, true)] {
        let isDone = isLater || !history.isLike
        #expect(isDoneByWhatIsThere(facts, seconds) == isDone, "\(number), \(seconds) s")
        #expect(isDoneByWhatIsThere(rewritten, seconds) == isDone, "\(number), rewritten")
      }
    }
  }

  /// Somebody else has stored the same bytes since.
  @Test(arguments: [ObjectSettings.Overwrite.always, .never])
  func whatHasOtherHeadersIsNotOurs(overwrite: ObjectSettings.Overwrite) {
    var facts = RunFacts()
    if overwrite == .never {
      facts.apply(.putting(identity, PutIntent(time: 1_000, settings: 0)))
    }
    var run = MachineHarness(
      manifest: manifest(overwrite), sizes: [overwrite == .never ? 5 : 25], facts: facts)
    run.settle()
    if overwrite == .never {
      run.fail(0, exists)
      readSource(&run)
    } else {
      for _ in 0..<4 { run.succeed() }
      run.fail(0, Failure(.noSuchUpload, "forgotten", status: 404))
    }
    let (id, request) = run.flying.removeFirst()
    var object = StoredObject(
      size: request.source.size, etag: "", crc64: CRC64(value: overwrite == .never ? 7 : 0),
      type: "Normal", modified: span(run.moment.wall + 600))
    object.hasOtherHeaders = true
    run.give(.answered(id, .success(.object(object)), SentBody()))
    #expect(run.summary?.unchanged == (overwrite == .never ? 1 : nil))
    #expect((run.summary?.done ?? 0) == 0 && run.failures.isEmpty)
  }

  /// It is sent again for what it needs, which was sent after it: the object of before is the same but for its age.
  @Test(arguments: [(Int64(0), false), (6, false), (7, true)])
  func whatIsOlderThanWhatItNeedsIsNotTakenForItsReplacement(seconds: Int64, isDone: Bool) {
    var manifest = manifest(.always, count: 2)
    manifest.entries.setNeeds(Needs(entries: [EntryIndex(1)]), of: EntryIndex(0))
    var facts = RunFacts()
    facts.apply(.done(identity, fact(settings: 0, CRC64(value: 0))))
    facts.apply(
      .done(
        EntryIdentity(high: 0, low: 1),
        DoneFact(fingerprint: fingerprint(size: 5, modified: 1), crc64: nil, verified: true)))
    #expect(isDoneByWhatIsThere(facts, seconds, in: manifest) == isDone)
  }

  /// The Initiate of an earlier run may have opened what began since; what began before is somebody else's, or ours by another
  /// clock, and stays.
  @Test func onlyWhatBeganSinceTheIntentIsAborted() {
    var facts = RunFacts()
    let intent = UploadIntent(
      fingerprint: fingerprint(size: 25, modified: 1), partSize: 10, target: "", bucket: "b",
      key: "k0", time: 1_000_000)
    facts.apply(.intent(identity, intent))
    var run = MachineHarness(manifest: manifest(.always, count: 1), sizes: [25], facts: facts)
    run.settle()
    let (id, request) = run.flying.removeFirst()
    #expect(request.operation.name == "ListMultipartUploads")
    let begun: [(String, Int64)] = [
      ("long-ago", 999_000), ("before", 999_940), ("at-once", 999_996), ("later", 1_000_600),
    ]
    let uploads = begun.map {
      UploadsPage.Upload(key: "k0", uploadID: $0.0, initiated: span($0.1))
    }
    run.give(
      .answered(id, .success(.uploads(UploadsPage(uploads: uploads, next: nil))), SentBody()))
    var aborted: [String] = []
    while case .abortMultipartUpload(let uploadID) = run.flying.first?.request.operation {
      aborted.append(uploadID)
      run.succeed()
    }
    #expect(aborted == ["at-once", "later"])
    #expect(run.warnings.count == 1 && run.warnings[0].contains("upload id before stays"))
    #expect(run.flying.map(\.request.operation.name) == ["InitiateMultipartUpload"])
  }

  /// Records were lost, and a run of other entries has ended the doubt since.
  @Test func anUploadOfWhichOnlyTheIDIsKnownIsAborted() {
    var facts = RunFacts()
    facts.apply(.orphaned(identity, uploadID: "ours"))
    var run = MachineHarness(manifest: manifest(.always), sizes: [5], facts: facts)
    run.settle()
    let (id, request) = run.flying.removeFirst()
    #expect(request.operation.name == "ListMultipartUploads")
    let uploads = ["ours", "others"].map {
      UploadsPage.Upload(key: "k0", uploadID: $0, initiated: span(1_000))
    }
    run.give(
      .answered(id, .success(.uploads(UploadsPage(uploads: uploads, next: nil))), SentBody()))
    #expect(run.flying.map(\.request.operation) == [.abortMultipartUpload(uploadID: "ours")])
    run.succeed()
    #expect(run.flying.map(\.request.operation.name) == ["PutObject"])
    run.succeed()
    #expect(run.summary?.done == 1)
  }

  /// It was refused for what was there, and that is gone now.
  @Test func whatIsGoneMeanwhileIsSentAgain() {
    var facts = RunFacts()
    facts.apply(.putting(identity, PutIntent(time: 1_000, settings: 0)))
    var run = MachineHarness(manifest: manifest(.never), sizes: [5], facts: facts)
    run.settle()
    run.fail(0, exists)
    readSource(&run)
    run.fail(0, Failure(.noSuchKey, "no", status: 404))
    #expect(run.flying.map(\.request.operation.name) == ["PutObject"])
  }

  /// The first one's answer is lost, then its file changes: what it stored is not somebody else's.
  @Test func whatAnEarlierPutMayHaveStoredIsNotForgotten() {
    var run = MachineHarness(manifest: manifest(.never), sizes: [5])
    let begun = run.moment.wall
    run.settle()
    run.fail(0, Failure(.transient, "the answer was lost", mayHaveTakenEffect: true))
    run.pass(seconds: 30)
    run.fail(0, Failure(.sourceChanged, "changed"))
    run.pass(seconds: 30)
    run.fail(0, exists)
    readSource(&run)
    findAnother(&run, modified: begun)
    #expect(run.summary?.unchanged == 0)
    #expect(run.failures.count == 1)
  }

  /// What was there is asked about before a body is sent to be refused.
  @Test func whatWasThereIsLookedAtFirst() {
    var facts = RunFacts()
    for round in 0..<4 {
      var run = MachineHarness(manifest: manifest(.never), sizes: [5], facts: facts)
      run.settle()
      if round == 0 {
        run.fail(0, exists)
      } else {
        #expect(run.flying.map(\.request.operation.name) == ["HeadObject"])
        let (id, _) = run.flying.removeFirst()
        let object = StoredObject(
          size: 9, etag: "", crc64: nil, type: "Normal", modified: span(2_000_000_000))
        run.give(.answered(id, .success(.object(object)), SentBody()))
      }
      #expect(run.summary?.unchanged == 1)
      for record in run.records { facts.apply(record) }
      #expect(facts.puts.isEmpty)
    }
  }

  /// It is gone, or may not be looked at: the request itself asks.
  @Test(arguments: [
    Failure(.noSuchKey, "no", status: 404), Failure(.forbidden, "no", status: 403),
  ])
  func whatIsThereNoMoreIsSent(answer: Failure) {
    var facts = RunFacts()
    facts.apply(.existing(identity))
    var run = MachineHarness(manifest: manifest(.never), sizes: [5], facts: facts)
    run.settle()
    run.fail(0, answer)
    run.succeedAll()
    #expect(run.summary?.done == 1)
  }

  // Failures that are over

  @Test func anOldFailureIsOverWhenTheObjectIsThere() {
    var facts = RunFacts()
    facts.apply(.existing(identity))
    facts.apply(.failed(identity, message: "access denied"))
    var run = MachineHarness(manifest: manifest(.never), sizes: [5], facts: facts)
    run.settle()
    run.succeedAll()
    for record in run.records { facts.apply(record) }
    #expect(facts.failures.isEmpty)
  }

  /// A file is what it was when it was done; the upload of the other one goes.
  @Test func anOldFailureIsOverWhenTheEntryIsUnchanged() {
    var facts = RunFacts()
    let done = fingerprint(size: 35, modified: 1)
    facts.apply(
      .done(identity, DoneFact(fingerprint: done, crc64: CRC64(value: 7), verified: true)))
    facts.apply(
      .intent(
        identity,
        UploadIntent(
          fingerprint: fingerprint(size: 35, modified: 9), partSize: 10, target: "", bucket: "b",
          key: "k0", time: 1)))
    facts.apply(.opened(identity, uploadID: "u"))
    facts.apply(.failed(identity, message: "access denied"))
    var run = MachineHarness(manifest: manifest(.always), sizes: [35], facts: facts)
    run.settle()
    run.succeedAll()
    #expect(run.summary?.unchanged == 1)
    for record in run.records { facts.apply(record) }
    #expect(facts.failures.isEmpty)
    #expect(facts.done(identity) != nil)
  }

  // Uploads that nobody knows

  /// After an Initiate whose answer was lost, its upload is looked for before another one is opened: also when the
  /// service was away between.
  @Test(arguments: [0, 1, 2]) func anOutageBehindALostInitiateLeavesNoUpload(retries: Int) {
    var run = MachineHarness(sizes: [35], concurrency: 2, retries: retries)
    let lost = Failure(.transient, "the answer was lost", mayHaveTakenEffect: true)
    run.settle()
    for _ in 0..<retries {
      run.fail(0, lost)
      run.pass(seconds: 30)
      #expect(run.flying[0].request.operation == .listMultipartUploads(marker: nil))
      let (id, _) = run.flying.removeFirst()
      run.give(
        .answered(id, .success(.uploads(UploadsPage(uploads: [], next: nil))), SentBody()))
    }
    run.fail(0, lost)
    run.pass(seconds: 1)
    #expect(run.flying.map(\.request.operation.name) == ["HeadObject"])
    run.fail(0, Failure(.unreachable, "refused"))
    run.pass(seconds: 2)
    run.fail(0, Failure(.noSuchKey, "no", status: 404))
    run.pass(seconds: 30)
    #expect(run.flying.map(\.request.operation.name) == ["ListMultipartUploads"])
  }

  /// What goes next is another request, but it is the Initiate that failed.
  @Test(arguments: [Failure.Kind.transient, .clockSkew]) func aRetryNamesWhatFailed(
    kind: Failure.Kind
  ) {
    var run = MachineHarness(sizes: [35], concurrency: 2)
    run.settle()
    run.fail(0, Failure(kind, "no", mayHaveTakenEffect: true))
    run.pass(seconds: 30)
    #expect(run.flying.map(\.request.operation.name) == ["ListMultipartUploads"])
    let named = run.events.compactMap { event in
      if case .retry(_, let request, _, _, _) = event { request } else { nil }
    }
    #expect(named == ["InitiateMultipartUpload"])
  }

  /// What went twice and was refused then may have opened an upload the first time.
  @Test(arguments: [Failure.Kind.rejected, .clockSkew, .credentialsExpired])
  func whatARefusedInitiateMayHaveOpenedIsNotForgotten(kind: Failure.Kind) {
    var run = MachineHarness(sizes: [35], concurrency: 2)
    run.settle()
    run.fail(0, Failure(kind, "no", status: 403, mayHaveTakenEffect: true))
    if kind == .credentialsExpired { run.give(.credentials(.renewed)) }
    #expect(!run.records.contains { if case .closed = $0 { true } else { false } })
    let next = run.flying.map(\.request.operation.name)
    #expect(next == (kind == .rejected ? [] : ["ListMultipartUploads"]))
  }

  // Credentials

  /// What is refused for other reasons has been signed well: the next expiry is a new one.
  @Test func aSecondExpiryIsWaitedForAgain() {
    var run = MachineHarness(manifest: manifest(.never, count: 3), sizes: [5, 5, 5])
    let expired = Failure(.credentialsExpired, "expired", status: 403)
    run.settle()
    run.fail(0, expired)
    run.give(.credentials(.renewed))
    run.fail(0, exists)
    run.pass(seconds: 3_600)
    run.fail(0, expired)
    #expect(run.end == nil)
    #expect(run.refreshes == 2)
  }

  // Runs of a part

  @Test(arguments: [false, true]) func aRunEndsWithTheLastOfItsEntries(leavesOthers: Bool) throws {
    let manifest = manifest(.always, count: 2)
    let selection = try Selection(of: manifest, only: [Selector("k0")], skip: []) { _ in .pending }
    var run = MachineHarness(manifest: manifest, sizes: [5, 5]) {
      $0.selection = selection
      $0.leavesOthers = leavesOthers
    }
    run.settle()
    run.succeedAll()
    #expect(run.end == .finished)
    #expect(run.records.last == .runEnded(exitCode: leavesOthers ? 1 : 0))
  }
}
