import DevServer
import Foundation
import Testing

@Suite struct SignatureTests {
  @Test(arguments: Signer.Version.allCases)
  func signedRequestsAreAdmitted(version: Signer.Version) throws {
    let server = try TestServer()
    var signer = Signer()
    signer.version = version
    let request = TestRequest("PUT", "a b/目+", [("response-x", "1")])
      .with("x-oss-meta-b", "2").with("Content-Type", "text/plain").with("x-oss-meta-a", "1")
    #expect(try server.send(request, signer).status == 200)
    let uploads = TestRequest("POST", "a b/目+", [("uploads", "")])
    #expect(try server.send(uploads, signer).status == 200)
  }

  @Test(arguments: Signer.Version.allCases)
  func wrongSecretsAreRefused(version: Signer.Version) throws {
    let server = try TestServer()
    var signer = Signer(secret: "wrong")
    signer.version = version
    let reply = try server.send(TestRequest("PUT", "key").with(body: [1]), signer)
    #expect(reply.status == 403)
    #expect(reply.code == "SignatureDoesNotMatch")
    #expect(reply.element("StringToSign")?.isEmpty == false)
    signer = Signer(identifier: "nobody")
    signer.version = version
    #expect(try server.send(TestRequest("GET", "key"), signer).code == "InvalidAccessKeyId")
    #expect(try server.get("key").code == "NoSuchKey")
  }

  @Test func unsignedRequestsAreRefused() throws {
    let server = try TestServer()
    let reply = try server.send(TestRequest("PUT", "key").with(body: [1]), nil)
    #expect(reply.status == 403)
    #expect(reply.code == "AccessDenied")
  }

  @Test(arguments: [
    "OSS", "OSS x", "Basic eA==", "OSS4-HMAC-SHA256 x", "OSS4-HMAC-SHA256 Credential=a/b",
  ])
  func malformedAuthorizations(header: String) throws {
    let request = TestRequest("GET", "key").with("Authorization", header)
    #expect(try [400, 403].contains(TestServer().send(request, nil).status))
  }

  @Test(arguments: Signer.Version.allCases, [-906.0, 906.0])
  func clocksMayDifferByFifteenMinutes(version: Signer.Version, seconds: Double) throws {
    let server = try TestServer()
    var signer = Signer(date: Date(timeIntervalSinceNow: seconds))
    signer.version = version
    let reply = try server.send(TestRequest("GET", "key"), signer)
    #expect(reply.status == 403)
    #expect(reply.code == "RequestTimeTooSkewed")
    #expect(reply.element("MaxAllowedSkewMilliseconds") == "900000")
    #expect(reply.element("ServerTime")?.hasSuffix(".000Z") == true)
    signer.date = Date(timeIntervalSinceNow: seconds > 0 ? 840 : -840)
    #expect(try server.send(TestRequest("GET", "key"), signer).code == "NoSuchKey")
  }

  @Test(arguments: Signer.Version.allCases) func keysAreExchanged(version: Signer.Version) throws {
    let server = try TestServer()
    let request = TestRequest("PUT", "key")
    #expect(try server.control("POST", "keys", "one s1 t1\ntwo s2").text == "accepted 2\n")
    var one = Signer(identifier: "one", secret: "s1", token: "t1")
    one.version = version
    var two = Signer(identifier: "two", secret: "s2")
    two.version = version
    #expect(try server.send(request, one).status == 200)
    #expect(try server.send(request, two).status == 200)
    #expect(try server.send(request).code == "InvalidAccessKeyId", "the first key is gone")
    try server.control("POST", "keys", "two s3")
    #expect(try server.send(request, one).code == "SecurityTokenExpired")
    #expect(try server.send(request, two).code == "SignatureDoesNotMatch")
    #expect(try server.control("POST", "keys", "just-one-word").status == 400)
  }

  @Test func tokensMustBeTheOneOfTheServer() throws {
    let server = try TestServer(token: "the-token")
    let request = TestRequest("PUT", "key")
    #expect(try server.send(request, Signer(token: "the-token")).status == 200)
    #expect(try server.send(request, Signer(token: "other")).code == "InvalidSecurityToken")
    #expect(try server.send(request, Signer()).code == "AccessDenied")
    #expect(
      try TestServer().send(request, Signer(token: "stray")).code == "InvalidSecurityToken")
  }

  /// The published vectors, sent to a server that believes to live at their time.
  @Test(arguments: [
    ("20231216T162057Z", "", "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe"),
    (
      "20231216T172512Z", "AdditionalHeaders=abc;zabc,",
      "4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f"
    ),
  ])
  func publishedVectorsOfVersion4(time: String, additional: String, code: String) throws {
    let server = try vectorServer(time, "yyyyMMdd'T'HHmmss'Z'")
    let scope = "\(time.prefix(8))/cn-hangzhou/oss/aliyun_v4_request"
    let query = "param1=value1&%2Bparam1=value3&%7Cparam1=value4&%2Bparam2&%7Cparam2&param2"
    let lines = [
      "PUT /bucket/1234%2B-/123/1.txt?\(query) HTTP/1.1", "Host: 127.0.0.1", "Content-Length: 0",
      "x-oss-head1: value", "abc: value", "ZAbc: value", "XYZ: value", "content-type: text/plain",
      "x-oss-content-sha256: UNSIGNED-PAYLOAD", "x-oss-date: \(time)",
      "Authorization: OSS4-HMAC-SHA256 Credential=ak/\(scope),\(additional)Signature=\(code)",
    ]
    #expect(try send(lines, to: server).status == 200)
    let changed = lines.map { $0 == "x-oss-head1: value" ? "x-oss-head1: other" : $0 }
    #expect(try send(changed, to: server).code == "SignatureDoesNotMatch")
  }

  @Test func publishedVectorOfVersion1() throws {
    let date = "Wed, 28 Dec 2022 10:27:41 GMT"
    let server = try vectorServer(date, "EEE, dd MMM yyyy HH:mm:ss 'GMT'")
    let lines = [
      "PUT /examplebucket/nelson HTTP/1.1", "Host: 127.0.0.1", "Content-Length: 0",
      "Content-MD5: eB5eJF1ptWaXm4bijSPyxw==", "Content-Type: text/html", "Date: \(date)",
      "x-oss-date: \(date)", "x-oss-meta-author: alice", "x-oss-meta-magic: abracadabra",
      "Authorization: OSS ak:kSHKmLxlyEAKtZPkJhG9bZb5k7M=",
    ]
    // The signature holds, and the empty body is not the one that the vector's digest is of.
    #expect(try send(lines, to: server).code == "InvalidDigest")
  }

  private func vectorServer(_ time: String, _ format: String) throws -> TestServer {
    let server = try TestServer {
      $0.credentials = Credentials(identifier: "ak", secret: "sk")
    }
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "UTC")
    formatter.dateFormat = format
    let date = try #require(formatter.date(from: time))
    try server.fault("any always skew=\(Int(date.timeIntervalSinceNow))")
    return server
  }

  private func send(_ lines: [String], to server: TestServer) throws -> Response {
    let connection = try server.connect()
    try connection.send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8))
    return try connection.response()
  }
}
