internal import Digests
internal import NIOHTTP1

/// Decides whether a request is signed by the holder of the key, from the request as it was received
/// (OSS API reference, "Signatures in headers"). Written from the protocol's description and nothing else, so that a client of
/// this package and this server cannot share a mistake.
struct Verifier: Sendable {
  static let allowedSkewSeconds: Int64 = 900
  let keys: KnownKeys
  /// When set, the region that a V4 credential scope must name.
  let region: String?

  func verify(_ request: Request) throws(ServiceError) {
    guard let authorization = request.header("authorization") else {
      throw ServiceError(
        403, "AccessDenied", "You have no right to access this object: the request is not signed.",
        errorCode: "0003-00000001")
    }
    if authorization.hasPrefix(SignatureV4.scheme + " ") {
      try SignatureV4(authorization, request, region: region).verify(with: self)
    } else if authorization.hasPrefix("OSS ") {
      try SignatureV1(authorization, request).verify(with: self)
    } else {
      throw ServiceError(
        403, "AccessDenied", "The authorization scheme is neither OSS nor \(SignatureV4.scheme).")
    }
  }

  /// The checks that both versions share, in the service's order: key, token, clock. The secret that
  /// the request has to be signed with.
  func check(identifier: String, date: String, moment: Int64, _ request: Request)
    throws(ServiceError) -> [UInt8]
  {
    guard let key = keys[identifier] else {
      throw ServiceError(
        403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist.",
        errorCode: "0002-00000902"
      ).with("OSSAccessKeyId", identifier)
    }
    try checkToken(request.header("x-oss-security-token"), key)
    guard abs(request.time - moment) <= Verifier.allowedSkewSeconds else {
      throw ServiceError(
        403, "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        errorCode: "0002-00000504"
      ).with("MaxAllowedSkewMilliseconds", String(Verifier.allowedSkewSeconds * 1000))
        .with("RequestTime", Timestamps.iso8601(moment))
        .with("ServerTime", Timestamps.iso8601(request.time))
    }
    return Array(key.credentials.secret.utf8)
  }

  private func checkToken(_ token: String?, _ key: KnownKeys.Key) throws(ServiceError) {
    if token == key.credentials.securityToken {
      guard key.hasExpired else { return }
      throw ServiceError(
        403, "SecurityTokenExpired", "The security token you provided has expired.",
        errorCode: "0002-00000007")
    }
    guard token != nil else {
      throw ServiceError(
        403, "AccessDenied", "This access key needs a security token.", errorCode: "0002-00000003")
    }
    throw ServiceError(
      403, "InvalidSecurityToken", "The security token you provided is invalid.",
      errorCode: "0002-00000006")
  }

  /// The refusal that shows both sides what the server signed.
  func mismatch(identifier: String, stringToSign: String, provided: String) -> ServiceError {
    ServiceError(
      403, "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your "
        + "key and signing method.", errorCode: "0002-00000040"
    ).with("OSSAccessKeyId", identifier)
      .with("SignatureProvided", provided)
      .with("StringToSign", stringToSign)
      .with(
        "StringToSignBytes",
        stringToSign.utf8.map { Hexadecimal.uppercase([$0]) }.joined(separator: " "))
  }
}

/// Header fields as signatures see them: lower-case names, trimmed values, repeats joined by comma,
/// sorted by name.
func canonicalHeaders(
  _ headers: HTTPHeaders, where isSigned: (String) -> Bool
) -> [(name: String, value: String)] {
  var values: [String: [String]] = [:]
  for (name, value) in headers {
    let name = name.lowercased()
    if isSigned(name) { values[name, default: []].append(value.trimmed) }
  }
  return values.sorted { $0.key < $1.key }.map { ($0.key, $0.value.joined(separator: ",")) }
}

extension StringProtocol {
  /// Without spaces and tabs at both ends.
  var trimmed: String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    let start = drop(while: isBlank)
    let trailing = start.reversed().prefix(while: isBlank).count
    return String(start.dropLast(trailing))
  }
}
