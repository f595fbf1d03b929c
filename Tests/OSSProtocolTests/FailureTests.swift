import BatchCore
import Digests
import Testing

@testable import OSSProtocol

/// A signature V4, and one V1.
private let digits = String(repeating: "0a1B", count: 16)
private let code = "Qm+/asdfghjkl1234567890ABC4="

@Suite struct FailureTests {
  private func error(
    _ status: Int, _ code: String, _ rest: String = "", headers: [String: String] = [:]
  ) -> RawReply {
    reply(
      status, headers,
      """
      <?xml version="1.0" encoding="UTF-8"?><Error><Code>\(code)</Code><Message>Why.</Message>\
      <RequestId>65A0</RequestId><HostId>h</HostId>\(rest)</Error>
      """)
  }

  /// OSS API reference, "Error codes".
  @Test(arguments: [
    (400, "InvalidArgument", Failure.Kind.rejected), (400, "InvalidObjectName", .rejected),
    (400, "InvalidBucketName", .fatal), (400, "MalformedXML", .rejected),
    (400, "InvalidDigest", .transient), (400, "BadRequest", .transient),
    (400, "InvalidPart", .invalidParts), (400, "InvalidPartOrder", .rejected),
    (400, "FilePartNotExist", .invalidParts), (400, "FilePartInterity", .invalidParts),
    (400, "FilePartStale", .invalidParts), (400, "EntityTooSmall", .invalidParts),
    (400, "EntityTooLarge", .rejected), (400, "RequestTimeout", .transient),
    (400, "IncompleteBody", .transient), (400, "InvalidCRC64", .transient),
    (400, "NotImplemented", .rejected), (400, "OperationNotSupported", .rejected),
    (403, "AccessDenied", .forbidden), (403, "SomethingNew", .forbidden),
    (403, "InvalidAccessKeyId", .fatal), (403, "SignatureDoesNotMatch", .fatal),
    (403, "SecurityTokenExpired", .credentialsExpired),
    (403, "InvalidSecurityToken", .credentialsExpired),
    (403, "AccessKeyIdAndSecurityTokenNotMatch", .credentialsExpired),
    (401, "Unauthorized", .credentialsExpired), (403, "UserDisable", .fatal),
    (403, "BucketDisable", .fatal), (403, "AbnormalBucketOwnerStatus", .fatal),
    (403, "KmsServiceNotEnabled", .rejected), (403, "TransferAccelerationDisabled", .fatal),
    (403, "SecondLevelDomainForbidden", .fatal), (403, "NonStandardHostForbidden", .fatal),
    (301, "PermanentRedirect", .fatal), (403, "CnameDenied", .fatal),
    (403, "WORMConfigurationLocked", .rejected), (403, "InvalidObjectState", .rejected),
    (404, "NoSuchBucket", .fatal), (404, "NoSuchKey", .noSuchKey),
    (404, "NoSuchUpload", .noSuchUpload), (405, "MethodNotAllowed", .rejected),
    (409, "FileAlreadyExists", .alreadyExists), (409, "FileImmutable", .rejected),
    (409, "PartAlreadyExist", .rejected), (411, "MissingContentLength", .rejected),
    (412, "PreconditionFailed", .rejected), (304, "NotModified", .rejected),
    (408, "Timeout", .transient), (429, "QpsLimitExceeded", .throttled),
    (500, "InternalError", .transient), (502, "BadGateway", .transient),
    (503, "ServiceUnavailable", .throttled), (503, "SlowDown", .throttled),
    (503, "TotalQpsLimitExceeded", .throttled), (503, "PartitionQpsLimitted", .throttled),
    (503, "UploadTrafficRateLimitExceeded", .throttled), (503, "SomethingNew", .throttled),
    (500, "SlowDown", .throttled),
  ])
  func classification(status: Int, code: String, kind: Failure.Kind) throws {
    let problem = try failure(error(status, code))
    #expect(problem.kind == kind)
    #expect(problem.code == code)
    #expect(problem.status == status)
    #expect(problem.requestID == "65A0")
    #expect(problem.message == "\(code): Why (\(status), request 65A0)")
    #expect(problem.mayHaveTakenEffect == (status >= 500))
  }

