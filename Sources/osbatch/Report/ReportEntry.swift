internal import BatchCore
internal import BatchRunner
internal import Checksum
internal import Platform

/// What became of an entry, by what is on record. The names are those of `status`.
enum ReportOutcome: UInt8, CaseIterable {
  case failed, open, pending, unchanged, done

  var name: StaticString {
    switch self {
    case .failed: "failed"
    case .open: "open"
    case .pending: "pending"
    case .unchanged: "unchanged"
    case .done: "done"
    }
  }

  init(_ state: StatusSession.EntryState) {
    switch state {
    case .done: self = .done
    case .failed: self = .failed
    case .open: self = .open
    case .pending: self = .pending
    case .exists: self = .unchanged
    }
  }
}

/// One entry as reports show it; nil is what does not apply to it, or is not known.
struct ReportEntry {
  var id: String?
  /// The target's name, nil for the single one.
  var target: String?
  var bucket: String
  /// The full object key.
  var key: String
  var file: String
  /// Of the manifest, from 1.
  var line: Int
  var outcome: ReportOutcome
  /// Bytes of the source when it was sent.
  var size: Int?
  /// Decimal: JSON numbers are doubles to many readers, and cells of spreadsheets, too.
  var crc64: String?
  /// The service confirmed the checksum.
  var isVerified: Bool?
  /// The source's modification time when it was sent, RFC 3339.
  var modified: String?
  /// Parts of an unfinished upload that are recorded as stored.
  var parts: Int?
  var error: String?
  /// Why it is sent, or sent again, or left as it is.
  var reason: String?

  init(_ manifest: Manifest, _ index: EntryIndex, _ recorded: StatusSession.Entry) {
    let entry = manifest.entries[index]
    let target = manifest.targets[entry.target]
    id = entry.id
    self.target = target.name.isEmpty ? nil : target.name
    bucket = target.bucket
    key = entry.key
    file = entry.file
    line = entry.line
    outcome = ReportOutcome(recorded.state)
    reason = outcome == .unchanged ? UnchangedReason.exists.rawValue : recorded.reason?.rawValue
    if case .failed(let message) = recorded.state { error = message }
    if outcome == .done, let fact = recorded.done {
      size = fact.fingerprint.size
      modified = WallClock.rfc3339(nanoseconds: fact.fingerprint.modified)
      crc64 = fact.crc64.map { String($0.value) }
      isVerified = fact.verified
    } else {
      size = recorded.upload?.size
      parts = recorded.upload?.parts
    }
  }

  /// What people must know of it beside its outcome; empty when there is nothing.
  var detail: String {
    let kept = parts.map { "\(Quantity.count($0, "part")) recorded as stored" }
    let unverified = isVerified == false ? "unverified: no checksum to compare" : nil
    // That an entry is new explains only why nothing of it is there.
    let isWorthSaying = outcome == .pending || reason != SendReason.new.rawValue
    return [error, kept, unverified, isWorthSaying ? reason : nil].compactMap(\.self)
      .joined(separator: "; ")
  }
}
