/// What is known of all entries, by replaying records in order. A done entry takes about 100 bytes
/// of memory, so that a million of them fit.
package struct RunFacts: Sendable {
  private var rows: [EntryIdentity: UInt32] = [:]
  private var done: ContiguousArray<DoneFact?> = []
  /// Of each row: when it became done, counted through all records; 0: it is not.
  private var stamps: ContiguousArray<UInt32> = []
  private var lastStamp: UInt32 = 0
  /// What was done before it was to be overwritten, until it is known what became of it.
  private var replaced: [EntryIdentity: (fact: DoneFact, stamp: UInt32)] = [:]
  /// Of those that are not done: what was done before, and what a Complete without an answer may have stored.
  private var earlier: [EntryIdentity: [DoneFact]] = [:]
  package internal(set) var open: [EntryIdentity: OpenFact] = [:]
  package private(set) var failures: [EntryIdentity: String] = [:]
  package private(set) var run: RunStart?
  /// The exit code of the newest run, nil while it has not ended.
  package private(set) var exitCode: Int?
  /// Why entries are sent that are not done, and why those were that the newest run made done.
  package private(set) var reasons: [EntryIdentity: SendReason] = [:]
  /// Puts that must not overwrite and may have stored their objects.
  package private(set) var puts: [EntryIdentity: PutIntent] = [:]
  /// Entries whose object is there and must not be overwritten.
  package private(set) var existing: Set<EntryIdentity> = []
  /// The uploads that were closed last, of entries that are not done: their checkpoints say nothing any more.
  private(set) var closed: [EntryIdentity: String] = [:]
  /// Uploads of ours of which only the id is known.
  package internal(set) var orphans: [EntryIdentity: Set<String>] = [:]
  /// Records may be missing: what these facts say holds only where the service agrees.
  package private(set) var isDoubtful = false
  /// Of a doubtful journal: the rows whose `done` was written since the loss, and so is believed.
  private var believed: ContiguousArray<Bool> = []
  /// Intents behind which records are missing: an upload that is opened next need not be theirs.
  private var interrupted: Set<EntryIdentity> = []

  package init() {}

  /// Makes room for this many done entries: tables that double while they grow need half as much
  /// again.
  package mutating func reserveCapacity(_ count: Int) {
    rows.reserveCapacity(count)
    done.reserveCapacity(count)
    stamps.reserveCapacity(count)
  }

  /// How many identities are done.
  package private(set) var doneCount = 0

  package func done(_ identity: EntryIdentity) -> DoneFact? {
    guard let row = rows[identity] else { return nil }
    return done[Int(row)]
  }

  /// All objects that may be under its key by what is on record.
  package func mayBeStored(_ identity: EntryIdentity) -> [DoneFact] {
    if let done = done(identity) { return [done] }
    return (earlier[identity] ?? []) + (completing(identity).map { [$0] } ?? [])
  }

  /// What the Complete of its upload, if there may have been one, has stored.
  private func completing(_ identity: EntryIdentity) -> DoneFact? {
    guard let open = open[identity], case .completing(_, let crc64) = open.phase else { return nil }
    return DoneFact(fingerprint: open.intent.fingerprint, crc64: crc64, verified: false)
  }

  /// Who needs it can have it without its being run: it is done, for certain, of the source that is there now.
  package func serves(_ identity: EntryIdentity, _ fingerprint: Fingerprint?) -> Bool {
    guard let fingerprint else { return false }
    return done(identity)?.fingerprint == fingerprint && !isDoubtful(identity)
  }

  /// Somebody else's object is there as far as is known, and no Put of ours can have replaced it.
  package func isTaken(_ identity: EntryIdentity) -> Bool {
    !existing.isEmpty && existing.contains(identity) && puts[identity] == nil
  }

  /// Nothing is left to do for it, as far as is on record.
  package func isSettled(_ identity: EntryIdentity) -> Bool {
    (done(identity) != nil || existing.contains(identity)) && failures[identity] == nil
      && open[identity] == nil
  }

  /// It is done, but a record that says otherwise may have been lost: the service must confirm it.
  package func isDoubtful(_ identity: EntryIdentity) -> Bool {
    guard isDoubtful, let row = rows[identity] else { return false }
    return done[Int(row)] != nil && !believed[Int(row)]
  }

  /// Of two done identities the one that became done later has the higher stamp; 0: it is not done. What
  /// was only recorded again, with the same content and settings, keeps its stamp.
  package func stamp(_ identity: EntryIdentity) -> UInt32 {
    guard let row = rows[identity] else { return 0 }
    return stamps[Int(row)]
  }

  package mutating func apply(_ record: JournalRecord) {
    switch record {
    case .runStarted(let start):
      run = start
      exitCode = nil
      reasons = reasons.filter { done($0.key) == nil }
    case .intent(let identity, let intent):
      interrupted.remove(identity)
      if let fact = completing(identity) { mayStillBeStored(identity, fact) }
      open[identity] = OpenFact(intent: intent, phase: .intended)
    case .opened(let identity, let uploadID): opened(identity, uploadID)
    case .completing(let identity, let crc64):
      forgetDone(identity)
      guard let uploadID = open[identity]?.uploadID else { break }
      open[identity]?.phase = .completing(uploadID: uploadID, crc64: crc64)
    case .closed(let identity):
      if let fact = completing(identity) { mayStillBeStored(identity, fact) }
      if let uploadID = open[identity]?.uploadID { closed[identity] = uploadID }
      nothingIsLeft(identity)
    case .replacing(let identity):
      if let fact = done(identity) { replaced[identity] = (fact, stamp(identity)) }
      forgetDone(identity)
    case .kept(let identity):
      guard let (fact, stamp) = replaced.removeValue(forKey: identity) else { break }
      // Of one that failed it says why that was tried.
      if failures[identity] == nil { reasons[identity] = nil }
      earlier[identity] = nil
      set(identity, fact, stamp: stamp)
    case .done(let identity, let fact):
      nothingIsLeft(identity)
      if !failures.isEmpty { failures[identity] = nil }
      if !existing.isEmpty { existing.remove(identity) }
      if !replaced.isEmpty { replaced[identity] = nil }
      if !earlier.isEmpty { earlier[identity] = nil }
      if !closed.isEmpty { closed[identity] = nil }
      set(identity, fact)
    case .failed(let identity, let message):
      failures[identity] = message
    case .existing(let identity):
      nothingIsLeft(identity)
      failures[identity] = nil
      existing.insert(identity)
    case .earlier(let identity, let fact): mayStillBeStored(identity, fact)
    case .sending(let identity, let reason): reasons[identity] = reason
    case .putting(let identity, let intent): puts[identity] = intent
    case .orphaned(let identity, let uploadID): orphans[identity, default: []].insert(uploadID)
    case .doubted(true):
      isDoubtful = true
      believed = ContiguousArray(repeating: false, count: done.count)
    case .doubted(false): endDoubt()
    case .runEnded(let code):
      exitCode = code
    }
  }

  /// Only an intent directly before it says what an upload is for.
  private mutating func opened(_ identity: EntryIdentity, _ uploadID: String) {
    guard open[identity]?.phase == .intended, !interrupted.contains(identity) else {
      orphans[identity, default: []].insert(uploadID)
      return
    }
    open[identity]?.phase = .opened(uploadID: uploadID)
  }

  private mutating func nothingIsLeft(_ identity: EntryIdentity) {
    // (Most journals have done entries and nothing else: no million of vain searches.)
    if !open.isEmpty { open[identity] = nil }
    if !puts.isEmpty { puts[identity] = nil }
    if !orphans.isEmpty { orphans[identity] = nil }
  }

  /// The next record is not the one that followed the last: some have been lost.
  package mutating func skipLostRecords() {
    interrupted.formUnion(open.keys)
  }

  /// The service was asked about every entry that counts: what it did not confirm is forgotten.
  private mutating func endDoubt() {
    guard isDoubtful else { return }
    for (identity, row) in rows where !believed[Int(row)] { forgetDone(identity) }
    isDoubtful = false
    believed = []
  }

  private mutating func forgetDone(_ identity: EntryIdentity) {
    guard let row = rows[identity], let fact = done[Int(row)] else { return }
    mayStillBeStored(identity, fact)
    done[Int(row)] = nil
    stamps[Int(row)] = 0
    doneCount -= 1
  }

  private mutating func mayStillBeStored(_ identity: EntryIdentity, _ fact: DoneFact) {
    if earlier[identity]?.contains(fact) != true { earlier[identity, default: []].append(fact) }
  }

  /// `stamp`: that of an object which was done before; else it is the newest, or what it was.
  private mutating func set(_ identity: EntryIdentity, _ fact: DoneFact, stamp: UInt32? = nil) {
    if let row = rows[identity] {
      if done[Int(row)] == nil { doneCount += 1 }
      if done[Int(row)]?.isSameObject(as: fact) != true { stamps[Int(row)] = stamp ?? nextStamp() }
      done[Int(row)] = fact
    } else {
      rows[identity] = UInt32(done.count)
      done.append(fact)
      stamps.append(stamp ?? nextStamp())
      doneCount += 1
      if isDoubtful { believed.append(true) }
    }
    if isDoubtful, let row = rows[identity] { believed[Int(row)] = true }
  }

  private mutating func nextStamp() -> UInt32 {
    lastStamp += 1
    return lastStamp
  }

  /// The identities that are done, in the order in which they became so.
  private var doneInOrder: ContiguousArray<(identity: EntryIdentity, row: UInt32)> {
    var ordered = ContiguousArray(
      rows.lazy.filter { done[Int($0.value)] != nil }.map { (identity: $0.key, row: $0.value) })
    ordered.sort { stamps[Int($0.row)] < stamps[Int($1.row)] }
    return ordered
  }

  /// The records that say the same with nothing superseded, what is done in the order in which it became
  /// so: what a compacted journal holds.
  package func forEachRecord<Failure: Error>(
    _ body: (JournalRecord) throws(Failure) -> Void
  ) throws(Failure) {
    let ordered = doneInOrder
    for (identity, row) in ordered where !isDoubtful || !believed[Int(row)] {
      if let fact = done[Int(row)] { try body(.done(identity, fact)) }
    }
    if isDoubtful {
      try body(.doubted(true))
      for (identity, row) in ordered where believed[Int(row)] {
        if let fact = done[Int(row)] { try body(.done(identity, fact)) }
      }
    }
    if let run { try body(.runStarted(run)) }
    // (It says that nothing else is left, which was so when it was written.)
    for identity in existing { try body(.existing(identity)) }
    for (identity, facts) in earlier {
      for fact in facts { try body(.earlier(identity, fact)) }
    }
    for (identity, fact) in open {
      for record in records(of: identity, fact) { try body(record) }
    }
    for (identity, reason) in reasons where done(identity) == nil {
      try body(.sending(identity, reason))
    }
    for (identity, intent) in puts { try body(.putting(identity, intent)) }
    for (identity, uploadIDs) in orphans {
      for uploadID in uploadIDs { try body(.orphaned(identity, uploadID: uploadID)) }
    }
    for (identity, message) in failures { try body(.failed(identity, message: message)) }
    if let exitCode { try body(.runEnded(exitCode: exitCode)) }
  }

  private func records(of identity: EntryIdentity, _ fact: OpenFact) -> [JournalRecord] {
    let intent = JournalRecord.intent(identity, fact.intent)
    return switch fact.phase {
    case .intended: [intent]
    case .opened(let uploadID): [intent, .opened(identity, uploadID: uploadID)]
    case .completing(let uploadID, let crc64):
      [
        intent, .opened(identity, uploadID: uploadID), .completing(identity, crc64: crc64),
      ]
    }
  }
}
