package import Checksum

/// A moment as the machine sees it: the monotonic clock for delays, the calendar for records.
package struct Moment: Sendable, Equatable {
  /// Nanoseconds of the monotonic clock.
  package var monotonic: Int64
  /// Seconds since 1970 by our clock.
  package var wall: Int64

  package init(monotonic: Int64, wall: Int64) {
    self.monotonic = monotonic
    self.wall = wall
  }
}

/// What the machine wants done. Each command is answered by the event named with it, or by none.
package enum RunCommand: Sendable {
  /// Look at an entry's source: `.inspected`.
  case inspect(EntryIndex)
  /// Read ranges of a source that must still be `source`, and checksum each: `.hashed`.
  case hash(EntryIndex, ranges: [Range<Int>], source: SourceIdentity, withMD5: Bool)
  /// This request goes as soon as its body is at hand and a slot is free; the source must still be its
  /// `source`: `.bodyRead`.
  case readBody(BodyID, RunRequest)
  /// The body is not wanted any more. If it is being read, it is still answered.
  case dropBody(BodyID)
  /// Send a request: `.answered`.
  case send(RequestID, RunRequest)
  /// Put a record at the journal's end: `.durable` once it is safe. Tickets count appends from 1. When it is
  /// awaited, at once; otherwise it may share its flush with those that follow.
  case append(JournalRecord, isAwaited: Bool)
  case beginCheckpoint(EntryIdentity, UploadIntent, uploadID: String)
  case checkpointPart(EntryIdentity, CheckpointPart)
  /// Read what a checkpoint knows of an upload: `.checkpoint`.
  case loadCheckpoint(EntryIndex, EntryIdentity, uploadID: String)
  case removeCheckpoint(EntryIdentity)
  case report(RunEvent)
  /// The entry needs its source's descriptor no more.
  case release(EntryIndex)
  /// Newer credentials are needed: `.credentials` once they were looked for.
  case refreshCredentials
  /// End this request, which is not wanted any more; it is still answered.
  case cancelRequest(RequestID)
  /// End all requests in flight at once; each is still answered.
  case cancelRequests
  /// The last command.
  case finish(RunEnd, RunSummary)
}

package enum RunInput: Sendable {
  /// More entries of a growing table have been found.
  case entries(EntryBatch)
  /// All entries have been found.
  case entriesEnded
  case inspected(EntryIndex, InspectedSource)
  case hashed(EntryIndex, Result<[RangeDigest], Failure>)
  case bodyRead(BodyID, Result<Void, Failure>)
  case answered(RequestID, Result<Reply, Failure>, SentBody)
  case durable(upTo: Int)
  case checkpoint(EntryIndex, [CheckpointPart])
  /// Unasked as well, when credentials are renewed ahead of time.
  case credentials(CredentialsNews)
  case storeFailed(String)
  /// First signal, or a limit: no new requests, those in flight may end.
  case drain(RunEnd)
  /// Second signal: end at once.
  case stop
  /// A moment asked for with `nextWake` has come, or the run begins.
  case tick
}

/// What became of looking for newer credentials.
package enum CredentialsNews: Sendable, Equatable {
  /// Requests from now on are signed with others.
  case renewed
  /// There are none yet, and why.
  case unavailable(String)
}

/// Names a request between `.send` and `.answered`.
package struct RequestID: Hashable, Sendable {
  package var rawValue: UInt32
  package init(_ rawValue: Int) { self.rawValue = UInt32(rawValue) }
  package var value: Int { Int(rawValue) }
}

/// A request with what its execution must check: a body is sent, and an upload completed, only while
/// the source still is `source`.
package struct RunRequest: Sendable, Equatable {
  package var entry: EntryIndex
  package var operation: Operation
  package var source: SourceIdentity
  /// Its body, if it has been read for it.
  package var body: BodyID?
  /// Failed attempts before this one.
  package var failures = 0
  /// Answers that called the signing clock wrong.
  package var skews = 0
  /// Which credentials it was sent with: how often they had been renewed.
  package var credentials = 0
  /// When the first of its failed attempts failed, by the monotonic clock.
  package var failingSince: Int64?
  /// The limiter's window in which it was sent.
  package var window = 0
  /// When it was sent, by the monotonic clock.
  package var sentAt: Int64 = 0
  /// It was sent twice, or is the second of the two.
  package var isTwin = false
  /// The other of two requests for the same part, while both are in flight.
  package var twin: RequestID?
  /// The other was answered first: this one's answer counts no more.
  package var isSuperseded = false
  /// It only asks whether the service is there, and is about no object.
  package var isProbe = false
  /// `overwrite: never` does not hold against the object that is there: it is this run's own, damaged.
  package var replacesOwn = false

  package init(entry: EntryIndex, operation: Operation, source: SourceIdentity) {
    self.entry = entry
    self.operation = operation
    self.source = source
  }
}

/// What is known of an entry once its source was looked at.
package struct InspectedSource: Sendable {
  package var identity: EntryIdentity
  package var pathDigest: UInt64
  package var settingsDigest: UInt64
  package var source: Result<SourceIdentity, Failure>
  /// Names the disk that the source is on: what is slow, or hangs, together.
  package var disk: UInt64

  package init(
    identity: EntryIdentity, pathDigest: UInt64, settingsDigest: UInt64,
    source: Result<SourceIdentity, Failure>, disk: UInt64 = 0
  ) {
    self.identity = identity
    self.pathDigest = pathDigest
    self.settingsDigest = settingsDigest
    self.source = source
    self.disk = disk
  }
}

extension InspectedSource {
  /// What is to be stored under the identity; nil when the source could not be looked at.
  package var fingerprint: Fingerprint? {
    guard case .success(let source) = source else { return nil }
    return Fingerprint(of: source, path: pathDigest, settings: settingsDigest)
  }
}

/// Checksums of one range of a source. The MD5, when it was asked for, is what an ETag of a part says:
/// upper-case hex.
package struct RangeDigest: Sendable, Equatable {
  package var crc64: CRC64
  package var md5: String

  package init(crc64: CRC64, md5: String) {
    self.crc64 = crc64
    self.md5 = md5
  }
}

/// The body as it went out; `crc64` is nil when it was not asked for or there was none.
package struct SentBody: Sendable, Equatable {
  package var bytes: Int
  package var crc64: CRC64?

  package init(bytes: Int = 0, crc64: CRC64? = nil) {
    self.bytes = bytes
    self.crc64 = crc64
  }
}
