internal import Checksum
internal import Digests
internal import Platform

extension Service {
  /// PutObject (OSS API reference, "PutObject").
  func put(_ request: Request, _ file: SealedFile) throws(ServiceError) -> Reply {
    let bucket = try request.requireBucket()
    try checkDigest(request, file.md5)
    if request.faults.corruptsStored {
      try ServiceError.storing { () throws(SystemError) in try Files.flipBit(in: file.path) }
    }
    let md5 = Base64.encode(file.md5)
    let object = StoredObject(
      key: try request.requireKey(), size: file.size, modified: request.time,
      checksum: file.checksum.value, entityTag: Hexadecimal.uppercase(file.md5), kind: .normal,
      headers: try StoredHeaders.collect(request)
        + [StoredHeader(name: StoredObject.digestName, value: md5)])
    try storage.store(
      object, file, in: bucket, forbidOverwrite: request.isSet("x-oss-forbid-overwrite"))
    return Reply(
      200,
      [("ETag", "\"\(object.entityTag)\""), ("Content-MD5", md5)]
        + request.checksumHeader(object.checksum))
  }

  /// The body against the request's Content-MD5, when it has one.
  func checkDigest(_ request: Request, _ md5: [UInt8]) throws(ServiceError) {
    guard let header = request.header("content-md5") else { return }
    guard Base64.decode(header.trimmed.utf8) != md5 else { return }
    throw ServiceError(
      400, "InvalidDigest", "The Content-MD5 you specified is not that of the body received.",
      errorCode: "0017-00000001"
    ).with("Content-MD5", header)
  }

  /// HeadObject and GetObjectMeta (OSS API reference, "HeadObject").
  func head(_ request: Request) throws(ServiceError) -> Reply {
    let key = try request.requireKey()
    guard let object = storage.object(try request.requireBucket(), key) else {
      throw ServiceError.noSuchKey(key)
    }
    let isMeta = request.target.query.has("objectMeta")
    let headers = isMeta ? object.briefHeaders(request) : object.allHeaders(request)
    return Reply(200, headers, .announced(request.method == "HEAD" ? object.size : 0))
  }

  /// GetObject; a range that makes no sense is ignored, as the service does by default.
  func get(_ request: Request) throws(ServiceError) -> Reply {
    let (object, file) = try storage.open(request.requireBucket(), request.requireKey())
    var headers = object.allHeaders(request)
    headers.append(("Accept-Ranges", "bytes"))
    for (name, value) in overrides(request) {
      headers.removeAll { $0.name.lowercased() == name }
      headers.append((name, value))
    }
    guard let text = request.header("range") else {
      return Reply(200, headers, .file(file, offset: 0, length: object.size))
    }
    if let range = ByteRange.resolve(text, size: object.size) {
      headers.append(
        ("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(object.size)"))
      return Reply(206, headers, .file(file, offset: range.lowerBound, length: range.count))
    }
    guard request.isSet("x-oss-range-behavior", "standard") else {
      return Reply(200, headers, .file(file, offset: 0, length: object.size))
    }
    throw ServiceError(416, "InvalidRange", "The requested range cannot be satisfied.")
      .with("ActualObjectSize", String(object.size)).with("RangeRequested", text)
  }

  private func overrides(_ request: Request) -> [(name: String, value: String)] {
    let names = [
      "content-type", "content-language", "expires", "cache-control", "content-disposition",
      "content-encoding",
    ]
    return names.compactMap { name in
      request.target.query["response-\(name)"].map { (name, $0) }
    }
  }

  /// DeleteObject: a key without an object is deleted already.
  func delete(_ request: Request) throws(ServiceError) -> Reply {
    try storage.delete(request.requireBucket(), request.requireKey())
    return Reply(204)
  }

  /// GetObjectTagging.
  func tagging(_ request: Request) throws(ServiceError) -> Reply {
    let object = try existing(request)
    let tags = try ObjectTags(object.header("x-oss-tagging") ?? "")
    return .xml(
      XMLWriter.document("Tagging") { xml in
        xml.element("TagSet") { xml in
          for (key, value) in tags.pairs {
            xml.element("Tag") { xml in
              xml.element("Key", key)
              xml.element("Value", value)
            }
          }
        }
      })
  }

  /// GetObjectAcl.
  func acl(_ request: Request) throws(ServiceError) -> Reply {
    .accessControl(try existing(request).header("x-oss-object-acl") ?? "default")
  }

  private func existing(_ request: Request) throws(ServiceError) -> StoredObject {
    let key = try request.requireKey()
    guard let object = storage.object(try request.requireBucket(), key) else {
      throw ServiceError.noSuchKey(key)
    }
    return object
  }
}

extension Reply {
  static func accessControl(_ grant: String) -> Reply {
    .xml(
      XMLWriter.document("AccessControlPolicy") { xml in
        xml.owner()
        xml.element("AccessControlList") { $0.element("Grant", grant) }
      })
  }
}

extension XMLWriter {
  mutating func owner() {
    element("Owner") { xml in
      xml.element("ID", "1")
      xml.element("DisplayName", "oss-devserver")
    }
  }
}

extension StoredObject {
  /// Under this name the Content-MD5 of a Normal object is kept among its headers.
  static let digestName = "content-md5"

  /// The headers of GetObjectMeta.
  func briefHeaders(_ request: Request) -> [(name: String, value: String)] {
    [("ETag", "\"\(entityTag)\""), ("Last-Modified", Timestamps.rfc1123(modified))]
      + request.checksumHeader(checksum)
  }

  /// The headers of HeadObject and GetObject.
  func allHeaders(_ request: Request) -> [(name: String, value: String)] {
    var result = briefHeaders(request)
    result.append(("x-oss-object-type", kind.rawValue))
    result.append(("x-oss-storage-class", header("x-oss-storage-class") ?? "Standard"))
    if header("content-type") == nil { result.append(("Content-Type", "application/octet-stream")) }
    if let tagging = header("x-oss-tagging"), !tagging.isEmpty {
      result.append(("x-oss-tagging-count", String(tagging.split(separator: "&").count)))
    }
    let separate: Set = ["x-oss-storage-class", "x-oss-tagging", "x-oss-object-acl"]
    return result
      + headers.filter { !separate.contains($0.name) }.map { ($0.name, $0.value) }
  }
}

/// The `Range` header of one range of bytes (RFC 9110 §14).
enum ByteRange {
  /// The bytes meant, or nil when the header is malformed or meets no byte.
  static func resolve(_ header: String, size: Int) -> Range<Int>? {
    guard header.hasPrefix("bytes=") else { return nil }
    let ends = header.dropFirst("bytes=".count).split(
      separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2 else { return nil }
    if ends[0].isEmpty {
      guard let count = Int(ends[1]), count > 0, size > 0 else { return nil }
      return max(0, size - count)..<size
    }
    guard let first = Int(ends[0]), first < size else { return nil }
    guard !ends[1].isEmpty else { return first..<size }
    guard let last = Int(ends[1]), last >= first else { return nil }
    return first..<min(last, size - 1) + 1
  }
}
