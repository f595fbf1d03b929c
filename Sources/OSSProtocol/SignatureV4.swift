internal import BatchCore
internal import Digests

/// Signature v4 in the header form (OSS API reference, "Signature V4 in headers"). It belongs to one thread: buffers and the
/// keyed digest are used again for every request.
struct SignatureV4: ~Copyable {
  private let region: String
  private let product: String
  private var key: DerivedKey?
  private var hash = SHA256()
  private var canonical: [UInt8] = []
  private var stringToSign: [UInt8] = []
  private var digest = [UInt8](repeating: 0, count: SHA256.count)

  init(region: String, product: String) {
    self.region = region
    self.product = product
  }

  /// Appends the value of `Authorization`. The request's headers hold `x-oss-date` for `time`.
  mutating func appendAuthorization(
    of request: UnsignedRequest, credentials: Credentials, at time: SigningTime,
    to bytes: inout [UInt8]
  ) {
    let key = derivedKey(credentials, time)
    canonical.removeAll(keepingCapacity: true)
    appendCanonicalRequest(request)
    canonical.withUnsafeBytes { hash.update($0) }
    digest.withUnsafeMutableBytes { hash.finalize(into: $0) }

    stringToSign.removeAll(keepingCapacity: true)
    stringToSign.append("OSS4-HMAC-SHA256\n" as StaticString)
    stringToSign.append(time.compact)
    stringToSign.append(UInt8(ascii: "\n"))
    stringToSign.append(key.scope)
    stringToSign.append(UInt8(ascii: "\n"))
    Hexadecimal.appendLowercase(digest, to: &stringToSign)
    key.sign(stringToSign, into: &digest)

    bytes.append("OSS4-HMAC-SHA256 Credential=" as StaticString)
    bytes.append(credentials.accessKeyID)
    bytes.append(UInt8(ascii: "/"))
    bytes.append(key.scope)
    bytes.append(",Signature=" as StaticString)
    Hexadecimal.appendLowercase(digest, to: &bytes)
  }

  private mutating func appendCanonicalRequest(_ request: UnsignedRequest) {
    canonical.append(request.method.rawValue)
    canonical.append("\n/" as StaticString)
    canonical.append(request.bucket)
    canonical.append(UInt8(ascii: "/"))
    PercentEncoding.append(request.key, keepingSlashes: true, to: &canonical)
    canonical.append(UInt8(ascii: "\n"))
    request.appendQuery(to: &canonical)
    canonical.append(UInt8(ascii: "\n"))
    for header in request.headers where isSigned(header.name) {
      canonical.append(header.name)
      canonical.append(UInt8(ascii: ":"))
      canonical.append(header.value)
      canonical.append(UInt8(ascii: "\n"))
    }
    canonical.append(UInt8(ascii: "\n"))
    canonical.append("\nUNSIGNED-PAYLOAD" as StaticString)
  }

  /// Those that OSS prescribes and no others: `host` may be rewritten on the way by a proxy that is there on
  /// purpose.
  private func isSigned(_ name: String) -> Bool {
    name.hasPrefix("x-oss-") || name == "content-type" || name == "content-md5"
  }

  private mutating func derivedKey(
    _ credentials: Credentials, _ time: SigningTime
  ) -> DerivedKey {
    if let key, key.day == time.day, key.secret == credentials.accessKeySecret { return key }
    let scope = "\(time.day)/\(region)/\(product)/aliyun_v4_request"
    let derived = DerivedKey(secret: credentials.accessKeySecret, day: time.day, scope: scope)
    key = derived
    return derived
  }
}

/// A key that is good for one secret, day, region and product: four digests to derive, then one for
/// each request.
private final class DerivedKey {
  let secret: String
  let day: String
  let scope: String
  private let code: HMACSHA256

  init(secret: String, day: String, scope: String) {
    self.secret = secret
    self.day = day
    self.scope = scope
    let seed = Array("aliyun_v4\(secret)".utf8)
    let key = scope.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .reduce(seed) { HMACSHA256.code(of: $1, key: $0) }
    code = HMACSHA256(key: key)
  }

  /// `digest` has 32 bytes.
  func sign(_ text: [UInt8], into digest: inout [UInt8]) {
    text.withUnsafeBytes { text in
      digest.withUnsafeMutableBytes { code.authenticate(text, into: $0) }
    }
  }
}
