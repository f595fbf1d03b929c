import BatchCore
import Testing

@testable import OSSProtocol

/// The published vectors of the header forms (OSS API reference, "Signatures in headers").
@Suite struct SignatureTests {
  private static let date = "Wed, 28 Dec 2022 10:27:41 GMT"
  private static let digest = "eB5eJF1ptWaXm4bijSPyxw=="

  struct V1Vector: Sendable {
    var signature: String
    var method = OSSProtocol.Method.put
    var bucket = "examplebucket"
    var key = "nelson"
    var query: [QueryParameter] = []
    var headers: [HeaderField] = []
    var date = SignatureTests.date
    var accessKeyID = "ak"
    var accessKeySecret = "sk"
  }

  static let stored = [
    HeaderField("content-md5", digest), HeaderField("content-type", "text/html"),
    HeaderField("x-oss-date", date), HeaderField("x-oss-meta-author", "alice"),
    HeaderField("x-oss-meta-magic", "abracadabra"),
  ]

  @Test(arguments: [
    V1Vector(signature: "kSHKmLxlyEAKtZPkJhG9bZb5k7M=", headers: stored),
    V1Vector(
      signature: "/afkugFbmWDQ967j1vr6zygBLQk=", query: [QueryParameter("acl")], headers: stored),
    V1Vector(
      signature: "vkQmfuUDyi1uDi3bKt67oemssIs=", method: .get, key: "",
      query: [QueryParameter("non-resousce", "null"), QueryParameter("resourceGroup")],
      headers: [HeaderField("x-oss-date", date)]),
    V1Vector(
      signature: "x3E5TgOvl/i7PN618s5mEvpJDYk=", method: .get, key: "",
      query: [QueryParameter("resourceGroup"), QueryParameter("acl")],
      headers: [HeaderField("x-oss-date", date)]),
    V1Vector(
      signature: "26NBxoKdsyly4EDv6inkoDft/yA=", bucket: "oss-example",
      headers: [
        HeaderField("content-md5", "ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM="),
        HeaderField("content-type", "text/html"), HeaderField("date", "not signed from here"),
        HeaderField("x-oss-magic", "abracadabra"),
        HeaderField("x-oss-meta-author", "foo@bar.com"),
      ],
      date: "Thu, 17 Nov 2005 18:49:58 GMT", accessKeyID: "44CF9590006BF252F707",
      accessKeySecret: "OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV"),
  ])
  func version1(vector: V1Vector) throws {
    var request = UnsignedRequest()
    request.method = vector.method
    request.bucket = vector.bucket
    request.key = vector.key
    request.query = vector.query
    request.headers = vector.headers
    let credentials = try Credentials(
      accessKeyID: vector.accessKeyID, accessKeySecret: vector.accessKeySecret)
    var signature = SignatureV1()
    for _ in 0..<2 {
      var bytes: [UInt8] = []
      signature.appendAuthorization(
        of: request, credentials: credentials, date: vector.date, to: &bytes)
      #expect(
        String(decoding: bytes, as: UTF8.self) == "OSS \(vector.accessKeyID):\(vector.signature)")
    }
  }

  struct V4Vector: Sendable {
    var seconds: Int64 = 1_702_743_657
    var signature: String
    var region = "cn-hangzhou"
    var product = "oss"
    var token: String?
  }

  @Test(arguments: [
    V4Vector(signature: "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe"),
    V4Vector(
      seconds: 1_702_784_856,
      signature: "b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea",
      token: "token"),
    V4Vector(
      signature: "94ce1f12c17d148ea681030275a94449d3357f5b5b21133996eec80af3e08a43",
      region: "cb-123", product: "oss-cloudbox"),
  ])
  func version4(vector: V4Vector) throws {
    let time = SigningTime(seconds: vector.seconds)
    var request = UnsignedRequest()
    request.method = .put
    request.bucket = "bucket"
    request.key = "1234+-/123/1.txt"
    request.query = [
      QueryParameter("param1", "value1"), QueryParameter("+param1", "value3"),
      QueryParameter("|param1", "value4"), QueryParameter("+param2"), QueryParameter("|param2"),
      QueryParameter("param2"),
    ]
    request.headers = [
      HeaderField("abc", "value"), HeaderField("content-type", "text/plain"),
      HeaderField("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
      HeaderField("x-oss-date", time.compact), HeaderField("x-oss-head1", "value"),
      HeaderField("xyz", "value"), HeaderField("zabc", "value"),
    ]
    if let token = vector.token {
      request.headers.append(HeaderField("x-oss-security-token", token))
      request.headers.sort()
    }
    let expected = try sign(request, vector, time)
    let scope = "\(time.day)/\(vector.region)/\(vector.product)/aliyun_v4_request"
    #expect(
      expected == "OSS4-HMAC-SHA256 Credential=ak/\(scope),Signature=\(vector.signature)")
  }

  @Test func version4OfAnAppend() throws {
    let time = SigningTime(seconds: 1_702_743_657)
    var request = UnsignedRequest()
    request.method = .post
    request.bucket = "bucket"
    request.key = "object"
    request.query = [QueryParameter("append"), QueryParameter("position", "0")]
    request.headers = [
      HeaderField("content-type", "text/plain"),
      HeaderField("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
      HeaderField("x-oss-date", time.compact),
    ]
    let authorization = try sign(request, V4Vector(signature: ""), time)
    #expect(
      authorization.hasSuffix(
        "Signature=f7a645f23a0434ea90d5e2bb2bca90d0fda9ef4bc54a9c5008b2134e7c9023f2"))
  }

  private func sign(
    _ request: UnsignedRequest, _ vector: V4Vector, _ time: SigningTime
  ) throws -> String {
    var signature = SignatureV4(region: vector.region, product: vector.product)
    var bytes: [UInt8] = []
    signature.appendAuthorization(
      of: request, credentials: try testCredentials(), at: time, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func aNewSecretOrDayGetsANewKey() throws {
    let signer = RequestSigner(try endpoint())
    let other = try Credentials(accessKeyID: "ak", accessKeySecret: "another")
    let nextDay = signingTime + 86_400
    var seen: Set<String> = []
    for (credentials, time) in [
      (try testCredentials(), signingTime), (other, signingTime),
      (try testCredentials(), nextDay), (try testCredentials(), signingTime),
    ] {
      let request = try signer.sign(
        ObjectRequest(.putObject, key: "k"), settings: settings(), credentials: credentials,
        at: time)
      let fresh = try RequestSigner(try endpoint()).sign(
        ObjectRequest(.putObject, key: "k"), settings: settings(), credentials: credentials,
        at: time)
      #expect(request == fresh)
      seen.insert(try #require(request.value("authorization")))
    }
    #expect(seen.count == 3)
  }
}
