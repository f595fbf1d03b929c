internal import Digests

/// The V1 header signature: `Authorization: OSS {identifier}:{signature}` (OSS API reference, "Signature V1 in headers").
struct SignatureV1 {
  private let identifier: String
  private let provided: String
  private let request: Request

  init(_ authorization: String, _ request: Request) throws(ServiceError) {
    let credential = authorization.dropFirst("OSS ".count).split(
      separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard credential.count == 2 else {
      throw ServiceError.invalidArgument(
        "Authorization must be `OSS AccessKeyId:Signature`.", "Authorization", authorization)
    }
    identifier = credential[0].trimmed
    provided = credential[1].trimmed
    self.request = request
  }

  func verify(with verifier: Verifier) throws(ServiceError) {
    let date = request.header("x-oss-date") ?? request.header("date") ?? ""
    guard let moment = Timestamps.parseRFC1123(date.trimmed) else {
      throw ServiceError(
        403, "AccessDenied", "OSS authentication requires a valid Date.", errorCode: "0002-00000503"
      )
    }
    let secret = try verifier.check(identifier: identifier, date: date, moment: moment, request)
    let stringToSign = stringToSign(date: date.trimmed)
    let expected = Base64.encode(
      HMACSHA1.code(of: stringToSign, key: secret))
    guard expected == provided else {
      throw verifier.mismatch(
        identifier: identifier, stringToSign: String(decoding: stringToSign, as: UTF8.self),
        provided: provided)
    }
  }

  private func stringToSign(date: String) -> [UInt8] {
    let head = [
      request.method, request.header("content-md5")?.trimmed ?? "",
      request.header("content-type")?.trimmed ?? "", date,
    ]
    let headers = canonicalHeaders(request.headers) { $0.hasPrefix("x-oss-") }
    let lines = head + headers.map { "\($0.name):\($0.value)" }
    return lines.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] } + resource()
  }

  /// `/bucket/key` unencoded, then the signed sub-resources with decoded values.
  private func resource() -> [UInt8] {
    var resource = Array("/".utf8)
    if let bucket = request.target.bucket { resource += Array("\(bucket)/".utf8) }
    resource += request.target.key?.bytes ?? []
    let signed = request.target.query.parameters
      .filter { SignatureV1.isSigned(String(decoding: $0.name, as: UTF8.self)) }
      .sorted { $0.name.lexicographicallyPrecedes($1.name) }
      .map { $0.value.isEmpty ? $0.name : $0.name + [UInt8(ascii: "=")] + $0.value }
    guard !signed.isEmpty else { return resource }
    return resource + [UInt8(ascii: "?")] + signed.joined(separator: [UInt8(ascii: "&")])
  }

  private static func isSigned(_ name: String) -> Bool {
    name.hasPrefix("x-oss-") || subresources.contains(name)
  }

  private static let subresources: Set = [
    "acl", "append", "asyncFetch", "bucketInfo", "callback", "callback-var", "cloudboxes", "cname",
    "comp", "continuation-token", "cors", "delete", "encryption", "endTime", "group", "img",
    "inventory", "inventoryId", "lifecycle", "link", "live", "location", "logging", "metaQuery",
    "objectInfo", "objectMeta", "partNumber", "policy", "position", "qos", "qosInfo", "referer",
    "regionList", "replication", "replicationLocation", "replicationProgress", "requestPayment",
    "resourceGroup", "response-cache-control", "response-content-disposition",
    "response-content-encoding", "response-content-language", "response-content-type",
    "response-expires", "responseHeader", "restore", "rtc", "security-token", "sequential",
    "startTime", "stat", "status", "style", "styleName", "symlink", "tagging",
    "transferAcceleration",
    "udf", "udfApplication", "udfApplicationLog", "udfId", "udfImage", "udfImageDesc", "udfName",
    "uploadId", "uploads", "versionId", "versioning", "versions", "vod", "website",
    "withHashContext", "worm", "wormExtend", "wormId",
  ]
}
