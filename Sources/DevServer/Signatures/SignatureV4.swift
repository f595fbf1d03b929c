internal import Digests

/// The V4 header signature: `Authorization: OSS4-HMAC-SHA256 Credential=…,Signature=…`
/// (OSS API reference, "Signature V4 in headers").
struct SignatureV4 {
  static let scheme = "OSS4-HMAC-SHA256"
  private static let unsignedPayload = "UNSIGNED-PAYLOAD"
  private static let terminator = "aliyun_v4_request"

  private let identifier: String
  /// Date, region, product, terminator.
  private let scope: [String]
  private let additionalHeaders: [String]
  private let provided: String
  private let request: Request

  init(_ authorization: String, _ request: Request, region: String?) throws(ServiceError) {
    var fields: [String: String] = [:]
    for field in authorization.dropFirst(SignatureV4.scheme.count + 1).split(separator: ",") {
      let halves = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if halves.count == 2 { fields[halves[0].trimmed] = halves[1].trimmed }
    }
    let credential = (fields["Credential"] ?? "").split(
      separator: "/", omittingEmptySubsequences: false
    ).map(String.init)
    guard credential.count == 5, let provided = fields["Signature"],
      ["oss", "oss-cloudbox"].contains(credential[3]), credential[4] == SignatureV4.terminator
    else {
      throw ServiceError.invalidArgument(
        "The credential of the authorization header is malformed.", "Authorization",
        fields["Credential"] ?? "", errorCode: "0002-00000213")
    }
    if let region, credential[2] != region {
      throw ServiceError.invalidArgument(
        "The signature names region \(credential[2]), this server is in \(region).", "Region",
        credential[2], errorCode: "0002-00000213")
    }
    identifier = credential[0]
    scope = Array(credential[1...])
    additionalHeaders = (fields["AdditionalHeaders"] ?? "").split(separator: ";")
      .map { $0.trimmed.lowercased() }.sorted()
    self.provided = provided
    self.request = request
  }

  func verify(with verifier: Verifier) throws(ServiceError) {
    let date = request.header("x-oss-date")?.trimmed ?? ""
    guard let moment = Timestamps.parseCompact(date), date.hasPrefix(scope[0]),
      scope[0].utf8.count == 8
    else {
      throw ServiceError(
        403, "AccessDenied",
        "x-oss-date must be yyyymmddThhmmssZ and agree with the credential's date.",
        errorCode: "0002-00000223")
    }
    guard request.header("x-oss-content-sha256")?.trimmed == SignatureV4.unsignedPayload else {
      throw ServiceError.invalidArgument(
        "x-oss-content-sha256 must be \(SignatureV4.unsignedPayload).", "x-oss-content-sha256",
        request.header("x-oss-content-sha256") ?? "", errorCode: "0002-00000214")
    }
    let secret = try verifier.check(identifier: identifier, date: date, moment: moment, request)
    let canonicalRequest = canonicalRequest()
    let stringToSign = stringToSign(date: date, canonicalRequest)
    let key = signingKey(secret)
    let expected = Hexadecimal.lowercase(HMACSHA256.code(of: Array(stringToSign.utf8), key: key))
    guard expected == provided else {
      throw verifier.mismatch(
        identifier: identifier, stringToSign: stringToSign, provided: provided
      )
      .with("CanonicalRequest", canonicalRequest)
    }
  }

  private func canonicalRequest() -> String {
    let headers = canonicalHeaders(request.headers) {
      $0.hasPrefix("x-oss-") || $0 == "content-type" || $0 == "content-md5"
        || additionalHeaders.contains($0)
    }
    let items = [
      request.method, canonicalPath(), canonicalQuery(),
      headers.map { "\($0.name):\($0.value)\n" }.joined(),
      additionalHeaders.joined(separator: ";"), SignatureV4.unsignedPayload,
    ]
    return items.joined(separator: "\n")
  }

  /// The bucket is part of it whatever the addressing style.
  private func canonicalPath() -> String {
    let bucket = request.target.bucket.map { "\($0)/" } ?? ""
    let key = request.target.key?.bytes ?? []
    return "/" + bucket + PercentEncoding.encode(key, keepingSlashes: true)
  }

  /// Sorted by encoded name alone: sorting the joined pairs would put `a1=` before `a=`.
  private func canonicalQuery() -> String {
    request.target.query.parameters
      .map { (name: PercentEncoding.encode($0.name), value: PercentEncoding.encode($0.value)) }
      .sorted { $0.name < $1.name }
      .map { $0.value.isEmpty ? $0.name : "\($0.name)=\($0.value)" }
      .joined(separator: "&")
  }

  private func stringToSign(date: String, _ canonicalRequest: String) -> String {
    let digest = Hexadecimal.lowercase(SHA256.digest(of: Array(canonicalRequest.utf8)))
    return [SignatureV4.scheme, date, scope.joined(separator: "/"), digest]
      .joined(separator: "\n")
  }

  private func signingKey(_ secret: [UInt8]) -> [UInt8] {
    scope.reduce(Array("aliyun_v4".utf8) + secret) { key, item in
      HMACSHA256.code(of: Array(item.utf8), key: key)
    }
  }
}
