import DevServer
import Foundation
import Testing

@Suite struct ObjectTests {
  static let awkwardKeys = [
    "plain", "a b+c%d", "a//b", "a/../../../../escaped", "..", ".", "quote\"'<&>", "目/录",
    "~tilde!*()@", "%2F", "tab\tline\nend", String(repeating: "long/", count: 204),
    "e\u{301}", "\u{E9}",
  ]

  @Test(arguments: awkwardKeys, [false, true])
  func keepsEveryKey(key: String, virtual: Bool) throws {
    let server = try TestServer()
    let body = pattern(5000)
    var request = TestRequest("PUT", key).with(body: body)
    request.isVirtualHosted = virtual
    #expect(try server.send(request).status == 200)
    #expect(try server.get(key).body == body)
    let head = try server.send(TestRequest("HEAD", key))
    #expect(head.status == 200)
    #expect(head.headers["content-length"] == "5000")
    let listing = try server.send(TestRequest("GET", "", [("encoding-type", "url")]))
    #expect(listing.element("Key") == percentEncoded(key))
    #expect(try server.send(TestRequest("DELETE", key)).status == 204)
    #expect(try server.get(key).code == "NoSuchKey")
    #expect(try server.send(TestRequest("DELETE", key)).status == 204)
  }

  @Test func keysThatDifferOnlyInCompositionAreTwo() throws {
    let server = try TestServer()
    try server.put("e\u{301}", [1])
    try server.put("\u{E9}", [2])
    #expect(try server.get("e\u{301}").body == [1])
    #expect(try server.get("\u{E9}").body == [2])
  }

  @Test func nothingLeavesTheRoot() throws {
    let directory = try TestServer.makeRoot()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let server = try TestServer(root: directory + "/root")
    for key in Self.awkwardKeys { try server.put(key, [1]) }
    let beside = try FileManager.default.contentsOfDirectory(atPath: directory)
    #expect(beside == ["root"])
    let below = try FileManager.default.contentsOfDirectory(atPath: directory + "/root").sorted()
    #expect(below == [".incoming", ".lock", "bucket"])
    let objects = try FileManager.default.contentsOfDirectory(
      atPath: directory + "/root/bucket/objects")
    #expect(objects.count == Self.awkwardKeys.count)
  }

  @Test func repliesCarryTheChecksums() throws {
    let server = try TestServer()
    let reply = try server.put("key", Array("123456789".utf8))
    #expect(reply.headers["x-oss-hash-crc64ecma"] == "11051210869376104954")
    #expect(reply.headers["etag"] == "\"25F9E794323B453885F5181F1B624D0B\"")
    #expect(reply.headers["content-md5"] == "JfnnlDI7RTiF9RgfG2JNCw==")
    #expect(reply.headers["x-oss-request-id"]?.count == 24)
    let head = try server.send(TestRequest("HEAD", "key"))
    #expect(head.headers["x-oss-hash-crc64ecma"] == "11051210869376104954")
    #expect(head.headers["x-oss-object-type"] == "Normal")
    let meta = try server.send(TestRequest("HEAD", "key", [("objectMeta", "")]))
    #expect(meta.headers["etag"] == reply.headers["etag"])
    #expect(meta.headers["x-oss-object-type"] == nil)
  }

