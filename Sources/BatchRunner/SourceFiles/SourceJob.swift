internal import BatchCore
internal import CurlTransport
internal import Platform

/// Something to be done with a source file.
enum SourceJob: Sendable {
  case inspect(EntryIndex)
  case hash(EntryIndex, ranges: [Range<Int>], source: SourceIdentity, withMD5: Bool)
  /// Make a request's body ready: the file is opened (`opened` when it already is), and must still be
  /// what the request expects.
  case prepare(RequestID, RunRequest, opened: SourceFile?)
  /// The same before the request goes; and what is not in memory is fetched.
  case read(BodyID, RunRequest, opened: SourceFile?)
  /// Look again whether the source of a body that has been sent still is what it was.
  case confirm(RequestID, RunRequest)

  var entry: EntryIndex {
    switch self {
    case .inspect(let entry), .hash(let entry, _, _, _): entry
    case .prepare(_, let request, _), .read(_, let request, _), .confirm(_, let request):
      request.entry
    }
  }
}

enum SourceResult: Sendable {
  case inspected(EntryIndex, InspectedSource)
  case hashed(EntryIndex, Result<[RangeDigest], Failure>)
  case prepared(RequestID, Result<PreparedBody, Failure>)
  case read(BodyID, Result<PreparedBody, Failure>)
  case confirmed(RequestID, Result<Void, Failure>)
}

/// A body that can be sent, checked against the source's identity.
struct PreparedBody: Sendable {
  enum Content: Sendable {
    case none
    /// Read whole, and the file was the same after the last byte as before the first.
    case bytes([UInt8])
    case file(SourceFile, Range<Int>)
  }

  var content: Content
  /// The file system that its source is in; 0: it has none.
  var device: MountTable.Device = 0
  /// One of several of an object.
  var isPart = false
  /// Of the body, when the settings ask for it.
  var md5: [UInt8]?

  var length: Int {
    switch content {
    case .none: 0
    case .bytes(let bytes): bytes.count
    case .file(_, let range): range.count
    }
  }
}
