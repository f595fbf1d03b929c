/// The operations of OSS that this server knows; the raw values name them in faults and in the log.
enum Operation: String, CaseIterable, Sendable {
  case put, get, head, delete
  case initiate, part, complete, abort
  case listParts = "list_parts"
  case listUploads = "list_uploads"
  case listObjects = "list_objects"
  case tagging, acl
  case bucketInfo = "bucket_info"
  case bucketLocation = "bucket_location"
  case bucketACL = "bucket_acl"
  case putBucket = "put_bucket"
  /// A request that OSS may know and this server does not.
  case unsupported

  init(method: String, target: RequestTarget) {
    if target.key != nil {
      self = Operation.ofObject(method, target.query)
    } else if target.bucket != nil {
      self = Operation.ofBucket(method, target.query)
    } else {
      self = .unsupported
    }
  }

  /// Operations whose body is stored as it arrives, rather than kept in memory.
  var storesBody: Bool { self == .put || self == .part }

  private static func ofObject(_ method: String, _ query: Query) -> Operation {
    let isPlain = !foreignSubresources.contains(where: query.has)
    switch method {
    case "PUT" where query.has("uploadId") || query.has("partNumber"): return .part
    case "PUT" where isPlain && !query.has("acl") && !query.has("tagging"): return .put
    case "POST" where query.has("uploads"): return .initiate
    case "POST" where query.has("uploadId"): return .complete
    case "DELETE" where query.has("uploadId"): return .abort
    case "DELETE" where isPlain && !query.has("tagging"): return .delete
    case "GET" where query.has("uploadId"): return .listParts
    case "GET" where query.has("acl"): return .acl
    case "GET" where query.has("tagging"): return .tagging
    case "GET" where query.has("objectMeta"): return .head
    case "GET" where isPlain: return .get
    case "HEAD": return .head
    default: return .unsupported
    }
  }

  private static func ofBucket(_ method: String, _ query: Query) -> Operation {
    switch method {
    case "GET" where query.has("uploads"): .listUploads
    case "GET" where query.has("bucketInfo"): .bucketInfo
    case "GET" where query.has("location"): .bucketLocation
    case "GET" where query.has("acl"): .bucketACL
    case "GET" where !foreignSubresources.contains(where: query.has): .listObjects
    case "PUT" where query.parameters.isEmpty: .putBucket
    default: .unsupported
    }
  }

  /// Sub-resources that make another operation of the request, one that this server does not have.
  private static let foreignSubresources = [
    "append", "callback", "cors", "encryption", "inventory", "lifecycle", "live", "logging",
    "policy", "referer", "replication", "requestPayment", "restore", "stat", "symlink",
    "transferAcceleration", "versioning", "versions", "website", "worm", "x-oss-process",
  ]
}
