internal import NIOHTTP1

/// A request whose head has been read: everything about it except its body.
struct Request: Sendable {
  let method: String
  let uri: String
  let headers: HTTPHeaders
  let target: RequestTarget
  let operation: Operation
  /// 24 hexadecimal digits that name this request in its reply.
  let identifier: String
  /// The number of body bytes that the head announces; nil when it announces none.
  let contentLength: Int?
  let faults: FaultPlan
  /// The server's clock as this request meets it: seconds since 1970, moved by a skew fault.
  let time: Int64

  var host: String { headers.first(name: "host") ?? "" }

  var isChunked: Bool { headers.contains(name: "transfer-encoding") }

  func header(_ name: String) -> String? { headers.first(name: name) }

  /// Whether a header that is a switch is on.
  func isSet(_ name: String, _ value: String = "true") -> Bool {
    header(name)?.lowercased() == value
  }

  /// The key; only for operations on objects.
  func requireKey() throws(ServiceError) -> ObjectKey {
    guard let key = target.key, key.isLegal else {
      throw ServiceError(400, "InvalidObjectName", "The specified object is not valid.")
        .with("ObjectName", target.key?.text ?? "")
    }
    return key
  }

  func requireBucket() throws(ServiceError) -> String {
    guard let bucket = target.bucket, RequestTarget.isLegalBucketName(bucket) else {
      throw ServiceError(400, "InvalidBucketName", "The specified bucket is not valid.")
        .with("BucketName", target.bucket ?? "")
    }
    return bucket
  }
}
