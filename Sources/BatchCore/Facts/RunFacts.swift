package import Checksum

/// One fact of the run, as the journal keeps it. The order in which records are applied is their
/// order in the journal; what they mean together is `RunFacts`.
package enum JournalRecord: Sendable, Equatable {
  case runStarted(RunStart)
  /// A multipart upload is about to be initiated (before Initiate: no upload is ever orphaned).
  case intent(EntryIdentity, UploadIntent)
  /// Initiate answered with this id (before the first part).
  case opened(EntryIdentity, uploadID: String)
  /// Complete is about to be sent; `crc64` is what the whole object must have, nil if unknown.
  case completing(EntryIdentity, crc64: CRC64?)
  /// The upload of this entry is gone: aborted, or unknown to the service.
  case closed(EntryIdentity)
  /// The object that is done is about to be overwritten: until that is done, nothing is known of it.
  case replacing(EntryIdentity)
  case done(EntryIdentity, DoneFact)
  case failed(EntryIdentity, message: String)
  /// The run came to its end with this exit code.
  case runEnded(exitCode: Int)
}

package struct RunStart: Sendable, Equatable {
  /// Random, 16 hex digits.
  package var id: String
  /// Seconds since 1970.
  package var time: Int64
  /// Entries of the manifest then.
  package var planned: Int

  package init(id: String, time: Int64, planned: Int) {
    self.id = id
    self.time = time
    self.planned = planned
  }
}

/// What an upload is for: enough to resume it, and to find and abort it without the manifest.
package struct UploadIntent: Sendable, Equatable {
  package var fingerprint: Fingerprint
  /// Bytes of every part but the last.
  package var partSize: Int
  /// The target's name in the manifest ("" for the single one).
  package var target: String
  package var bucket: String
  package var key: String
  /// Seconds since 1970, by our clock, when it was written.
  package var time: Int64

  package init(
    fingerprint: Fingerprint, partSize: Int, target: String, bucket: String, key: String,
    time: Int64
  ) {
    self.fingerprint = fingerprint
    self.partSize = partSize
    self.target = target
    self.bucket = bucket
    self.key = key
    self.time = time
  }
}

/// An object that is in the bucket and proved.
package struct DoneFact: Sendable, Equatable {
  package var fingerprint: Fingerprint
  /// The whole object's checksum; nil when it was not computed (`checksum: none`).
  package var crc64: CRC64?
  /// The service confirmed the checksum.
  package var verified: Bool

  package init(fingerprint: Fingerprint, crc64: CRC64?, verified: Bool) {
    self.fingerprint = fingerprint
    self.crc64 = crc64
    self.verified = verified
  }
}

/// A multipart upload that may exist at the service.
package struct OpenFact: Sendable, Equatable {
  package enum Phase: Sendable, Equatable {
    /// Initiate may have been sent; the id, if there is one, is not known.
    case intended
    case opened(uploadID: String)
    /// Complete may have been sent.
    case completing(uploadID: String, crc64: CRC64?)
  }

  package var intent: UploadIntent
  package var phase: Phase

  package init(intent: UploadIntent, phase: Phase) {
    self.intent = intent
    self.phase = phase
  }

  /// nil while the id is not known.
  package var uploadID: String? {
    switch phase {
    case .intended: nil
    case .opened(let uploadID), .completing(let uploadID, _): uploadID
    }
  }
}

/// What is known of all entries, by replaying records in order. A done entry takes about 100 bytes
/// of memory, so that a million of them fit.
package struct RunFacts: Sendable {
  private var rows: [EntryIdentity: UInt32] = [:]
  private var done: ContiguousArray<DoneFact?> = []
  package private(set) var open: [EntryIdentity: OpenFact] = [:]
  package private(set) var failures: [EntryIdentity: String] = [:]
  package private(set) var run: RunStart?
  /// The exit code of the newest run, nil while it has not ended.
  package private(set) var exitCode: Int?

  package init() {}

  /// Makes room for this many done entries: tables that double while they grow need half as much
  /// again.
  package mutating func reserveCapacity(_ count: Int) {
    rows.reserveCapacity(count)
    done.reserveCapacity(count)
  }

  /// How many identities are done.
  package private(set) var doneCount = 0

  package func done(_ identity: EntryIdentity) -> DoneFact? {
    guard let row = rows[identity] else { return nil }
    return done[Int(row)]
  }

  package mutating func apply(_ record: JournalRecord) {
    switch record {
    case .runStarted(let start):
      run = start
      exitCode = nil
    case .intent(let identity, let intent):
      open[identity] = OpenFact(intent: intent, phase: .intended)
    case .opened(let identity, let uploadID):
      open[identity]?.phase = .opened(uploadID: uploadID)
    case .completing(let identity, let crc64):
      forgetDone(identity)
      guard let uploadID = open[identity]?.uploadID else { break }
      open[identity]?.phase = .completing(uploadID: uploadID, crc64: crc64)
    case .closed(let identity):
      open[identity] = nil
    case .replacing(let identity): forgetDone(identity)
    case .done(let identity, let fact):
      open[identity] = nil
      failures[identity] = nil
      set(identity, fact)
    case .failed(let identity, let message):
      failures[identity] = message
    case .runEnded(let code):
      exitCode = code
    }
  }

  private mutating func forgetDone(_ identity: EntryIdentity) {
    guard let row = rows[identity], done[Int(row)] != nil else { return }
    done[Int(row)] = nil
    doneCount -= 1
  }

  private mutating func set(_ identity: EntryIdentity, _ fact: DoneFact) {
    if let row = rows[identity] {
      if done[Int(row)] == nil { doneCount += 1 }
      done[Int(row)] = fact
    } else {
      rows[identity] = UInt32(done.count)
      done.append(fact)
      doneCount += 1
    }
  }

  /// The records that say the same with nothing superseded: what a compacted journal holds.
  package func forEachRecord<Failure: Error>(
    _ body: (JournalRecord) throws(Failure) -> Void
  ) throws(Failure) {
    for (identity, row) in rows {
      if let fact = done[Int(row)] { try body(.done(identity, fact)) }
    }
    if let run { try body(.runStarted(run)) }
    for (identity, fact) in open {
      try body(.intent(identity, fact.intent))
      switch fact.phase {
      case .intended: break
      case .opened(let uploadID):
        try body(.opened(identity, uploadID: uploadID))
      case .completing(let uploadID, let crc64):
        try body(.opened(identity, uploadID: uploadID))
        try body(.completing(identity, crc64: crc64))
      }
    }
    for (identity, message) in failures { try body(.failed(identity, message: message)) }
    if let exitCode { try body(.runEnded(exitCode: exitCode)) }
  }
}

/// A part that the service has acknowledged, as a checkpoint keeps it.
package struct CheckpointPart: Sendable, Equatable {
  package var number: Int
  package var etag: String
  /// The checksum of the bytes that were sent; nil when none was computed.
  package var crc64: CRC64?

  package init(number: Int, etag: String, crc64: CRC64?) {
    self.number = number
    self.etag = etag
    self.crc64 = crc64
  }
}
