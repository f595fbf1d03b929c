/// What a request is about: a bucket, an object in it, or the service, and the query.
struct RequestTarget: Sendable {
  var bucket: String?
  var key: ObjectKey?
  var query: Query

  /// Takes apart the request line's target and the `Host` header (OSS API reference, "Access domain names"). A host that is
  /// an address or `localhost` means path style; any other host's first label is the bucket.
  init(uri: String, host: String) throws(ServiceError) {
    let halves = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    query = try Query(halves.count > 1 ? halves[1] : "")
    guard let path = PercentEncoding.decode(halves[0].utf8), path.first == UInt8(ascii: "/") else {
      throw ServiceError.invalidURI(uri)
    }
    var rest = path.dropFirst()
    if let label = RequestTarget.bucketLabel(ofHost: host) {
      bucket = label
    } else if !rest.isEmpty {
      let name = rest.prefix { $0 != UInt8(ascii: "/") }
      bucket = String(decoding: name, as: UTF8.self)
      rest = rest.dropFirst(name.count + 1)
    }
    if !rest.isEmpty { key = ObjectKey(Array(rest)) }
  }

  private static func bucketLabel(ofHost host: String) -> String? {
    guard !host.hasPrefix("[") else { return nil }
    let name = host.prefix { $0 != ":" }
    let labels = name.split(separator: ".")
    let isAddress = labels.count == 4 && labels.allSatisfy { UInt8($0) != nil }
    guard labels.count > 1, !isAddress else { return nil }
    return labels[0].lowercased()
  }

  /// 3–63 of `a-z 0-9 -`, first and last not a hyphen (OSS API reference, "Object and bucket naming"). Such a name is also a safe
  /// name of a directory.
  static func isLegalBucketName(_ name: String) -> Bool {
    let legal = name.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
    }
    return legal && (3...63).contains(name.utf8.count) && !name.hasPrefix("-")
      && !name.hasSuffix("-")
  }
}
