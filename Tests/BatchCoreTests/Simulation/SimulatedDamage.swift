import BatchCore

/// Records are lost in the middle of the journal, and `--rebuild-state` keeps the rest.
extension SimulatedWorld {
  mutating func damage() {
    guard journal.count > 2 else { return }
    var lost: Set<Int> = []
    let first = Int.random(in: 0..<journal.count - 1, using: &random)
    for index in first..<min(first + Int.random(in: 1...4, using: &random), journal.count - 1)
    where chance(0.8) {
      lost.insert(index)
    }
    if chance(0.3) { loseNewerContent(&lost) }
    guard !lost.isEmpty else { return }
    isDamaged = true
    var facts = RunFacts()
    for (index, record) in journal.enumerated() where !lost.contains(index) {
      if lost.contains(index - 1) { facts.skipLostRecords() }
      facts.apply(record)
    }
    let heads = checkpoints.keys.sorted { $0.low < $1.low }.map { identity in
      CheckpointHead(
        identity: identity, uploadID: checkpoints[identity]?.uploadID ?? "",
        intent: checkpoints[identity]?.intent)
    }
    facts.doubt(heads)
    journal = []
    facts.forEachRecord { journal.append($0) }
    checkpoints = checkpoints.filter { facts.open[$0.key] != nil }
    syncedRecords = journal.count
    durablyDone = [:]
    notedRecords = 0
    completed = [:]
    noteDurablyDone()
  }

  /// An old content of a source is back, and of what was stored since only the oldest record is left: it
  /// says of the bucket what is not true any more.
  private mutating func loseNewerContent(_ lost: inout Set<Int>) {
    guard let index = sources.indices.randomElement(using: &random) else { return }
    let identity = identity(EntryIndex(index))
    let about = journal.indices.filter { journal[$0].isAbout(identity) }
    let first = about.first { if case .done = journal[$0] { true } else { false } }
    guard let first, case .done(_, let fact) = journal[first],
      let content = sources[index].history[fact.fingerprint.modified]
    else { return }
    let newer = about.filter { $0 > first }
    // What is lost at the end would be a torn tail, and that is never more than what was not durable.
    guard let last = newer.last, last < journal.count - 1 else { return }
    lost.remove(first)
    lost.formUnion(newer)
    sources[index].content = content
    sources[index].identity = SourceIdentity(
      size: content.count, modified: fact.fingerprint.modified, inode: 1, changed: clock)
  }

  /// What an upload that is left has to do with us.
  func isExcused(_ uploadID: String) -> Bool {
    if foreign.contains(uploadID) { return true }
    guard isDamaged, let upload = service.uploads[uploadID] else { return false }
    return unasked.contains(upload.key)
      || warnings.contains { $0.contains("upload id \(uploadID) ") }
  }
}

extension JournalRecord {
  fileprivate func isAbout(_ wanted: EntryIdentity) -> Bool {
    switch self {
    case .intent(wanted, _), .opened(wanted, _), .completing(wanted, _), .closed(wanted),
      .replacing(wanted), .kept(wanted), .done(wanted, _), .failed(wanted, _),
      .sending(wanted, _), .putting(wanted, _), .existing(wanted), .orphaned(wanted, _):
      true
    default: false
    }
  }
}
