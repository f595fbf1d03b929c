import Foundation
import Testing

@Suite struct MultipartTests {
  static let minimum = 102_400

  /// Two parts of the least size and a short last one.
  static let bodies = [pattern(minimum), pattern(minimum, seed: 2), pattern(10, seed: 3)]

  private func uploadParts(_ server: TestServer, _ key: String, _ upload: String) throws
    -> [(Int, String)]
  {
    try Self.bodies.enumerated().map { index, body in
      let reply = try server.part(key, upload, index + 1, body)
      return (index + 1, try #require(reply.headers["etag"]))
    }
  }

  @Test func partsBecomeOneObject() throws {
    let server = try TestServer()
    let initiate = TestRequest("POST", "k e+y", [("uploads", "")])
      .with("Content-Type", "text/plain").with("x-oss-meta-a", "b")
    let upload = try #require(try server.send(initiate).element("UploadId"))
    let parts = try uploadParts(server, "k e+y", upload)
    let reply = try server.complete("k e+y", upload, parts)
    #expect(reply.status == 200)
    #expect(reply.element("Key") == "k e+y")
    #expect(reply.headers["etag"]?.hasSuffix("-3\"") == true)
    let object = try server.get("k e+y")
    #expect(object.body == Self.bodies.flatMap(\.self))
    #expect(object.headers["x-oss-object-type"] == "Multipart")
    #expect(object.headers["content-type"] == "text/plain")
    #expect(object.headers["x-oss-meta-a"] == "b")
    #expect(object.headers["content-md5"] == nil)
    #expect(try server.complete("k e+y", upload, parts).code == "NoSuchUpload")
  }

  @Test func gapsAreLegalAndTagsMayBeUnquoted() throws {
    let server = try TestServer()
    let upload = try server.initiate("key")
    let first = try server.part("key", upload, 3, Self.bodies[0])
    let second = try server.part("key", upload, 9999, Self.bodies[2])
    let tags = [first, second].map { $0.headers["etag"] ?? "" }
    let bare = tags[0].replacingOccurrences(of: "\"", with: "").lowercased()
    let quoted = tags[1].replacingOccurrences(of: "\"", with: "&#34;")
    #expect(try server.complete("key", upload, [(3, bare), (9999, quoted)]).status == 200)
    #expect(try server.get("key").body == Self.bodies[0] + Self.bodies[2])
  }

  @Test func completeAllTakesWhatIsThere() throws {
    let server = try TestServer()
    let upload = try server.initiate("key")
    _ = try uploadParts(server, "key", upload)
    let request = TestRequest("POST", "key", [("uploadId", upload)])
      .with("x-oss-complete-all", "yes")
    #expect(try server.send(request.with(body: [1])).code == "InvalidArgument")
    #expect(try server.send(request).status == 200)
    #expect(try server.get("key").body == Self.bodies.flatMap(\.self))
  }

  @Test func aPartOfTheSameNumberReplaces() throws {
    let server = try TestServer()
    let upload = try server.initiate("key")
    try server.part("key", upload, 1, [1])
    let second = try server.part("key", upload, 1, [2])
    let tag = try #require(second.headers["etag"])
    #expect(try server.complete("key", upload, [(1, tag)]).status == 200)
    #expect(try server.get("key").body == [2])
  }

  @Test func completeChecksTheList() throws {
    let server = try TestServer()
    let upload = try server.initiate("key")
    let parts = try uploadParts(server, "key", upload)
    let wrongTag = String(repeating: "0", count: 32)
    #expect(try server.complete("key", upload, parts.reversed()).code == "InvalidPartOrder")
    #expect(try server.complete("key", upload, [(1, wrongTag)]).code == "InvalidPart")
    #expect(try server.complete("key", upload, [(4, parts[0].1)]).code == "InvalidPart")
    #expect(try server.complete("key", upload, []).code == "MalformedXML")
    try server.part("key", upload, 1, [1])
    let short = try server.part("key", upload, 1, [1]).headers["etag"] ?? ""
    let reply = try server.complete("key", upload, [(1, short)] + parts[1...])
    #expect(reply.code == "EntityTooSmall")
    #expect(reply.element("EC") == "0042-00000213")
    #expect(try server.get("key").code == "NoSuchKey")
    #expect(try server.complete("key", upload, Array(parts[1...])).status == 200)
  }

  @Test(arguments: [
    "", "<", "<a></b>", "<CompleteMultipartUpload>", "<!DOCTYPE a><a/>", "text", "<a>&unknown;</a>",
    "<CompleteMultipartUpload><Part><PartNumber>x</PartNumber></Part></CompleteMultipartUpload>",
    String(repeating: "<a>", count: 10_000),
  ])
  func documentsThatAreNotLists(document: String) throws {
    let server = try TestServer()
    let upload = try server.initiate("key")
    let request = TestRequest("POST", "key", [("uploadId", upload)])
    #expect(try server.send(request.with(body: Array(document.utf8))).code == "MalformedXML")
  }

  @Test(arguments: [
    ("0", "0017-00000220"), ("10001", "0017-00000220"), ("x", "0017-00000220"),
  ])
  func partNumbersHaveARange(number: String, errorCode: String) throws {
    let server = try TestServer()
    let upload = try server.initiate("key")
    let query = [("partNumber", number), ("uploadId", upload)]
    let reply = try server.send(TestRequest("PUT", "key", query).with(body: [1]))
    #expect(reply.code == "InvalidArgument")
    #expect(reply.element("EC") == errorCode)
  }

  @Test func encryptionDoesNotBelongToParts() throws {
    let server = try TestServer()
    let query = [("partNumber", "1"), ("uploadId", try server.initiate("key"))]
    let request = TestRequest("PUT", "key", query).with("x-oss-server-side-encryption", "AES256")
    #expect(try server.send(request).code == "InvalidArgument")
  }

  @Test func abortedUploadsAreGone() throws {
    let server = try TestServer()
    let upload = try server.initiate("key")
    try server.part("key", upload, 1, [1])
    let abort = TestRequest("DELETE", "key", [("uploadId", upload)])
    #expect(try server.send(abort).status == 204)
    #expect(try server.send(abort).code == "NoSuchUpload")
    let late = try server.part("key", upload, 2, [1])
    #expect(late.status == 404)
    #expect(late.element("EC") == "0017-00000244")
  }

  @Test func forbidOverwriteHoldsAtCompleteToo() throws {
    let server = try TestServer()
    let upload = try server.initiate("key")
    _ = try uploadParts(server, "key", upload)
    try server.put("key", [9])
    let request = TestRequest("POST", "key", [("uploadId", upload)])
      .with("x-oss-complete-all", "yes")
    let reply = try server.send(request.with("x-oss-forbid-overwrite", "true"))
    #expect(reply.code == "FileAlreadyExists")
    #expect(try server.get("key").body == [9])
    #expect(try server.send(request.with("x-oss-object-acl", "public-read")).status == 200)
    let acl = try server.send(TestRequest("GET", "key", [("acl", "")]))
    #expect(acl.element("Grant") == "public-read")
  }

  @Test func partsAreListedInPages() throws {
    let server = try TestServer()
    let upload = try server.initiate("key")
    for number in [5, 1, 9, 3] { try server.part("key", upload, number, [UInt8(number)]) }
    var query = [("uploadId", upload), ("max-parts", "3")]
    let first = try server.send(TestRequest("GET", "key", query))
    #expect(first.elements("PartNumber") == ["1", "3", "5"])
    #expect(first.element("IsTruncated") == "true")
    #expect(first.elements("HashCrc64ecma").count == 3)
    query.append(("part-number-marker", try #require(first.element("NextPartNumberMarker"))))
    let second = try server.send(TestRequest("GET", "key", query))
    #expect(second.elements("PartNumber") == ["9"])
    #expect(second.elements("Size") == ["1"])
    #expect(second.element("IsTruncated") == "false")
  }
}
