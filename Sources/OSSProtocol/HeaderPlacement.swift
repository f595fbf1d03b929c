internal import BatchCore

/// The kinds of request, as far as headers are concerned.
struct RequestKinds: OptionSet, Sendable {
  let rawValue: UInt8

  static let put = RequestKinds(rawValue: 1 << 0)
  static let initiate = RequestKinds(rawValue: 1 << 1)
  static let part = RequestKinds(rawValue: 1 << 2)
  static let complete = RequestKinds(rawValue: 1 << 3)
  /// ListParts, Abort, HEAD, ListMultipartUploads.
  static let other = RequestKinds(rawValue: 1 << 4)

  static let every: RequestKinds = [.put, .initiate, .part, .complete, .other]
}

/// On which requests a header of an entry's settings travels, and whether the object stored
/// depends on it: the table of "Request headers" in the OSS API reference.
struct HeaderPlacement: Equatable {
  var requests: RequestKinds
  var isStored: Bool

  private static let table: [String: HeaderPlacement] = [
    "x-oss-object-acl": HeaderPlacement(requests: [.put, .complete], isStored: true),
    "x-oss-forbid-overwrite": HeaderPlacement(
      requests: [.put, .initiate, .complete], isStored: false),
    "x-oss-callback": HeaderPlacement(requests: [.put, .complete], isStored: false),
    "x-oss-callback-var": HeaderPlacement(requests: [.put, .complete], isStored: false),
    "x-oss-traffic-limit": HeaderPlacement(requests: [.put, .part], isStored: false),
    "x-oss-request-payer": HeaderPlacement(requests: .every, isStored: false),
    // A request whose body has a type says it for itself.
    "content-type": .nowhere,
  ]

  private static let nowhere = HeaderPlacement(requests: [], isStored: false)
  /// Metadata, tags, class, encryption, cache control …: set when the object comes to be.
  private static let metadata = HeaderPlacement(requests: [.put, .initiate], isStored: true)

  /// `name` in lower case.
  static func of(_ name: String) -> HeaderPlacement {
    table[name] ?? (OwnedHeaders.reasons[name] == nil ? metadata : nowhere)
  }
}
