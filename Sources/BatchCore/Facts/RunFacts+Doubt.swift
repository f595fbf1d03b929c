/// What is still believed after records were lost: everything that was read, but nothing without asking.
extension RunFacts {
  /// Adds what checkpoints prove, and keeps in mind that records are missing. A checkpoint names an
  /// upload that was ours; in which state it is now, only the service knows.
  package mutating func doubt(_ checkpoints: [CheckpointHead]) {
    apply(.doubted(true))
    for head in checkpoints { adopt(head) }
    for (identity, fact) in open {
      guard let uploadID = fact.uploadID else { continue }
      // That it is being completed may be among what was lost.
      apply(.completing(identity, crc64: nil))
      orphans[identity]?.remove(uploadID)
    }
    orphans = orphans.filter { !$0.value.isEmpty }
  }

  /// Takes up uploads that only a checkpoint names: the journal, or its end, was lost or removed. True when there was one.
  @discardableResult
  package mutating func adopt(_ strays: [CheckpointHead]) -> Bool {
    var hasAdopted = false
    for head in strays
    where head.intent != nil && lacks(head) && closed[head.identity] != head.uploadID {
      adopt(head)
      hasAdopted = true
      guard open[head.identity]?.uploadID == head.uploadID else { continue }
      apply(.completing(head.identity, crc64: nil))
    }
    return hasAdopted
  }

  /// The checkpoint is of an upload that no record names.
  package func lacks(_ head: CheckpointHead) -> Bool {
    open[head.identity]?.uploadID != head.uploadID
      && orphans[head.identity]?.contains(head.uploadID) != true && !isOfWhatIsDone(head)
  }

  /// A crash can leave the checkpoint of the object that is done; one of another content or other settings is of an upload that
  /// was to replace it.
  private func isOfWhatIsDone(_ head: CheckpointHead) -> Bool {
    guard let done = done(head.identity) else { return false }
    return head.intent == nil || head.intent?.fingerprint == done.fingerprint
  }

  private mutating func adopt(_ head: CheckpointHead) {
    let known = open[head.identity]
    guard known?.uploadID != head.uploadID else { return }
    guard let intent = head.intent, isNewest(intent, known) else {
      orphans[head.identity, default: []].insert(head.uploadID)
      return
    }
    if let other = known?.uploadID { orphans[head.identity, default: []].insert(other) }
    open[head.identity] = OpenFact(intent: intent, phase: .opened(uploadID: head.uploadID))
  }

  /// An intent without an upload may have opened one of its own: it is only replaced by itself.
  private func isNewest(_ intent: UploadIntent, _ known: OpenFact?) -> Bool {
    guard let known else { return true }
    return known.uploadID == nil ? intent == known.intent : intent.time >= known.intent.time
  }
}
