internal import Checksum
internal import Digests
internal import Platform

extension Service {
  /// InitiateMultipartUpload (OSS API reference, "InitiateMultipartUpload").
  func initiate(_ request: Request) throws(ServiceError) -> Reply {
    let bucket = try request.requireBucket()
    let key = try request.requireKey()
    try checkOverwrite(request, bucket)
    let upload = OpenUpload(
      identifier: Identifiers.upload(), key: key, initiated: request.time,
      headers: try StoredHeaders.collect(request))
    try storage.open(upload, in: bucket)
    return .xml(
      XMLWriter.document("InitiateMultipartUploadResult") { xml in
        xml.encodingType(request)
        xml.element("Bucket", bucket)
        xml.element("Key", request.shown(key))
        xml.element("UploadId", upload.identifier)
      })
  }

  /// UploadPart (OSS API reference, "UploadPart").
  func uploadPart(_ request: Request, _ file: SealedFile) throws(ServiceError) -> Reply {
    let bucket = try request.requireBucket()
    let upload = try openUpload(request, bucket)
    try checkDigest(request, file.md5)
    if request.faults.corruptsStored {
      try ServiceError.storing { () throws(SystemError) in try Files.flipBit(in: file.path) }
    }
    let part = try storage.store(
      file, asPart: try partNumber(request), of: upload.identifier, in: bucket)
    return Reply(
      200,
      [("ETag", "\"\(part.entityTag)\""), ("Content-MD5", Base64.encode(part.md5))]
        + request.checksumHeader(part.checksum))
  }

  func partNumber(_ request: Request) throws(ServiceError) -> Int {
    guard let text = request.target.query["partNumber"] else {
      throw ServiceError.invalidArgument(
        "partNumber is missing.", "partNumber", "", errorCode: "0017-00000219")
    }
    guard let number = Int(text), StoredPart.numbers.contains(number) else {
      throw ServiceError.invalidArgument(
        "Part number must be an integer between 1 and 10000, inclusive.", "partNumber", text,
        errorCode: "0017-00000220")
    }
    return number
  }

  func openUpload(_ request: Request, _ bucket: String) throws(ServiceError) -> OpenUpload {
    let identifier = request.target.query["uploadId"] ?? ""
    guard let upload = storage.upload(bucket, identifier, try request.requireKey()) else {
      throw ServiceError.noSuchUpload(identifier, request.operation)
    }
    return upload
  }

  /// CompleteMultipartUpload (OSS API reference, "CompleteMultipartUpload").
  func complete(_ request: Request, _ document: [UInt8]) throws(ServiceError) -> Reply {
    let bucket = try request.requireBucket()
    let upload = try openUpload(request, bucket)
    try checkDigest(request, MD5.digest(of: document))
    let acl = request.header("x-oss-object-acl")
    if let acl { try StoredHeaders.checkACL(acl) }
    try checkOverwrite(request, bucket)
    let parts = try CompletionList(request, document, upload).parts
    let file = try storage.assemble(parts, of: upload, in: bucket)
    if request.faults.corruptsStored {
      try ServiceError.storing { () throws(SystemError) in try Files.flipBit(in: file.path) }
    }
    let object = upload.object(parts, file, acl: acl, at: request.time)
    try storage.store(
      object, file, in: bucket, forbidOverwrite: request.isSet("x-oss-forbid-overwrite"),
      ending: upload)
    return completed(object, bucket, request)
  }

  private func completed(_ object: StoredObject, _ bucket: String, _ request: Request) -> Reply {
    let path = PercentEncoding.encode(object.key.bytes, keepingSlashes: true)
    let tag = "\"\(object.entityTag)\""
    let document = XMLWriter.document("CompleteMultipartUploadResult") { xml in
      xml.encodingType(request)
      xml.element("Location", "http://\(request.host)/\(bucket)/\(path)")
      xml.element("Bucket", bucket)
      xml.element("Key", request.shown(object.key))
      xml.element("ETag", tag)
    }
    return .xml(document, [("ETag", tag)] + request.checksumHeader(object.checksum))
  }

  /// AbortMultipartUpload (OSS API reference, "AbortMultipartUpload").
  func abort(_ request: Request) throws(ServiceError) -> Reply {
    let identifier = request.target.query["uploadId"] ?? ""
    try storage.abort(identifier, request.requireKey(), in: request.requireBucket())
    return Reply(204)
  }

  /// ListParts (OSS API reference, "ListParts").
  func listParts(_ request: Request) throws(ServiceError) -> Reply {
    let bucket = try request.requireBucket()
    let upload = try openUpload(request, bucket)
    let query = request.target.query
    let marker = try query.number("part-number-marker", in: 0...10_000, fallback: 0)
    let maximum = try query.number("max-parts", in: 1...1000, fallback: 1000)
    let rest = upload.parts.values.filter { $0.number > marker }.sorted { $0.number < $1.number }
    let page = rest.prefix(maximum)
    return .xml(
      XMLWriter.document("ListPartsResult") { xml in
        xml.encodingType(request)
        xml.element("Bucket", bucket)
        xml.element("Key", request.shown(upload.key))
        xml.element("UploadId", upload.identifier)
        xml.element("StorageClass", upload.storageClass)
        xml.element("PartNumberMarker", marker)
        xml.element("NextPartNumberMarker", page.last?.number ?? 0)
        xml.element("MaxParts", maximum)
        xml.element("IsTruncated", page.count < rest.count ? "true" : "false")
        for part in page { xml.part(part, request) }
      })
  }
}

extension XMLWriter {
  fileprivate mutating func part(_ part: StoredPart, _ request: Request) {
    element("Part") { xml in
      xml.element("PartNumber", part.number)
      xml.element("LastModified", Timestamps.iso8601(part.modified))
      xml.element("ETag", "\"\(part.entityTag)\"")
      if let checksum = request.shown(part.checksum) { xml.element("HashCrc64ecma", checksum) }
      xml.element("Size", part.size)
    }
  }

  /// Says that keys are encoded, when the request asked for it.
  mutating func encodingType(_ request: Request) {
    if request.encodesKeys { element("EncodingType", "url") }
  }
}

extension Request {
  var encodesKeys: Bool { target.query["encoding-type"] == "url" }

  /// A key as the document shows it.
  func shown(_ key: ObjectKey) -> String {
    encodesKeys ? PercentEncoding.encode(key.bytes) : key.text
  }
}

extension OpenUpload {
  var storageClass: String {
    headers.first { $0.name == "x-oss-storage-class" }?.value ?? "Standard"
  }

  /// The object that this upload becomes. Its tag is opaque, with the number of parts at its end.
  fileprivate func object(
    _ parts: [StoredPart], _ file: SealedFile, acl: String?, at time: Int64
  ) -> StoredObject {
    var headers = headers
    if let acl {
      headers.removeAll { $0.name == "x-oss-object-acl" }
      headers.append(StoredHeader(name: "x-oss-object-acl", value: acl))
    }
    let digest = Hexadecimal.uppercase(MD5.digest(of: parts.flatMap(\.md5)))
    return StoredObject(
      key: key, size: file.size, modified: time, checksum: file.checksum.value,
      entityTag: "\(digest)-\(parts.count)", kind: .multipart, headers: headers)
  }
}
