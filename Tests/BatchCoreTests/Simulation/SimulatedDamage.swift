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

  /// What an upload that is left has to do with us.
  func isExcused(_ uploadID: String) -> Bool {
    if foreign.contains(uploadID) { return true }
    guard isDamaged, let upload = service.uploads[uploadID] else { return false }
    return unasked.contains(upload.key)
      || warnings.contains { $0.contains("upload id \(uploadID) ") }
  }
}
