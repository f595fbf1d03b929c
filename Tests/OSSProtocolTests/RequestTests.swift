import BatchCore
import Testing

@testable import OSSProtocol

/// Whole requests: the URL and every header line. The signatures were computed apart from this code,
/// from the rules of the OSS API reference, "Signatures in headers".
@Suite struct RequestTests {
  private static let date = "x-oss-date: 20231216T162057Z"
  private static let payload = "x-oss-content-sha256: UNSIGNED-PAYLOAD"

  private func sign(
    _ request: ObjectRequest, _ prepared: PreparedSettings = settings(), token: String? = nil,
    to target: Endpoint? = nil
  ) throws -> SignedRequest {
    try RequestSigner(try target ?? endpoint()).sign(
      request, settings: prepared, credentials: try testCredentials(token: token), at: signingTime)
  }

  private func authorization(_ signature: String) -> String {
    "authorization: OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,"
      + "Signature=\(signature)"
  }

  @Test func putObject() throws {
    let request = try sign(
      ObjectRequest(
        .putObject, key: "a/b c+d~e!*'()@目", contentType: "application/gzip", contentLength: 11,
        contentMD5: "XrY7u+Ae7tCTyyK7j1rNww=="),
      settings(
        ["cache-control": "no-store", "x-oss-meta-host": "a", "x-oss-storage-class": "IA"],
        overwrite: .never),
      token: "tok/en+=")
    #expect(request.method == .put)
    #expect(
      request.urlText == "https://bucket.oss-cn-hangzhou.aliyuncs.com/"
        + "a/b%20c%2Bd~e%21%2A%27%28%29%40%E7%9B%AE")
    #expect(request.url.last == 0)
    #expect(request.headerLines.last == 0)
    #expect(request.contentLength == 11)
    #expect(request.body.isEmpty)
    #expect(
      request.lines == [
        "cache-control: no-store", "content-md5: XrY7u+Ae7tCTyyK7j1rNww==",
        "content-type: application/gzip", Self.payload, Self.date, "x-oss-forbid-overwrite: true",
        "x-oss-meta-host: a", "x-oss-security-token: tok/en+=", "x-oss-storage-class: IA",
        authorization("8d23a78f228ff082d283c065f6d09de7ba57589bcef58fdabd8cd7193fe4101f"),
      ])
  }

  @Test func initiate() throws {
    let request = try sign(
      ObjectRequest(
        .initiateMultipartUpload, key: "k", contentType: "text/plain", contentLength: 99))
    #expect(request.method == .post)
    #expect(
      request.urlText
        == "https://bucket.oss-cn-hangzhou.aliyuncs.com/k?encoding-type=url&uploads")
    #expect(request.contentLength == 0)
    #expect(
      request.lines == [
        "content-type: text/plain", Self.payload, Self.date,
        authorization("1a86e32db8c6c357700c59255b142d662c506f6e984b970f5a150a9574e0629f"),
      ])
  }

  @Test func uploadPart() throws {
    let request = try sign(
      ObjectRequest(
        .uploadPart(uploadID: "A/B+C=", number: 7, range: 100..<150), key: "k", contentLength: 50))
    #expect(request.method == .put)
    #expect(
      request.urlText == "https://bucket.oss-cn-hangzhou.aliyuncs.com/k"
        + "?partNumber=7&uploadId=A%2FB%2BC%3D")
    #expect(request.contentLength == 50)
    #expect(
      request.lines == [
        Self.payload, Self.date,
        authorization("1f14984eab64f617087a56e359c74023641613e6c4020519369f75914714c36b"),
      ])
  }

  @Test func listParts() throws {
    let request = try sign(ObjectRequest(.listParts(uploadID: "ID", marker: 1000), key: "k"))
    #expect(request.method == .get)
    #expect(
      request.urlText == "https://bucket.oss-cn-hangzhou.aliyuncs.com/k"
        + "?encoding-type=url&max-parts=1000&part-number-marker=1000&uploadId=ID")
    #expect(
      request.lines == [
        Self.payload, Self.date,
        authorization("e1d41363f1c37d62b1f3af706ba93d3f6c7143c8ead8521c6cd07903b57e4964"),
      ])
    let first = try sign(ObjectRequest(.listParts(uploadID: "ID", marker: 0), key: "k"))
    #expect(first.urlText.hasSuffix("/k?encoding-type=url&max-parts=1000&uploadId=ID"))
  }

  @Test func complete() throws {
    let parts = [
      CompletedPart(number: 1, etag: "\"A\""), CompletedPart(number: 3, etag: "<&>"),
    ]
    let request = try sign(
      ObjectRequest(
        .completeMultipartUpload(uploadID: "ID", parts: parts), key: "k", contentType: "a/b",
        contentLength: 1))
    #expect(request.method == .post)
    #expect(
      request.urlText
        == "https://bucket.oss-cn-hangzhou.aliyuncs.com/k?encoding-type=url&uploadId=ID")
    #expect(
      String(decoding: request.body, as: UTF8.self)
        == "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"A\"</ETag></Part>"
        + "<Part><PartNumber>3</PartNumber><ETag>&lt;&amp;&gt;</ETag></Part>"
        + "</CompleteMultipartUpload>")
    #expect(request.contentLength == 171)
    #expect(
      request.lines == [
        "content-md5: J1f0GhFPoDqWPv4itmdV4w==", "content-type: application/xml", Self.payload,
        Self.date,
        authorization("ac1c4f77b96a4b393949a5b01034fadedfe46e6f5d066f5cb717e813fa37302e"),
      ])
  }

  @Test func abortAndHead() throws {
    let abort = try sign(ObjectRequest(.abortMultipartUpload(uploadID: "ID"), key: "k"))
    #expect(abort.method == .delete)
    #expect(abort.urlText == "https://bucket.oss-cn-hangzhou.aliyuncs.com/k?uploadId=ID")
    #expect(
      abort.lines == [
        Self.payload, Self.date,
        authorization("e9f506dbe3e584e478918ee0307a624628847aaa503d3f7cbeb1c546401237b1"),
      ])
    let head = try sign(ObjectRequest(.headObject, key: "k"))
    #expect(head.method == .head)
    #expect(head.urlText == "https://bucket.oss-cn-hangzhou.aliyuncs.com/k")
    #expect(
      head.lines == [
        Self.payload, Self.date,
        authorization("01b22b7177a54566b34de05bd94461dc600aa014381e232bac55eb8876ad5438"),
      ])
  }

  @Test func listUploads() throws {
    let marker = UploadsMarker(key: "p/k 1", uploadID: "M")
    let request = try sign(ObjectRequest(.listMultipartUploads(marker: marker), key: "p/k"))
    #expect(request.method == .get)
    #expect(
      request.urlText == "https://bucket.oss-cn-hangzhou.aliyuncs.com/?encoding-type=url"
        + "&key-marker=p%2Fk%201&max-uploads=1000&prefix=p%2Fk&upload-id-marker=M&uploads")
    #expect(
      request.lines == [
        Self.payload, Self.date,
        authorization("e026e984480be6a594b32c4830eae98448ee67261a0a9ada9ccdb9d7facffc8e"),
      ])
    let first = try sign(ObjectRequest(.listMultipartUploads(marker: nil), key: "p/k"))
    #expect(
      first.urlText.hasSuffix("/?encoding-type=url&max-uploads=1000&prefix=p%2Fk&uploads"))
  }

  @Test func version1SignsTheUnencodedResourceAndTheDate() throws {
    let request = try sign(
      ObjectRequest(
        .uploadPart(uploadID: "A/B+C=", number: 7, range: 0..<5), key: "a b/目", contentLength: 5),
      token: "tok", to: try endpoint(signature: .v1))
    #expect(
      request.lines == [
        "date: Sat, 16 Dec 2023 16:20:57 GMT", "x-oss-security-token: tok",
        "authorization: OSS ak:sIZS6Sp2Y6YGVM3t5LS5uKWmqVQ=",
      ])
  }

  @Test func version1RefusesAKeyThatItCannotSign() throws {
    let subject = ObjectRequest(.putObject, key: "?acl")
    let problem = #expect(throws: Failure.self) {
      try sign(subject, to: try endpoint(signature: .v1))
    }
    #expect(problem?.kind == .rejected)
    #expect(problem?.message.contains("signature: v4") == true)
    #expect(try sign(subject).urlText.hasSuffix("/%3Facl"))
  }

  @Test func theBucketStandsWhereTheAddressingPutsIt() throws {
    let subject = ObjectRequest(.putObject, key: "k")
    let path = try endpoint("http://127.0.0.1:9000")
    #expect(try sign(subject, to: path).urlText == "http://127.0.0.1:9000/bucket/k")
    let list = ObjectRequest(.listMultipartUploads(marker: nil), key: "k")
    #expect(
      try sign(list, to: path).urlText.hasPrefix("http://127.0.0.1:9000/bucket/?encoding-type="))
    var target = Target(bucket: "bucket", endpoint: "files.example.com", addressing: .cname)
    target.region = "cn-hangzhou"
    let custom = try Endpoint(target) { _ in nil }
    let (named, hosted) = (try sign(subject, to: custom), try sign(subject))
    #expect(named.urlText == "https://files.example.com/k")
    #expect(named.value("authorization") == hosted.value("authorization"))
  }

  @Test(arguments: [
    ("a//b", "a//b"), ("a/../b", "a/../b"), ("./x", "./x"), ("a%2Fb", "a%252Fb"),
    ("tab\tline\n", "tab%09line%0A"), ("#?&=+", "%23%3F%26%3D%2B"), ("\u{7F}", "%7F"),
    ("e\u{301}", "e%CC%81"), ("\u{E9}", "%C3%A9"), ("😀", "%F0%9F%98%80"), ("a/", "a/"),
  ])
  func awkwardKeys(key: String, path: String) throws {
    let request = try sign(ObjectRequest(.putObject, key: key))
    #expect(request.urlText == "https://bucket.oss-cn-hangzhou.aliyuncs.com/" + path)
  }

  @Test func aHeaderWithAnEmptyValueIsSentAndSigned() throws {
    let empty = try sign(ObjectRequest(.putObject, key: "k"), settings(["x-oss-meta-a": ""]))
    #expect(empty.lines.contains("x-oss-meta-a;"))
    let without = try sign(ObjectRequest(.putObject, key: "k"))
    #expect(empty.value("authorization") != without.value("authorization"))
  }
}
