import BatchCore
import Checksum
import Testing

@testable import OSSProtocol

@Suite struct ReplyTests {
  private func success(
    _ raw: RawReply, to operation: BatchCore.Operation = .putObject
  ) throws -> Reply {
    try interpret(raw, to: operation).outcome.get()
  }

  @Test func putAndPartAreStored() throws {
    let raw = reply(
      200,
      [
        "ETAG": "\"5EB63BBBE01EEED093CB22BB8F5ACDC3\"",
        "X-Oss-Hash-Crc64ecma": "5981764153023615706",
        "x-oss-request-id": "65A",
      ])
    let expected = Reply.stored(
      etag: "\"5EB63BBBE01EEED093CB22BB8F5ACDC3\"", crc64: CRC64(value: 5_981_764_153_023_615_706))
    #expect(try success(raw) == expected)
    #expect(try success(raw, to: .uploadPart(uploadID: "U", number: 1, range: 0..<11)) == expected)
  }

  @Test(arguments: ["", "12x", "18446744073709551616", "-1"])
  func aChecksumThatIsNoneIsMissing(text: String) throws {
    let raw = reply(200, ["ETag": "e", "x-oss-hash-crc64ecma": text])
    #expect(try success(raw) == .stored(etag: "e", crc64: nil))
  }

  @Test func anObjectWhoseCallbackFailedIsStored() throws {
    let body = """
      <Error><Code>CallbackFailed</Code><Message>Error status : 502.</Message>\
      <RequestId>65A</RequestId></Error>
      """
    let put = try interpret(reply(203, [:], body))
    #expect(put.outcome == .success(.stored(etag: "", crc64: nil)))
    #expect(put.callbackFailure == "CallbackFailed: Error status : 502 (203, request 65A)")
    let complete = try interpret(
      reply(203, ["ETag": "E-2", "x-oss-hash-crc64ecma": "7"], body),
      to: .completeMultipartUpload(uploadID: "U", parts: []))
    #expect(complete.outcome == .success(.stored(etag: "E-2", crc64: CRC64(value: 7))))
    #expect(complete.callbackFailure != nil)
    #expect(try interpret(reply(200, ["ETag": "e"])).callbackFailure == nil)
  }

