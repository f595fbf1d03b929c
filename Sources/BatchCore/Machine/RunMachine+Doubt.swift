/// After records were lost (`--rebuild-state`): before anything is decided of an entry, the service says
/// what is there. An upload counts as ours only where a readable record or a checkpoint names it; what may
/// be somebody else's is never touched, and never passed over in silence. So it is for an entry that comes back, after a run
/// without it has ended the doubt, and has such an upload on record.
extension RunMachine {
  /// First the uploads of its key: whatever it is now, it may have been in parts.
  mutating func ask(_ entry: EntryIndex, _ object: ObjectState) {
    keep(entry, object)
    if mayNotSearch {
      confirm(entry, object)
    } else {
      objects[entry]?.phase = .searching
      enqueue(.listMultipartUploads(marker: nil), for: entry)
    }
  }

  /// The credentials do not allow it: said once, then not tried any more.
  mutating func searchIsForbidden(_ entry: EntryIndex, _ failure: Failure) {
    if !mayNotSearch {
      mayNotSearch = true
      report(
        .warning(
          nil,
          "uploads whose records were lost may be open, and these credentials may not list uploads: "
            + failure.message))
    }
    closeIfIdle(entry)
  }

  mutating func searched(_ entry: EntryIndex, _ object: ObjectState, _ page: UploadsPage) {
    let key = manifest.entries.key(entry)
    let open = facts.open[object.identity]
    let orphans = facts.orphans[object.identity] ?? []
    var ours: Set<String> = []
    if let open {
      if let uploadID = open.uploadID {
        ours = [uploadID]
      } else {
        ours = Set(page.strays(of: key, since: open.intent.time))
      }
    }
    for upload in page.uploads where ExactText(upload.key) == ExactText(key) {
      if orphans.contains(upload.uploadID) {
        enqueue(.abortMultipartUpload(uploadID: upload.uploadID), for: entry)
      } else if !ours.contains(upload.uploadID) {
        let why = "since records were lost"
        report(.warning(entry, UploadsPage.warning(ofUpload: upload.uploadID, why: why)))
      }
    }
    if let next = page.next, ExactText(next.key) == ExactText(key) {
      enqueue(.listMultipartUploads(marker: next), for: entry)
    } else {
      closeIfIdle(entry)
    }
  }

  /// Then the object, for an entry that is on record as done: it may have been about to be overwritten.
  mutating func confirm(_ entry: EntryIndex, _ object: ObjectState) {
    if facts.open[object.identity] == nil, facts.orphans[object.identity] != nil, !mayNotSearch {
      record(.closed(object.identity))
    }
    guard stopping == .no else { return }
    if !configuration.force, facts.isDoubtful(object.identity),
      let fact = facts.done(object.identity)
    {
      objects[entry]?.phase = .confirming(fact)
      enqueue(.headObject, for: entry)
    } else {
      decideAsked(entry, object)
    }
  }

  /// nil: it is not there, or may not be looked at.
  mutating func confirmed(
    _ entry: EntryIndex, _ object: ObjectState, _ fact: DoneFact, _ stored: StoredObject?
  ) {
    var object = object
    if let stored, stored.size == fact.fingerprint.size,
      stored.crc64 == nil || fact.crc64 == nil || stored.crc64 == fact.crc64
    {
      record(.done(object.identity, fact))
      if let open = facts.open[object.identity] {
        // What is done has no upload, but this one may have.
        record(.intent(object.identity, open.intent))
      }
      decideAsked(entry, object)
      return
    }
    object.mayHaveReplaced = true
    object.reason = .notInBucket
    decideAsked(entry, object)
  }

  private mutating func decideAsked(_ entry: EntryIndex, _ object: ObjectState) {
    guard stopping == .no else { return }
    var object = object
    object.phase = .waiting
    decide(entry, object, open: facts.open[object.identity])
  }

  mutating func warnOfOrphans(_ identity: EntryIdentity) {
    for uploadID in facts.orphans[identity] ?? [] {
      report(
        .warning(
          nil,
          "the upload with the id \(uploadID) is ours, its records were lost, and no entry of the "
            + "manifest belongs to it: put its entry back to remove it"))
    }
  }
}

extension ObjectState {
  var isBeingConfirmed: Bool {
    if case .confirming = phase { return true }
    return false
  }
}