  @Test func theDetailCodeDecidesBeforeTheCode() throws {
    let missing = error(403, "AccessDenied", "<EC>0002-00000003</EC>")
    #expect(try failure(missing).kind == .credentialsExpired)
    let header = error(403, "AccessDenied", headers: ["x-oss-ec": "0003-00000001"])
    #expect(
      try failure(header).message == "AccessDenied: Why (403, EC 0003-00000001, request 65A0)")
    let broken = error(403, "AccessDenied", "<EC>\n0003-00000001 </EC>")
    #expect(try failure(broken).message.contains("EC 0003-00000001,"))
  }

  @Test func aBucketElsewhereIsNamedWithItsEndpoint() throws {
    let problem = try failure(
      error(403, "AccessDenied", "<Endpoint>oss-cn-beijing.aliyuncs.com</Endpoint>"))
    #expect(problem.kind == .fatal)
    #expect(
      problem.message == "AccessDenied: Why (403, request 65A0)"
        + "; the service names the endpoint oss-cn-beijing.aliyuncs.com")
  }

  @Test(
    arguments: [
      (
        "<ServerTime>2023-12-16T16:20:57.000Z</ServerTime>", "Thu, 01 Jan 1970 00:00:00 GMT",
        1_702_743_657
      ),
      ("<A><ServerTime>2023-12-16T16:20:57.000Z</ServerTime></A>", "", 1_702_743_657),
      ("", "Sat, 16 Dec 2023 16:20:57 GMT", 1_702_743_657),
      (
        "<ServerTime>1970-01-01T00:00:00.000Z</ServerTime>", "Sat, 16 Dec 2023 16:20:57 GMT",
        1_702_743_657
      ),
    ] as [(String, String, Int64)])
  func aSkewedClockIsToldTheServicesTime(rest: String, date: String, time: Int64) throws {
    let answer = try interpret(error(403, "RequestTimeTooSkewed", rest, headers: ["Date": date]))
    #expect(answer.serviceTime == time)
    guard case .failure(let problem) = answer.outcome else { throw UnexpectedReply() }
    #expect(problem.kind == .clockSkew)
  }

  private struct UnexpectedReply: Error {}

  @Test func aSkewWithoutAPlausibleTimeCannotBeCorrected() throws {
    let raw = error(
      403, "RequestTimeTooSkewed", "<ServerTime>9999-01-01T00:00:00.000Z</ServerTime>",
      headers: ["Date": "Thu, 01 Jan 1970 00:00:00 GMT"])
    let answer = try interpret(raw)
    #expect(answer.serviceTime == nil)
    #expect(try failure(raw).kind == .fatal)
    #expect(try failure(raw).message.contains("set this machine's clock"))
  }

  @Test(
    arguments: [
      (["Retry-After": "3"], 3000), (["x-oss-qos-delay-time": "250"], 250),
      (["Retry-After": "1", "x-oss-qos-delay-time": "2500"], 2500),
      (
        [
          "Date": "Sat, 16 Dec 2023 16:20:57 GMT", "Retry-After": "Sat, 16 Dec 2023 16:21:57 GMT",
        ], 60_000
      ),
      (
        [
          "Date": "Sat, 16 Dec 2023 16:20:57 GMT", "Retry-After": "Sat, 16 Dec 2023 16:20:00 GMT",
        ], 0
      ),
      (["Retry-After": "Sat, 16 Dec 2023 16:20:00 GMT"], nil), (["Retry-After": "soon"], nil),
      (["Retry-After": "-1"], nil), (["Retry-After": "9223372036854775807"], Int.max),
      (["Retry-After": "99999999999999999999"], nil), ([:], nil),
    ] as [([String: String], Int?)])
  func theServiceSaysHowLongToWait(headers: [String: String], delay: Int?) throws {
    #expect(try failure(error(503, "SlowDown", headers: headers)).delayMilliseconds == delay)
  }

  @Test func headExplainsItselfInAHeader() throws {
    let xml = """
      <Error><Code>NoSuchBucket</Code><Message>The bucket does not exist.</Message>\
      <RequestId>65A0</RequestId><EC>0015-00000101</EC></Error>
      """
    let problem = try failure(
      reply(404, ["x-oss-err": Base64.encode(Array(xml.utf8))]), to: .headObject)
    #expect(problem.kind == .fatal)
    #expect(
      problem.message
        == "NoSuchBucket: The bucket does not exist (404, EC 0015-00000101, request 65A0)")
    let bare = try failure(reply(404, ["x-oss-err": "?"]), to: .headObject)
    #expect(bare.kind == .noSuchKey)
    #expect(try failure(reply(404), to: .headObject).kind == .noSuchKey)
    let forbidden = reply(403, ["x-oss-request-id": "65A0", "x-oss-ec": "0003-00000001"])
    #expect(try failure(forbidden, to: .headObject).kind == .forbidden)
    #expect(
      try failure(forbidden, to: .headObject).message
        == "the service gave no explanation (403, EC 0003-00000001, request 65A0)")
  }

  @Test func noSecretOfAnErrorReachesTheUser() throws {
    let secrets = """
      <SecurityToken>hush-token</SecurityToken><StringToSign>PUT x-oss-security-token:hush-token\
      </StringToSign><SignatureProvided>hush-signature</SignatureProvided>\
      <OSSAccessKeyId>LTAI-hush</OSSAccessKeyId><StringToSignBytes>68 75</StringToSignBytes>
      """
    for message in ["Plain.", "Your token hush-token is old", "Got hush-signature of LTAI-hush"] {
      for code in ["SecurityTokenExpired", "SignatureDoesNotMatch"] {
        let raw = reply(
          403, [:],
          "<Error><Code>\(code)</Code><Message>\(message)</Message>\(secrets)</Error>")
        let problem = try failure(raw)
        #expect(!"\(problem)".contains("hush"))
        #expect(problem.message.hasPrefix(code))
      }
    }
  }

  /// Older and newer ones that begin alike, whole, at the limit of what is shown, or cut off, wherever a text goes.
  @Test(arguments: ["CAIS-older-token-111", "CAIS-newer-token-222", "CAIS-newer-to"])
  func noSecretOfOursReachesTheUser(said: String) throws {
    var interpreter = ReplyInterpreter(try endpoint())
    for token in ["CAIS-older-token-111", "CAIS-newer-token-222"] {
      interpreter.secrets.insert(
        try Credentials(
          accessKeyID: "id", accessKeySecret: "a-key-of-ours", securityToken: token))
    }
    let filling = String(repeating: "x", count: 490)
    for text in [said, "\(said) and a-key-of-ours", "\(filling)\(said)"] {
      let document = "<Error><Code>\(text)</Code><Message>\(text)</Message></Error>"
      for raw in [
        reply(400, ["x-oss-request-id": text, "x-oss-ec": text], document),
        reply(403, ["x-oss-err": Base64.encode(Array(document.utf8))]),
        reply(203, ["ETag": "A", "x-oss-request-id": text], document),
        reply(302, ["location": text]),
      ] {
        var clock = ServiceClock()
        let meaning = interpreter.interpret(raw, to: .headObject, &clock)
        let shown = "\(meaning.outcome) \(meaning.callbackFailure ?? "")"
        #expect(!shown.contains("CAIS-") && !shown.contains("a-key"), "\(shown)")
        #expect(shown.contains("[redacted]") || raw.status == 302)
      }
    }
  }

  /// Wherever a signature stands in headers, queries and words, and what is left of the text.
  @Test(arguments: [
    ("Credential=LTAI1/s,Signature=\(digits) x", "Credential=LTAI1/s,Signature=[redacted] x"),
    ("Credential%3DLTAI1,Signature%3d\(digits)&b", "Credential%3DLTAI1,Signature%3d[redacted]&b"),
    ("?X-OSS-Signature=\(digits)&a=b", "?X-OSS-Signature=[redacted]&a=b"),
    ("Signature=\(digits.prefix(20))", "Signature=[redacted]"),
    ("OSS LTAI1:\(code) x", "OSS LTAI1:[redacted] x"), ("ltai1%3A\(code)", "ltai1%3A[redacted]"),
    ("OSS%20LTAI1%3AQm%2B%2fasdfghjkl1234567890ABC4%3D%20x", "OSS%20LTAI1%3A[redacted]%20x"),
    ("a?Signature=Qm%2B%2Fasdfghjkl&b", "a?Signature=[redacted]&b"),
    ("t1+k/2==t3t4 x", "[redacted] x"), ("t1%2Bk%2F2%3D%3Dt3t4&x", "[redacted]&x"),
    ("t1%2bk/2%3d=t3t4", "[redacted]"), ("t1%252Bk%252F2%253D%253Dt3t4", "[redacted]"),
    ("t1%2Bk%2F2%3D%3Dt%", "[redacted]%"), ("s%20%26cret%25", "[redacted]"),
    ("s &cret%", "[redacted]"),
  ])
  func noSignatureAndNoEncodedSecretReachesTheUser(said: String, shown: String) throws {
    var secrets = KnownSecrets()
    secrets.insert(
      try Credentials(
        accessKeyID: "LTAI1", accessKeySecret: "s &cret%", securityToken: "t1+k/2==t3t4"))
    #expect(secrets.removed(from: said) == shown)
  }

  @Test(arguments: [
    "The signature we calculated does not match: signature=none", "LTAI1: no such key, LTAI1:none",
    "65A0B1C2D3E4F5060708090A", "cannot read /blobs/sha256/\(digits)", "100%, 50%2B and %",
    "t1+k/2, t1%2Bk%2F2",
  ])
  func whatIsNoSecretIsShown(said: String) throws {
    var secrets = KnownSecrets()
    secrets.insert(
      try Credentials(
        accessKeyID: "LTAI1", accessKeySecret: "s &cret%", securityToken: "t1+k/2==t3t4"))
    #expect(secrets.removed(from: said) == said)
  }

  @Test func whatTheServiceWritesCannotDriveATerminal() throws {
    let raw = reply(
      400, ["x-oss-request-id": "6\u{1B}[31m5"],
      "<Error><Code>A</Code><Message>a\nb&#x9B;31m\tc\u{85}</Message></Error>")
    let problem = try failure(raw)
    let controls = "\(problem)".unicodeScalars.filter { $0.properties.generalCategory == .control }
    #expect(controls.isEmpty)
    let long = reply(
      400, [:], "<Error><Message>\(String(repeating: "x", count: 100_000))</Message></Error>")
    #expect(try failure(long).message.count < 600)
  }

  @Test func anErrorThatWasCutStillHasItsCode() throws {
    let whole = error(404, "NoSuchUpload").body
    let cut = RawReply(
      status: 404, head: [], body: Array(whole.dropLast(30)), asked: 0, answered: 0)
    #expect(try failure(cut).kind == .noSuchUpload)
  }
}