  @Test func initiateGivesTheUploadID() throws {
    let body = """
      <?xml version="1.0" encoding="UTF-8"?>
      <InitiateMultipartUploadResult xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com">
      <Bucket>b</Bucket><Key>k</Key><UploadId> 0004B9894A22E5B1 </UploadId>
      </InitiateMultipartUploadResult>
      """
    #expect(
      try success(reply(200, [:], body), to: .initiateMultipartUpload)
        == .initiated(uploadID: "0004B9894A22E5B1"))
  }

  @Test func completeTakesTheETagFromTheHeaderElseFromTheBody() throws {
    let operation = BatchCore.Operation.completeMultipartUpload(uploadID: "U", parts: [])
    let body = """
      <CompleteMultipartUploadResult><ETag>"B-2"</ETag></CompleteMultipartUploadResult>
      """
    #expect(
      try success(reply(200, ["ETag": "\"A-2\""], "{\"callback\": 1}"), to: operation)
        == .stored(etag: "\"A-2\"", crc64: nil))
    #expect(
      try success(reply(200, ["x-oss-hash-crc64ecma": "9"], body), to: operation)
        == .stored(etag: "\"B-2\"", crc64: CRC64(value: 9)))
  }

  @Test func anErrorBehindAStatusOfSuccessIsAnError() throws {
    let operation = BatchCore.Operation.completeMultipartUpload(uploadID: "U", parts: [])
    let body = "<Error><Code>InternalError</Code><Message>again</Message></Error>"
    let problem = try failure(reply(200, ["ETag": "e"], body), to: operation)
    #expect(problem.kind == .transient)
    #expect(problem.mayHaveTakenEffect)
  }

  @Test func partsAreListedWithTheMarkerOfTheNextPage() throws {
    let operation = BatchCore.Operation.listParts(uploadID: "U", marker: 0)
    func list(_ rest: String) -> RawReply {
      reply(
        200, [:],
        """
        <ListPartsResult><EncodingType>url</EncodingType>\(rest)
        <Part><PartNumber>1</PartNumber><ETag>"A"</ETag><Size>102400</Size>
        <HashCrc64ecma>42</HashCrc64ecma></Part>
        <Part><PartNumber>5</PartNumber><ETag>"B"</ETag><Size>0</Size></Part></ListPartsResult>
        """)
    }
    let parts = [
      ListedPart(number: 1, size: 102_400, etag: "\"A\"", crc64: CRC64(value: 42)),
      ListedPart(number: 5, size: 0, etag: "\"B\"", crc64: nil),
    ]
    #expect(
      try success(list("<IsTruncated>false</IsTruncated>"), to: operation)
        == .parts(PartsPage(parts: parts, nextMarker: nil)))
    #expect(
      try success(
        list("<IsTruncated>true</IsTruncated><NextPartNumberMarker>5</NextPartNumberMarker>"),
        to: operation) == .parts(PartsPage(parts: parts, nextMarker: 5)))
    let truncated = "<IsTruncated>true</IsTruncated>"
    #expect(try failure(list(truncated), to: operation).message.contains("lacks a value"))
    for number in ["4", "10001", "\(Int.max)"] {
      let marker = "<NextPartNumberMarker>\(number)</NextPartNumberMarker>"
      let problem = try failure(list(truncated + marker), to: operation)
      #expect(problem.kind == .transient)
      #expect(problem.message.contains("is out of order"), "\(problem.message)")
    }
    let behind = BatchCore.Operation.listParts(uploadID: "U", marker: 1)
    #expect(try failure(list(""), to: behind).message.contains("is out of order"))
  }

  @Test(arguments: [
    "<Part><PartNumber>x</PartNumber><ETag>A</ETag><Size>1</Size></Part>",
    "<Part><PartNumber>1</PartNumber><ETag>A</ETag><Size>-1</Size></Part>",
    "<Part><PartNumber>1</PartNumber><ETag>A</ETag></Part>",
    "<Part><PartNumber>1</PartNumber><Size>1</Size></Part>",
    "<Part><PartNumber>0</PartNumber><ETag>A</ETag><Size>1</Size></Part>",
    "<Part><PartNumber>10001</PartNumber><ETag>A</ETag><Size>1</Size></Part>",
    """
    <Part><PartNumber>2</PartNumber><ETag>A</ETag><Size>1</Size></Part>\
    <Part><PartNumber>1</PartNumber><ETag>A</ETag><Size>1</Size></Part>
    """,
  ])
  func aListThatMakesNoSenseIsNotBelieved(parts: String) throws {
    let raw = reply(200, [:], "<ListPartsResult>\(parts)</ListPartsResult>")
    #expect(try failure(raw, to: .listParts(uploadID: "U", marker: 0)).kind == .transient)
  }

  @Test func uploadsAreListedWithDecodedKeys() throws {
    let body = """
      <ListMultipartUploadsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
      <NextKeyMarker>a%2Fb+c</NextKeyMarker><NextUploadIdMarker>M</NextUploadIdMarker>
      <Upload><Key>a%2Fb%20%E7%9B%AE%</Key><UploadId>U1</UploadId>
      <Initiated>2023-12-16T16:20:57.000Z</Initiated></Upload>
      <Upload><Key>k</Key><UploadId>U2</UploadId><Initiated>soon</Initiated></Upload>
      </ListMultipartUploadsResult>
      """
    let uploads = [
      UploadsPage.Upload(
        key: "a/b 目%", uploadID: "U1",
        initiated: TimeSpan(earliest: 1_702_743_636, latest: 1_702_743_641)),
      UploadsPage.Upload(key: "k", uploadID: "U2", initiated: nil),
    ]
    let next = UploadsMarker(key: "a/b c", uploadID: "M")
    #expect(
      try success(
        reply(200, ["Date": "Sat, 16 Dec 2023 16:22:00 GMT"], body),
        to: .listMultipartUploads(marker: nil))
        == .uploads(UploadsPage(uploads: uploads, next: next)))
    #expect(
      try failure(reply(200, [:], body), to: .listMultipartUploads(marker: next)).kind
        == .transient)
    let plain = """
      <ListMultipartUploadsResult><IsTruncated>false</IsTruncated><Upload><Key>a%2Fb+c</Key>\
      <UploadId>U</UploadId></Upload></ListMultipartUploadsResult>
      """
    #expect(
      try success(reply(200, [:], plain), to: .listMultipartUploads(marker: nil))
        == .uploads(
          UploadsPage(
            uploads: [UploadsPage.Upload(key: "a%2Fb+c", uploadID: "U", initiated: nil)],
            next: nil)))
  }

  /// By bytes, also where Unicode has another order or none: `e` with an accent stands behind `f`.
  @Test(arguments: [
    ("k", "B", "k", "C", true), ("k", "B", "l", "", true), ("f", "", "\u{e9}", "", true),
    ("\u{e9}", "", "e\u{301}", "", false), ("e\u{301}", "", "\u{e9}", "", true),
    ("k", "B", "k", "A", false), ("k", "B", "k", "B", false), ("k", "B", "k", "", false),
    ("k", "B", "j", "Z", false), ("\u{e9}", "", "f", "", false),
  ])
  func aListOfUploadsGoesOnBehindItsMarker(
    key: String, uploadID: String, nextKey: String, nextID: String, isBehind: Bool
  ) throws {
    let raw = reply(
      200, [:],
      """
      <ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>\(nextKey)\
      </NextKeyMarker><NextUploadIdMarker>\(nextID)</NextUploadIdMarker>\
      </ListMultipartUploadsResult>
      """)
    let marker = UploadsMarker(key: key, uploadID: uploadID)
    let outcome = try interpret(raw, to: .listMultipartUploads(marker: marker)).outcome
    switch outcome {
    case .success(let reply):
      #expect(isBehind)
      let next = UploadsMarker(key: nextKey, uploadID: nextID)
      #expect(reply == .uploads(UploadsPage(uploads: [], next: next)))
    case .failure(let problem):
      #expect(!isBehind)
      #expect(problem.kind == .transient)
      #expect(problem.message.contains("is out of order"), "\(problem.message)")
    }
  }

  /// The service's clock is about a minute behind; without its date, or with times that cannot be, nothing is known.
  @Test(
    arguments: [
      (nil, nil, nil), (nil, "Sat, 16 Dec 2023 16:20:40 GMT", nil),
      ("Sat, 16 Dec 2023 16:20:30 GMT", nil, nil),
      ("Sat, 16 Dec 2023 16:20:30 GMT", "Sat, 16 Dec 2023 16:20:40 GMT", 1_702_743_689),
      ("Sat, 16 Dec 2023 16:20:41 GMT", "Sat, 16 Dec 2023 16:20:40 GMT", 1_702_743_700),
      ("Thu, 01 Jan 1970 00:00:00 GMT", "Sat, 16 Dec 2023 16:20:40 GMT", nil),
      ("Sat, 16 Dec 2023 16:20:30 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", nil),
    ] as [(String?, String?, Int64?)])
  func headDescribesTheObject(modified: String?, date: String?, earliest: Int64?) throws {
    var head = [
      "ETag": "\"A-2\"", "Content-Length": "12345", "x-oss-hash-crc64ecma": "8",
      "x-oss-object-type": "Multipart",
    ]
    head["Last-Modified"] = modified
    head["Date"] = date
    let raw = reply(200, head)
    #expect(
      try success(raw, to: .headObject)
        == .object(
          StoredObject(
            size: 12_345, etag: "\"A-2\"", crc64: CRC64(value: 8), type: "Multipart",
            modified: earliest.map { TimeSpan(earliest: $0, latest: $0 + 5) })))
  }

  @Test func anAbortedUploadIsGoneEitherWay() throws {
    let operation = BatchCore.Operation.abortMultipartUpload(uploadID: "U")
    #expect(try success(reply(204), to: operation) == .aborted)
    let gone = reply(404, [:], "<Error><Code>NoSuchUpload</Code></Error>")
    #expect(try success(gone, to: operation) == .aborted)
    #expect(try failure(gone, to: .listParts(uploadID: "U", marker: 0)).kind == .noSuchUpload)
  }

  @Test func aReplyThatWasCutMayComeWholeNextTime() throws {
    let cut = reply(200, [:], "<InitiateMultipartUploadResult><UploadId>0004")
    let problem = try failure(cut, to: .initiateMultipartUpload)
    #expect(problem.kind == .transient)
    #expect(problem.mayHaveTakenEffect)
    #expect(problem.message.contains("the document ends too early"))
  }

  @Test(
    arguments: [
      (.putObject, reply(200, ["Server": "nginx"], "<html>Welcome</html>")),
      (.uploadPart(uploadID: "U", number: 1, range: 0..<1), reply(204)),
      (.initiateMultipartUpload, reply(200, [:], "<html><body>Sign in</body></html>")),
      (.initiateMultipartUpload, reply(200, [:], "{}")), (.initiateMultipartUpload, reply(200)),
      (.completeMultipartUpload(uploadID: "U", parts: []), reply(200, [:], "OK")),
      (.listParts(uploadID: "U", marker: 0), reply(200, [:], "<ListBucketResult/>")),
      (.headObject, reply(200, ["Content-Length": "5"])),
      (.putObject, reply(404, [:], "<html></html>")),
      (.putObject, reply(403, [:], "Forbidden")), (.putObject, reply(405)),
      (.headObject, reply(403)),
      (.putObject, reply(301, ["Location": "https://example.com/login"])), (.putObject, reply(700)),
      (.putObject, reply(101)),
    ] as [(BatchCore.Operation, RawReply)])
  func whatIsNotOSSEndsTheRun(operation: BatchCore.Operation, raw: RawReply) throws {
    let problem = try failure(raw, to: operation)
    #expect(problem.kind == .fatal)
    let place = "https://oss-cn-hangzhou.aliyuncs.com answers, but not like OSS: "
    #expect(problem.message.hasPrefix(place))
    #expect(!problem.message.hasSuffix("."))
    #expect(problem.mayHaveTakenEffect == (raw.status < 300 || raw.status >= 500))
  }

  @Test(arguments: [500, 502, 503, 504, 429, 408])
  func aGatewaysErrorPageMayPass(status: Int) throws {
    let problem = try failure(reply(status, [:], "<html><h1>Bad Gateway</h1></html>"))
    #expect(problem.kind == ([503, 429].contains(status) ? .throttled : .transient))
    #expect(problem.mayHaveTakenEffect == (status >= 500))
    #expect(problem.message == "the service gave no explanation (\(status))")
  }
}
