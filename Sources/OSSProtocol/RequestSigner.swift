package import BatchCore
internal import Digests

/// What a request is about, beside the settings that entries share.
package struct ObjectRequest: Sendable {
  package var operation: Operation
  package var key: String
  /// Sent and signed by PutObject and Initiate, see `PreparedSettings.contentType`.
  package var contentType: String
  /// Bytes of the source that PutObject and UploadPart send.
  package var contentLength: Int
  /// Base64 of the MD5 of those bytes; nil sends none.
  package var contentMD5: String?

  package init(
    _ operation: Operation, key: String, contentType: String = ContentTypes.fallback,
    contentLength: Int = 0, contentMD5: String? = nil
  ) {
    self.operation = operation
    self.key = key
    self.contentType = contentType
    self.contentLength = contentLength
    self.contentMD5 = contentMD5
  }
}

/// Makes signed HTTP requests of operations on one target. It belongs to one thread: everything that
/// requests have in common (derived key, date, buffers) is kept from one to the next, so a request
/// costs a few microseconds.
package final class RequestSigner {
  private let endpoint: Endpoint
  private let urlPrefix: [UInt8]
  private var v4: SignatureV4
  private var v1 = SignatureV1()
  private var time = SigningTime(seconds: 0)
  private var request = UnsignedRequest()

  package init(_ endpoint: Endpoint) {
    self.endpoint = endpoint
    urlPrefix = Array(endpoint.objectURLPrefix.utf8)
    v4 = SignatureV4(region: endpoint.region, product: endpoint.product)
    request.bucket = endpoint.bucket
  }

  /// The request, signed for `seconds` since 1970 by the service's clock. It fails, as rejected, for
  /// a key that signature v1 cannot express. Sign again for every repetition: the date counts.
  package func sign(
    _ subject: ObjectRequest, settings: PreparedSettings, credentials: Credentials,
    at seconds: Int64
  ) throws(Failure) -> SignedRequest {
    if endpoint.signature == .v1, subject.key.utf8.first == UInt8(ascii: "?") {
      throw Failure(
        .rejected, "signature v1 cannot sign a key that begins with ?: set signature: v4")
    }
    if time.seconds != seconds { time = SigningTime(seconds: seconds) }
    var signed = SignedRequest(
      method: subject.operation.method, url: [], headerLines: [], body: [],
      contentLength: subject.operation.sendsSource ? subject.contentLength : 0)
    if case .completeMultipartUpload(_, let parts) = subject.operation {
      signed.body = CompletionDocument.bytes(parts)
      signed.contentLength = signed.body.count
    }
    describe(subject)
    addHeaders(of: subject, body: signed.body, settings: settings, credentials: credentials)
    signed.url = url()
    signed.headerLines = headerLines(credentials)
    return signed
  }

  private func describe(_ subject: ObjectRequest) {
    request.method = subject.operation.method
    request.key = subject.operation.isAboutBucket ? "" : subject.key
    request.query = subject.operation.query(key: subject.key)
  }

  private func addHeaders(
    of subject: ObjectRequest, body: [UInt8], settings: PreparedSettings, credentials: Credentials
  ) {
    request.headers.removeAll(keepingCapacity: true)
    request.headers.append(contentsOf: settings.headers(of: subject.operation))
    switch subject.operation {
    case .putObject, .initiateMultipartUpload:
      request.headers.append(HeaderField("content-type", subject.contentType))
    case .completeMultipartUpload:
      request.headers.append(HeaderField("content-type", "application/xml"))
      request.headers.append(HeaderField("content-md5", Base64.encode(MD5.digest(of: body))))
    case .uploadPart, .listParts, .abortMultipartUpload, .headObject, .listMultipartUploads: break
    }
    if subject.operation.sendsSource, let digest = subject.contentMD5 {
      request.headers.append(HeaderField("content-md5", digest))
    }
    switch endpoint.signature {
    case .v4:
      request.headers.append(HeaderField("x-oss-content-sha256", "UNSIGNED-PAYLOAD"))
      request.headers.append(HeaderField("x-oss-date", time.compact))
    case .v1:
      request.headers.append(HeaderField("date", time.httpDate))
    }
    if let token = credentials.securityToken {
      request.headers.append(HeaderField("x-oss-security-token", token))
    }
    request.headers.sort { $0.name < $1.name }
  }

  private func url() -> [UInt8] {
    var url: [UInt8] = []
    url.reserveCapacity(urlPrefix.count + request.key.utf8.count * 2 + 64)
    url.append(contentsOf: urlPrefix)
    PercentEncoding.append(request.key, keepingSlashes: true, to: &url)
    if !request.query.isEmpty {
      url.append(UInt8(ascii: "?"))
      request.appendQuery(to: &url)
    }
    url.append(0)
    return url
  }

  private func headerLines(_ credentials: Credentials) -> [UInt8] {
    var lines: [UInt8] = []
    lines.reserveCapacity(512)
    for header in request.headers {
      lines.append(header.name)
      if header.value.isEmpty {
        lines.append(UInt8(ascii: ";"))
      } else {
        lines.append(": " as StaticString)
        lines.append(header.value)
      }
      lines.append(0)
    }
    lines.append("authorization: " as StaticString)
    appendAuthorization(credentials, to: &lines)
    lines.append(0)
    return lines
  }

  private func appendAuthorization(_ credentials: Credentials, to lines: inout [UInt8]) {
    switch endpoint.signature {
    case .v4:
      v4.appendAuthorization(of: request, credentials: credentials, at: time, to: &lines)
    case .v1:
      v1.appendAuthorization(
        of: request, credentials: credentials, date: time.httpDate, to: &lines)
    }
  }
}
