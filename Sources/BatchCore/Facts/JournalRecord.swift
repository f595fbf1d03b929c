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
  /// It was not overwritten after all, since the service refused or the run ended before: what was done still is, as if
  /// nothing had been begun.
  case kept(EntryIdentity)
  case done(EntryIdentity, DoneFact)
  /// It is not done any more, or never was for certain, and the bucket may still have this object. (Only a compacted
  /// journal says so; in others it follows from what stands before.)
  case earlier(EntryIdentity, DoneFact)
  case failed(EntryIdentity, message: String)
  /// Why the entry is sent, where that is not simply that it never was.
  case sending(EntryIdentity, SendReason)
  /// A Put that must not overwrite is about to be sent for the first time: an object that is found there afterwards may
  /// be its own.
  case putting(EntryIdentity, PutIntent)
  /// An object that must not be overwritten is there: nothing is left to do.
  case existing(EntryIdentity)
  /// An upload of ours of which nothing else is known any more, since records were lost.
  case orphaned(EntryIdentity, uploadID: String)
  /// Records may be missing (true), until a whole run has asked the service (false).
  case doubted(Bool)
  /// The run came to its end with this exit code.
  case runEnded(exitCode: Int)
}

package struct RunStart: Sendable, Equatable {
  /// Random, 16 hex digits.
  package var id: String
  /// Seconds since 1970.
  package var time: Int64
  /// Entries that it is about: those of the widest selection under which it was run; 0: all of the manifest's,
  /// however many they turn out to be.
  package var planned: Int

  package init(id: String, time: Int64, planned: Int) {
    self.id = id
    self.time = time
    self.planned = planned
  }
}

/// With what a Put that must not overwrite was sent first.
package struct PutIntent: Sendable, Equatable {
  /// Seconds since 1970, by our clock.
  package var time: Int64
  /// A digest as in `Fingerprint`; nil: not known, or Puts of several may have been sent.
  package var settings: UInt64?

  package init(time: Int64, settings: UInt64?) {
    self.time = time
    self.settings = settings
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

extension DoneFact {
  /// The record may be newer, the object in the bucket is the same.
  func isSameObject(as other: DoneFact) -> Bool {
    self == other
      || crc64 != nil && crc64 == other.crc64 && fingerprint.size == other.fingerprint.size
        && fingerprint.settings == other.fingerprint.settings
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

/// What a checkpoint says of the upload whose parts it holds; `intent` is nil in one of version 1.
package struct CheckpointHead: Sendable, Equatable {
  package var identity: EntryIdentity
  package var uploadID: String
  package var intent: UploadIntent?

  package init(identity: EntryIdentity, uploadID: String, intent: UploadIntent?) {
    self.identity = identity
    self.uploadID = uploadID
    self.intent = intent
  }
}
