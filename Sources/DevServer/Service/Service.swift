internal import NIOHTTP1
internal import Platform

/// A request's body once it has arrived.
enum ReceivedBody: Sendable {
  case bytes([UInt8])
  case file(SealedFile)
}

/// What the connection does at the end of a request.
enum Answer: Sendable {
  case reply(Reply)
  /// Half of the reply, then the end of the connection.
  case truncated(Reply)
  /// The reply, whose length is said to be so many bytes more, then the end of the connection.
  case misstated(Reply, by: Int)
  /// The reply, a byte a second.
  case dripping(Reply)
  /// These bytes, then the end of the connection.
  case garbage([UInt8])
  case reset
  case silence
}

/// The object storage service without its network: admits a request by its head, and answers it when
/// its body is there. Used by all connections from all threads.
final class Service: Sendable {
  private static let maximumBodyBytes = 5 << 30

  let storage: Storage
  let verifier: Verifier
  let faults = FaultTable()
  let monitor = Monitor()

  init(storage: Storage, verifier: Verifier) {
    self.storage = storage
    self.verifier = verifier
  }

  /// Reads a request's head and draws the faults that it meets.
  func request(_ head: HTTPRequestHead, identifier: String) throws(ServiceError) -> Request {
    let host = head.headers.first(name: "host") ?? ""
    let target = try RequestTarget(uri: head.uri, host: host)
    let operation = Operation(method: head.method.rawValue, target: target)
    let partNumber = target.query["partNumber"].flatMap(Int.init)
    let plan = faults.plan(operation, target.key, partNumber: partNumber)
    return Request(
      method: head.method.rawValue, uri: head.uri, headers: head.headers, target: target,
      operation: operation, identifier: identifier,
      contentLength: head.headers.first(name: "content-length").flatMap(Int.init),
      faults: plan, time: WallClock.seconds + plan.skewSeconds)
  }

  /// Everything that can be refused before the body is read.
  func admit(_ request: Request) throws(ServiceError) {
    try verifier.verify(request)
    guard request.operation != .unsupported else { throw unsupported(request) }
    let bucket = try request.requireBucket()
    guard storage.allows(bucket) else { throw refusedBucket(bucket, request) }
    if request.target.key != nil { _ = try request.requireKey() }
    if request.operation.storesBody && !request.isChunked && request.contentLength == nil {
      throw ServiceError.missingContentLength()
    }
    guard (request.contentLength ?? 0) <= Service.maximumBodyBytes else {
      throw ServiceError(
        400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.")
    }
    try admitUpload(request, bucket)
  }

  private func admitUpload(_ request: Request, _ bucket: String) throws(ServiceError) {
    guard [.put, .initiate, .part].contains(request.operation) else { return }
    guard request.header("x-oss-copy-source") == nil else { throw unsupported(request) }
    if request.operation == .part {
      try StoredHeaders.refuseEncryption(request)
      _ = try partNumber(request)
      _ = try openUpload(request, bucket)
    } else {
      _ = try StoredHeaders.collect(request)
      try checkOverwrite(request, bucket)
    }
  }

  func checkOverwrite(_ request: Request, _ bucket: String) throws(ServiceError) {
    let key = try request.requireKey()
    if request.isSet("x-oss-forbid-overwrite"), storage.object(bucket, key) != nil {
      throw ServiceError.fileAlreadyExists(key)
    }
  }

  private func unsupported(_ request: Request) -> ServiceError {
    ServiceError(
      400, "NotImplemented", "This server does not have this operation of OSS."
    ).with("Method", request.method).with("Target", request.uri)
  }

  private func refusedBucket(_ bucket: String, _ request: Request) -> ServiceError {
    guard request.operation == .putBucket else { return .noSuchBucket(bucket) }
    return ServiceError(
      403, "AccessDenied", "This server was started with other buckets and makes no new ones."
    ).with("BucketName", bucket)
  }

  /// The effect of an admitted request.
  func perform(_ request: Request, _ body: ReceivedBody) throws(ServiceError) -> Reply {
    switch (request.operation, body) {
    case (.put, .file(let file)): try put(request, file)
    case (.part, .file(let file)): try uploadPart(request, file)
    case (.get, _): try get(request)
    case (.head, _): try head(request)
    case (.delete, _): try delete(request)
    case (.initiate, _): try initiate(request)
    case (.complete, .bytes(let document)): try complete(request, document)
    case (.abort, _): try abort(request)
    case (.listParts, _): try listParts(request)
    case (.listUploads, _): try listUploads(request)
    case (.listObjects, _): try listObjects(request)
    case (.tagging, _): try tagging(request)
    case (.acl, _): try acl(request)
    case (.bucketInfo, _): try bucketInfo(request)
    case (.bucketLocation, _): bucketLocation()
    case (.bucketACL, _): Reply.accessControl("private")
    case (.putBucket, _): try putBucket(request)
    case (.unsupported, _), (.put, _), (.part, _), (.complete, _): throw unsupported(request)
    }
  }
}
