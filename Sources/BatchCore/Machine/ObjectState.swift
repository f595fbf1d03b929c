internal import Checksum

/// Everything the machine knows of an entry between its inspection and its outcome. Thousands wait at
/// once, so what few of them have is kept behind a pointer (`indirect`).
struct ObjectState: Sendable {
  /// What the object waits for, and so what may happen to it next.
  indirect enum Phase: Sendable, Equatable {
    /// Its turn.
    case waiting
    /// The checksum of the source, to compare it with the recorded one.
    case comparing(DoneFact)
    /// A record's durability, a checkpoint, or the answer to its one request.
    case busy
    /// ListMultipartUploads, since the records of an upload may be lost.
    case searching
    /// HEAD, since an object was there that must not be overwritten.
    case looking
    /// HEAD, since records that came after `done` may be lost.
    case confirming(DoneFact)
    /// ListParts, page by page.
    case listing([ListedPart])
    /// The checkpoint, for what the listing does not say; nil: it may not be listed at all.
    case recovering([ListedPart]?)
    /// The checksums of the local ranges of parts that the service or the checkpoint has.
    case proving([ListedPart])
    /// Its parts to be sent.
    case transferring
    /// HEAD, because the answer that counted was lost; `expected` is the checksum that must be there,
    /// nil until the source has been read for it.
    case checking(expected: CRC64?, Otherwise)
  }

  /// What follows when HEAD does not find this object stored.
  enum Otherwise: Sendable, Equatable {
    case restart(SendReason)
    case fail(Failure)
    /// Somebody else's object is there, and overwriting is not wanted.
    case exists
    /// The upload may still be open; its parts may not be listed, but the checkpoint knows them.
    case useCheckpoint
  }

  /// What follows when the old upload, or strays of one, are gone.
  indirect enum AfterClosing: Sendable, Equatable {
    case begin
    case unchanged(UnchangedReason)
    case fail(Failure)
  }

  /// An upload of an earlier run, until it is resumed or gone.
  indirect enum Previous: Sendable, Equatable {
    case none
    case upload(OpenFact)
  }

  /// What happens once no request of the object is in flight.
  indirect enum Ending: Sendable, Equatable {
    case fail(Failure)
    case restart(SendReason)
  }

  let identity: EntryIdentity
  let pathDigest: UInt64
  let settingsDigest: UInt64
  /// The machine's number of the disk that its source was on when it was first looked at.
  let disk: UInt32
  /// What must be on record before its Put is.
  var isIntended = false
  var source: SourceIdentity
  var plan: UploadPlan
  var reason: SendReason
  /// The reason that is on record.
  var recordedReason: SendReason?
  var phase: Phase = .waiting
  var previous = Previous.none
  /// `previous` fits and is continued.
  var resumes = false
  var uploadID: String?
  var ledger: PartLedger?
  /// Requests in flight, or waiting to be sent, that are of this object.
  var requests: Int32 = 0
  var ending: Ending?
  var afterClosing = AfterClosing.begin
  /// What was on record as done may have been overwritten by this run.
  var mayHaveReplaced = false
  /// That it is about to be replaced by a Put of this run is on record.
  var isReplacing = false
  /// A Put or Complete of this run may have taken effect, whatever was done about it since.
  var mayHaveStored = false
  /// The service has completed its upload, whatever became of the object.
  var isCompleted = false
  /// Its parts have been proved once: what is kept from earlier runs has been counted.
  var isResumed = false
  /// Complete has been refused for its parts.
  var partsWereInvalid = false
  /// Its source must be looked at again before anything is sent.
  var sourceChanged = false
  /// How often it began anew, for whatever reason.
  var restarts: Int32 = 0
  /// Seconds since 1970 by our clock: an upload of this key, or an object, that is older is not ours.
  var intentTime: Int64 = 0
  /// The uploads of its key were listed, and it was too vague when they were begun.
  var listsAgain = false
  /// Failed attempts of Initiate whose reply was lost.
  var lostInitiates: Int32 = 0
  /// An earlier Put or Complete may have taken effect although no success was seen.
  var mayBeStored = false
  /// The Put that may have taken effect was an earlier run's, of other settings as far as is known.
  var mayHaveOtherSettings = false
  /// What is stored under the key is a damaged object of this very run: it may be replaced even
  /// where `overwrite: never` is asked for.
  var replacesOwn = false
  /// Parts that count as work ahead: see `RunMachine.activate`.
  var pledged: Int32 = 0

  mutating func beginPut(at time: Int64) {
    phase = .busy
    if !mayBeStored { intentTime = time }
    mayHaveReplaced = true
  }

  var fingerprint: Fingerprint {
    Fingerprint(of: source, path: pathDigest, settings: settingsDigest)
  }
}
