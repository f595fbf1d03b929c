internal import BatchCore
internal import Digests

/// Signature v1 in the header form (OSS API reference, "Signature V1 in headers"). It belongs to one thread: the buffer and the
/// keyed digest are used again for every request.
struct SignatureV1: ~Copyable {
  private var key: KeyedSecret?
  private var stringToSign: [UInt8] = []

  /// The sub-resources of the calls about objects and uploads; every other parameter of a query
  /// (`encoding-type`, `max-parts`, `prefix` …) must not be signed.
  private static let signedParameters: Set<String> = [
    "acl", "append", "partNumber", "position", "resourceGroup", "uploadId", "uploads",
  ]

  /// Appends the value of `Authorization`. `date` is that of the header `Date`.
  mutating func appendAuthorization(
    of request: UnsignedRequest, credentials: Credentials, date: String, to bytes: inout [UInt8]
  ) {
    stringToSign.removeAll(keepingCapacity: true)
    for item in [
      request.method.rawValue, request.header("content-md5"), request.header("content-type"), date,
    ] {
      stringToSign.append(item)
      stringToSign.append(UInt8(ascii: "\n"))
    }
    for header in request.headers where header.name.hasPrefix("x-oss-") {
      stringToSign.append(header.name)
      stringToSign.append(UInt8(ascii: ":"))
      stringToSign.append(header.value)
      stringToSign.append(UInt8(ascii: "\n"))
    }
    appendResource(request)

    bytes.append("OSS " as StaticString)
    bytes.append(credentials.accessKeyID)
    bytes.append(UInt8(ascii: ":"))
    Base64.append(keyed(credentials).sign(stringToSign), to: &bytes)
  }

  /// The resource and the signed parameters are unencoded here, unlike in signature v4.
  private mutating func appendResource(_ request: UnsignedRequest) {
    stringToSign.append(UInt8(ascii: "/"))
    stringToSign.append(request.bucket)
    stringToSign.append(UInt8(ascii: "/"))
    stringToSign.append(request.key)
    var separator = UInt8(ascii: "?")
    let signed = request.query.filter { Self.signedParameters.contains($0.name) }
    for parameter in signed.sorted(by: { $0.name < $1.name }) {
      stringToSign.append(separator)
      stringToSign.append(parameter.name)
      if !parameter.value.isEmpty {
        stringToSign.append(UInt8(ascii: "="))
        stringToSign.append(parameter.value)
      }
      separator = UInt8(ascii: "&")
    }
  }

  private mutating func keyed(_ credentials: Credentials) -> KeyedSecret {
    if let key, key.secret == credentials.accessKeySecret { return key }
    let keyed = KeyedSecret(secret: credentials.accessKeySecret)
    key = keyed
    return keyed
  }
}

private final class KeyedSecret {
  let secret: String
  private let code: HMACSHA1

  init(secret: String) {
    self.secret = secret
    code = HMACSHA1(key: Array(secret.utf8))
  }

  func sign(_ text: [UInt8]) -> [UInt8] {
    var signature = [UInt8](repeating: 0, count: HMACSHA1.count)
    text.withUnsafeBytes { text in
      signature.withUnsafeMutableBytes { code.authenticate(text, into: $0) }
    }
    return signature
  }
}
