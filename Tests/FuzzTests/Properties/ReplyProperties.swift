import BatchCore

@testable import OSSProtocol

/// No reply is a success that is not the documented one, none is beyond words, none tells a secret.
enum ReplyProperties {
  private static let operations: [BatchCore.Operation] = [
    .putObject, .initiateMultipartUpload, .uploadPart(uploadID: "U", number: 1, range: 0..<5),
    .listParts(uploadID: "U", marker: 0),
    .completeMultipartUpload(uploadID: "U", parts: [CompletedPart(number: 1, etag: "\"A\"")]),
    .abortMultipartUpload(uploadID: "U"), .headObject, .listMultipartUploads(marker: marker),
  ]
  private static let marker = UploadsMarker(key: "a/b", uploadID: "U")
  private static let statuses = [
    200, 203, 204, 206, 301, 400, 403, 404, 408, 409, 412, 429, 500, 503, 0, 999,
  ]
  private static let interpreter: ReplyInterpreter? = {
    let target = Target(bucket: "bucket", endpoint: "oss-cn-hangzhou.aliyuncs.com")
    return (try? Endpoint(target) { _ in nil }).map(ReplyInterpreter.init)
  }()
  /// Shorter ones may stand in our own words by chance.
  private static let shortestSecret = 16
  private static let longestMessage = 2_000

  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    guard bytes.count >= 2, let interpreter else { return }
    let operation = operations[Int(bytes[0]) % operations.count]
    let end = headEnd(bytes)
    let reply = RawReply(
      status: statuses[Int(bytes[1]) % statuses.count], head: Array(bytes[2..<end]),
      body: Array(bytes[end...]), asked: 1_800_000_000, answered: 1_800_000_001)
    var clock = ServiceClock()
    let answer = interpreter.interpret(reply, to: operation, &clock)
    try require(
      interpreter.interpret(reply, to: operation, &clock) == answer,
      "it is interpreted differently again")
    switch answer.outcome {
    case .success(let success): try check(success, of: operation, reply)
    case .failure(let failure): try check(failure, answer, reply)
    }
  }

  private static func headEnd(_ bytes: [UInt8]) -> Int {
    let blank = Array("\r\n\r\n".utf8)
    return bytes[2...].firstRange(of: blank)?.upperBound ?? bytes.count
  }

  /// What must be seen in the bytes, by plain search, before a success may be believed.
  private static func check(
    _ success: Reply, of operation: BatchCore.Operation, _ reply: RawReply
  ) throws(BrokenProperty) {
    switch (operation, success) {
    case (.abortMultipartUpload, .aborted):
      let isGone =
        ErrorDocument(xml: reply.body).code == "NoSuchUpload"
        || reply.head.containsField("x-oss-err")
      try require(isSuccess(reply) || isGone, "an abort that failed is called aborted")
      return
    case (.putObject, .stored(let etag, _)), (.uploadPart, .stored(let etag, _)):
      let isStored = reply.head.containsField("etag") && !etag.isEmpty
      try require(isStored || isCallbackFailure(reply), "stored without an ETag")
    case (.completeMultipartUpload, .stored(let etag, _)):
      let isStored = reply.head.containsField("etag") || isCallbackFailure(reply)
      try require(isStored || !etag.isEmpty, "completed without an ETag")
      if !isStored { try requireDocument("CompleteMultipartUploadResult", reply) }
    case (.initiateMultipartUpload, .initiated(let uploadID)):
      try require(!uploadID.isEmpty, "an upload without an id")
      try requireDocument("InitiateMultipartUploadResult", reply)
    case (.listParts, .parts(let page)):
      try requireDocument("ListPartsResult", reply)
      try check(page)
    case (.headObject, .object(let object)):
      let isDescribed =
        reply.head.containsField("etag") && reply.head.containsField("content-length")
      try require(isDescribed && object.size >= 0, "an object that was not described")
    case (.listMultipartUploads, .uploads(let page)):
      try requireDocument("ListMultipartUploadsResult", reply)
      if let next = page.next { try require(isBehindMarker(next), "a list of uploads goes back") }
      try require(page.uploads.allSatisfy { !$0.uploadID.isEmpty }, "an upload without an id")
    default:
      throw BrokenProperty("\(success) is no answer to \(operation)")
    }
    try require(isSuccess(reply), "status \(reply.status) is called a success")
  }

  private static func isBehindMarker(_ next: UploadsMarker) -> Bool {
    let (key, nextKey) = (Array(marker.key.utf8), Array(next.key.utf8))
    guard key == nextKey else { return key.lexicographicallyPrecedes(nextKey) }
    return marker.uploadID.utf8.lexicographicallyPrecedes(next.uploadID.utf8)
  }

  private static func isSuccess(_ reply: RawReply) -> Bool { (200..<300).contains(reply.status) }

  private static func isCallbackFailure(_ reply: RawReply) -> Bool {
    reply.status == 203 && ErrorDocument(xml: reply.body).code == "CallbackFailed"
  }

  /// The element begins and ends.
  private static func requireDocument(_ name: String, _ reply: RawReply) throws(BrokenProperty) {
    try require(
      reply.body.count(of: name) >= 2, "a success from a body that is no \(name)")
  }

  private static func check(_ page: PartsPage) throws(BrokenProperty) {
    let numbers = page.parts.map(\.number)
    try require(zip(numbers, numbers.dropFirst()).allSatisfy(<), "parts are not ascending")
    try require(
      page.parts.allSatisfy {
        (1...10_000).contains($0.number) && $0.size >= 0 && !$0.etag.isEmpty
      },
      "a listed part cannot be")
    guard let next = page.nextMarker else { return }
    try require(next >= numbers.last ?? .max, "the next page lies before the end of this one")
    try require(next <= 10_000, "the next page lies behind all that can be")
  }

  private static func check(
    _ failure: Failure, _ answer: Interpretation, _ reply: RawReply
  ) throws(BrokenProperty) {
    let text = failure.message
    try require(!text.isEmpty, "a failure without a word")
    try require(text.utf8.count <= longestMessage, "a failure of \(text.utf8.count) bytes")
    try require((failure.delayMilliseconds ?? 0) >= 0, "a delay that lies in the past")
    try require(
      (failure.kind == .clockSkew) == (answer.serviceTime != nil),
      "a clock is corrected exactly when it was wrong")
    for shown in [text, failure.code, failure.requestID] {
      try require(
        shown.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control },
        "a failure can send control characters to the terminal")
      for secret in secrets(reply) {
        try require(shown.utf8.firstRange(of: secret.utf8) == nil, "a failure tells a secret")
      }
    }
  }

  private static func secrets(_ reply: RawReply) -> [String] {
    guard let root = try? XMLElement.root(of: reply.body), root.name == "Error" else { return [] }
    let names = ["SecurityToken", "StringToSign", "CanonicalRequest", "SignatureProvided"]
    return root.children.filter { names.contains($0.name) }.map(\.text)
      .filter { $0.utf8.count >= shortestSecret }
  }
}

extension [UInt8] {
  /// A header of this name, whatever its case.
  fileprivate func containsField(_ name: String) -> Bool {
    let lower = map { (65...90).contains($0) ? $0 | 0x20 : $0 }
    return lower.firstRange(of: Array((name + ":").utf8)) != nil
  }

  fileprivate func count(of text: String) -> Int { ranges(of: Array(text.utf8)).count }
}