  @Test func storedHeadersComeBack() throws {
    let server = try TestServer()
    let stored = [
      ("content-type", "text/plain"), ("cache-control", "no-store"),
      ("content-disposition", "attachment; filename=\"目.txt\""), ("content-encoding", "zstd"),
      ("expires", "Wed, 28 Dec 2022 10:27:41 GMT"), ("x-oss-meta-host", "one"),
      ("x-oss-storage-class", "IA"), ("x-oss-server-side-encryption", "AES256"),
    ]
    var request = TestRequest("PUT", "key").with("x-oss-tagging", "a=1&b%20c=%2B")
    request.headers += stored + [("x-oss-object-acl", "public-read")]
    #expect(try server.send(request).status == 200)
    let head = try server.send(TestRequest("HEAD", "key"))
    for (name, value) in stored { #expect(head.headers[name] == value) }
    #expect(head.headers["x-oss-tagging-count"] == "2")
    let tags = try server.send(TestRequest("GET", "key", [("tagging", "")]))
    #expect(tags.elements("Key") == ["a", "b c"])
    #expect(tags.elements("Value") == ["1", "+"])
    let acl = try server.send(TestRequest("GET", "key", [("acl", "")]))
    #expect(acl.element("Grant") == "public-read")
  }

  @Test(arguments: [
    ("bytes=2-4", 206, [2, 3, 4]), ("bytes=8-", 206, [8, 9]), ("bytes=-3", 206, [7, 8, 9]),
    ("bytes=5-100", 206, [5, 6, 7, 8, 9]), ("bytes=10-", 200, Array(0...9)),
    ("nonsense", 200, Array(0...9)),
  ])
  func ranges(header: String, status: Int, bytes: [UInt8]) throws {
    let server = try TestServer()
    try server.put("key", Array(0...9))
    let reply = try server.send(TestRequest("GET", "key").with("Range", header))
    #expect(reply.status == status)
    #expect(reply.body == bytes)
  }

  @Test(arguments: [
    ("x-oss-object-acl", "secret", "InvalidArgument"),
    ("x-oss-storage-class", "Cheap", "InvalidArgument"),
    ("x-oss-tagging", "a=1&a=2", "InvalidTag"),
    ("x-oss-tagging", "a=%5B", "InvalidTag"),
    ("x-oss-server-side-encryption", "ROT13", "InvalidEncryptionAlgorithmError"),
    ("x-oss-meta-under_score", "1", "InvalidArgument"),
    ("x-oss-meta-big", String(repeating: "x", count: 8200), "InvalidArgument"),
    ("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==", "InvalidDigest"),
    ("Content-MD5", "nonsense", "InvalidDigest"),
    ("If-Match", "x", "NotImplemented"),
    ("x-oss-copy-source", "/bucket/other", "NotImplemented"),
  ])
  func refusesHeaders(name: String, value: String, code: String) throws {
    let server = try TestServer()
    let reply = try server.send(TestRequest("PUT", "key").with(name, value).with(body: [1]))
    #expect(reply.status == 400)
    #expect(reply.code == code)
    #expect(try server.get("key").code == "NoSuchKey")
  }

  @Test(arguments: ["/begins", "\\begins", String(repeating: "k", count: 1024)])
  func refusesKeys(key: String) throws {
    #expect(try TestServer().put(key).code == "InvalidObjectName")
  }

  @Test func forbidOverwriteKeepsTheFirst() throws {
    let server = try TestServer()
    let first = TestRequest("PUT", "key").with("x-oss-forbid-overwrite", "true")
    #expect(try server.send(first.with(body: [1])).status == 200)
    let second = try server.send(first.with(body: [2]))
    #expect(second.status == 409)
    #expect(second.code == "FileAlreadyExists")
    #expect(try server.get("key").body == [1])
  }

  @Test func aBodyWithoutLengthIsRefused() throws {
    let server = try TestServer()
    let connection = try server.connect()
    let request = TestRequest("PUT", "key").with("Transfer-Encoding", "chunked")
    try connection.send(request.bytes(Signer()) + Array("1\r\nx\r\n0\r\n\r\n".utf8))
    let reply = try connection.response()
    #expect(reply.status == 411)
    #expect(reply.code == "MissingContentLength")
  }

  @Test func errorsOfHeadAreInHeaders() throws {
    let reply = try TestServer().send(TestRequest("HEAD", "missing"))
    #expect(reply.status == 404)
    let document = try #require(reply.headers["x-oss-err"].flatMap { Data(base64Encoded: $0) })
    #expect(String(decoding: document, as: UTF8.self).contains("<Code>NoSuchKey</Code>"))
    #expect(reply.headers["x-oss-ec"] == "0026-00000001")
  }

  @Test func onlyNamedBucketsExist() throws {
    let server = try TestServer { $0.buckets = ["bucket"] }
    #expect(try server.put("key").status == 200)
    var request = TestRequest("PUT", "key")
    request.bucket = "other"
    #expect(try server.send(request).code == "NoSuchBucket")
    request.bucket = "Not-Legal"
    #expect(try server.send(request).code == "InvalidBucketName")
  }

  @Test func oneConnectionCarriesManyRequests() throws {
    let server = try TestServer()
    let connection = try server.connect()
    for number in 0..<20 {
      try connection.send(TestRequest("PUT", "\(number)").with(body: [1]).bytes(Signer()))
    }
    for _ in 0..<20 { #expect(try connection.response().status == 200) }
    let statistics = try server.control("GET", "stats").text
    #expect(statistics.contains("\"connections\":1,"))
    #expect(statistics.contains("\"requests\":{\"put\":20}"))
  }

  @Test func aClientMayAskBeforeItSends() throws {
    let server = try TestServer()
    let connection = try server.connect()
    let bytes = TestRequest("PUT", "key").with("Expect", "100-continue").with(body: [7])
      .bytes(Signer())
    try connection.send(Array(bytes.dropLast()))
    #expect(try connection.response().status == 100)
    try connection.send([7])
    #expect(try connection.response().status == 200)
    #expect(try server.get("key").body == [7])
  }

  @Test(arguments: [
    "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "GET /bucket/k?a=%z HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET * HTTP/1.1\r\nHost: x\r\n\r\n", "GET http://x/y HTTP/1.1\r\n\r\n", "nonsense\r\n\r\n",
    "PUT /bucket/k HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    "PUT /bucket/k HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: .\r\n\r\n", "GET /\u{0} HTTP/1.1\r\n\r\n",
    "PUT /b%00d/k HTTP/1.1\r\nHost: \r\nContent-Length: 0\r\n\r\n",
    "POST /__devserver/nothing HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
  ])
  func everyInputHasAnAnswer(text: String) throws {
    let server = try TestServer()
    let connection = try server.connect()
    try connection.send(Array(text.utf8))
    #expect(try (400..<500).contains(connection.response().status))
    #expect(try server.put("key").status == 200)
  }
}
