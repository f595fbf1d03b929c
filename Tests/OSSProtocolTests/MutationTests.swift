import BatchCore
import Testing

@testable import OSSProtocol

/// Replies with bytes changed, removed, repeated and cut, from fixed seeds: whatever a server sends,
/// there is an answer, no trap, and no secret.
@Suite struct MutationTests {
  private struct Random {
    var state: UInt64

    mutating func below(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % max(1, limit)
    }
  }

  private static let bodies = [
    "<InitiateMultipartUploadResult><UploadId>0004B9</UploadId></InitiateMultipartUploadResult>",
    """
    <?xml version="1.0"?><ListPartsResult><IsTruncated>true</IsTruncated>\
    <NextPartNumberMarker>5</NextPartNumberMarker><Part><PartNumber>5</PartNumber>\
    <ETag>&quot;A&#x22;</ETag><Size>12</Size><HashCrc64ecma>3</HashCrc64ecma></Part></ListPartsResult>
    """,
    """
    <ListMultipartUploadsResult><EncodingType>url</EncodingType><Upload><Key>a%2Fb</Key>\
    <UploadId>U</UploadId><Initiated>2023-12-16T16:20:57.000Z</Initiated></Upload>\
    </ListMultipartUploadsResult>
    """,
    """
    <Error><Code>RequestTimeTooSkewed</Code><Message><![CDATA[x]]></Message><ServerTime>\
    2023-12-16T16:20:57.000Z</ServerTime></Error>
    """,
    "<CompleteMultipartUploadResult a='b'><ETag>E</ETag></CompleteMultipartUploadResult>", "",
  ]

  private static let head = """
    HTTP/1.1 200 OK\r\nETag: "A"\r\nDate: Sat, 16 Dec 2023 16:20:57 GMT\r\nRetry-After: 3\r
    x-oss-hash-crc64ecma: 11051210869376104954\r\nContent-Length: 12\r\nx-oss-err: PEVycm9yLz4=\r
    x-oss-request-id: 65A\r\n\r\n
    """

  private func mutated(_ text: String, _ random: inout Random) -> [UInt8] {
    var bytes = Array(text.utf8)
    for _ in 0..<random.below(4) where !bytes.isEmpty {
      let place = random.below(bytes.count)
      switch random.below(5) {
      case 0: bytes[place] = UInt8(random.below(256))
      case 1: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(8)))
      case 2: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 9)], at: place)
      case 3: bytes.removeSubrange(place...)
      default: bytes[place] = Array("<>&;:/'\"%#\n".utf8)[random.below(11)]
      }
    }
    return bytes
  }

  @Test(arguments: 0..<8)
  func everyReplyHasAnAnswer(seed: Int) throws {
    var random = Random(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
    let interpreter = ReplyInterpreter(try endpoint())
    let statuses = [200, 203, 204, 301, 400, 403, 404, 409, 500, 503, 0, -1, 999]
    var failures = 0
    for _ in 0..<1_000 {
      let raw = RawReply(
        status: statuses[random.below(statuses.count)], head: mutated(Self.head, &random),
        body: mutated(Self.bodies[random.below(Self.bodies.count)], &random), asked: 0, answered: 0)
      for operation in everyOperation {
        var clock = ServiceClock()
        let answer = interpreter.interpret(raw, to: operation, &clock)
        guard case .failure(let problem) = answer.outcome else {
          #expect(raw.status < 300 || operation == .abortMultipartUpload(uploadID: "U"))
          continue
        }
        failures += 1
        #expect(!problem.message.isEmpty)
        #expect((problem.kind == .clockSkew) == (answer.serviceTime != nil))
      }
    }
    #expect(failures > 1_000)
  }
}
