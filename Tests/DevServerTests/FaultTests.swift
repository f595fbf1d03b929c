import Foundation
import Testing

@Suite struct FaultTests {
  private let server: TestServer

  init() throws { server = try TestServer() }

  private func exists(_ key: String) throws -> Bool { try server.get(key).status == 200 }

  @Test func statusWithHeaders() throws {
    try server.fault(
      "put status=503 code=ServiceUnavailable message=try%20later header=Retry-After:7")
    let reply = try server.put("key", pattern(300_000))
    #expect(reply.status == 503)
    #expect(reply.code == "ServiceUnavailable")
    #expect(reply.element("Message") == "try later")
    #expect(reply.headers["retry-after"] == "7")
    #expect(try !exists("key"))
    #expect(try server.put("key").status == 200)
  }

  @Test func gatewayPageAfterTheEffect() throws {
    try server.fault("put status=504 html when=after")
    let reply = try server.put("key")
    #expect(reply.status == 504)
    #expect(reply.headers["content-type"] == "text/html")
    #expect(try exists("key"))
  }

  @Test(arguments: [
    ("before-body", false), ("half-body", false), ("before-effect", false), ("after-effect", true),
  ])
  func resets(point: String, isStored: Bool) throws {
    try server.fault("put reset=\(point)")
    #expect(throws: Broken.reset) { try server.put("key", pattern(400_000)) }
    #expect(try exists("key") == isStored)
    #expect(try server.put("key").status == 200)
  }

  @Test func truncatedReply() throws {
    try server.fault("list_objects truncate")
    #expect {
      try server.send(TestRequest("GET"))
    } throws: { error in
      guard case .ended(let received) = error as? Broken else { return false }
      return !received.isEmpty
    }
  }

  @Test func wrongLength() throws {
    try server.fault("list_objects length=7")
    #expect {
      try server.send(TestRequest("GET"))
    } throws: { error in
      guard case .ended(let received) = error as? Broken else { return false }
      return String(decoding: received, as: UTF8.self).contains("</ListBucketResult>")
    }
    try server.fault("list_objects length=-7")
    let reply = try server.send(TestRequest("GET"))
    #expect(reply.status == 200)
    #expect(!reply.text.contains("</ListBucketResult>"))
  }

  @Test func garbage() throws {
    try server.fault("put garbage")
    #expect(throws: Broken.self) { try server.put("key") }
    #expect(try exists("key"))
    try server.fault("initiate garbage-body")
    let reply = try server.send(TestRequest("POST", "key", [("uploads", "")]))
    #expect(reply.status == 200)
    #expect(reply.text == "<not><closed>")
  }

  @Test(arguments: [("stall", false), ("stall when=after", true)])
  func stall(words: String, isStored: Bool) throws {
    try server.fault("put \(words)")
    let connection = try server.connect()
    try connection.send(TestRequest("PUT", "key").with(body: [1]).bytes(Signer()))
    // The log counts the body's byte only at the end; until the head is there it is empty.
    while try server.control("GET", "log").text.isEmpty {}
    while try isStored && !exists("key") {}
    #expect(connection.isSilent)
    #expect(try server.control("GET", "log").text.hasPrefix("PUT\tbucket\tkey\t-\tput\t-\t"))
    #expect(try exists("key") == isStored)
  }

  @Test func delayKeepsTheRequest() throws {
    try server.fault("put delay=50")
    // A lower bound alone: no machine is so slow that it fails.
    let started = ContinuousClock.now
    #expect(try server.put("key").status == 200)
    #expect(ContinuousClock.now - started >= .milliseconds(50))
  }

  @Test(arguments: ["held", "faults"])
  func whatIsHeldGoesOnWhenItIsLetGo(control: String) throws {
    try server.fault("put always hold")
    let connection = try server.connect()
    try connection.send(TestRequest("PUT", "key").with(body: [1]).bytes(Signer()))
    while try server.control("GET", "held").text != "1\n" {}
    #expect(connection.isSilent)
    #expect(try !exists("key"))
    #expect(try server.control("DELETE", control).status == 204)
    #expect(try connection.response().status == 200)
    #expect(try exists("key"))
    // Only the one that was there: the fault stays, unless it was removed.
    try connection.send(TestRequest("PUT", "next").with(body: [2]).bytes(Signer()))
    if control == "faults" {
      #expect(try connection.response().status == 200)
    } else {
      while try server.control("GET", "held").text != "1\n" {}
      #expect(connection.isSilent)
      #expect(try !exists("next"))
    }
  }

  @Test func aRequestTakesEffectWhenItsClientHasLeft() throws {
    try server.fault("put delay=50")
    do {
      let connection = try server.connect()
      try connection.send(TestRequest("PUT", "key").with(body: [1]).bytes(Signer()))
    }
    while try !exists("key") {}
    while try !server.control("GET", "stats").text.contains("\"active_requests\":0") {}
    #expect(try server.get("key").body == [1])
  }

  @Test func checksumsInReplies() throws {
    let right = try server.put("key", [1]).headers["x-oss-hash-crc64ecma"]
    try server.fault("put wrong-crc")
    let wrong = try server.put("key", [1]).headers["x-oss-hash-crc64ecma"]
    #expect(wrong != nil)
    #expect(wrong != right)
    try server.fault("put omit-crc")
    #expect(try server.put("key", [1]).headers["x-oss-hash-crc64ecma"] == nil)
    #expect(try server.put("key", [1]).headers["x-oss-hash-crc64ecma"] == right)
  }

  @Test func corruption() throws {
    let body = pattern(1000)
    let right = try server.put("right", body).headers["etag"]
    try server.fault("put corrupt-received")
    #expect(try server.put("received", body).headers["etag"] != right)
    try server.fault("put corrupt-stored")
    #expect(try server.put("stored", body).headers["etag"] == right)
    for key in ["received", "stored"] {
      let stored = try server.get(key).body
      #expect(zip(stored, body).filter { $0 != $1 }.count == 1)
    }
    #expect(try server.get("right").body == body)
  }

  @Test func skewMovesTheServersClock() throws {
    try server.fault("any skew=3600")
    let reply = try server.get("key")
    #expect(reply.code == "RequestTimeTooSkewed")
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions.insert(.withFractionalSeconds)
    let time = try #require(reply.element("ServerTime").flatMap(formatter.date))
    #expect(time.timeIntervalSinceNow > 3000)
    #expect(try server.get("key").code == "NoSuchKey")
  }

  @Test func forgottenUpload() throws {
    let upload = try server.initiate("key")
    try server.fault("part part=2 forget")
    #expect(try server.part("key", upload, 1, [1]).status == 200)
    #expect(try server.part("key", upload, 2, [1]).code == "NoSuchUpload")
    let listing = try server.send(TestRequest("GET", "key", [("uploadId", upload)]))
    #expect(listing.code == "NoSuchUpload")
  }

  @Test func failedCallback() throws {
    try server.fault("put callback-failed")
    let reply = try server.put("key")
    #expect(reply.status == 203)
    #expect(reply.code == "CallbackFailed")
    #expect(try exists("key"))
  }

  @Test func choosesRequests() throws {
    try server.fault("put key=logs/* skip=1 times=2 status=500")
    #expect(try server.put("other").status == 200)
    let statuses = try (0..<5).map { try server.put("logs/\($0)").status }
    #expect(statuses == [200, 500, 500, 200, 200])
    try server.fault("put key=a%20b always status=400 code=BadRequest")
    #expect(try server.put("a b").code == "BadRequest")
    #expect(try server.put("a b").code == "BadRequest")
    #expect(try server.put("a bc").status == 200)
    #expect(try server.control("GET", "faults").text.contains("2\tput key=logs/*"))
    try server.control("DELETE", "faults")
    #expect(try server.put("a b").status == 200)
  }

  @Test func chanceDependsOnTheSeedAlone() throws {
    func outcomes(_ seed: Int) throws -> [Int] {
      try server.control("DELETE", "faults")
      try server.fault("put probability=0.5 seed=\(seed) status=500")
      return try (0..<40).map { _ in try server.put("key").status }
    }
    let first = try outcomes(1)
    #expect(Set(first) == [200, 500])
    #expect(try outcomes(1) == first)
    #expect(try outcomes(2) != first)
  }

  @Test func outcomesAreTakenInOrder() throws {
    try server.control("POST", "faults", "# two\nput status=500\n\nput status=502\n")
    #expect(try server.put("key").status == 500)
    #expect(try server.put("key").status == 502)
    #expect(try server.put("key").status == 200)
  }

  @Test(arguments: [
    "sing status=500", "put", "put status=5000", "put times=0 status=500", "put part=0 forget",
    "put probability=2 stall", "put reset=never", "put stall truncate", "put truncate when=after",
    "put status=500 header=x", "put color=blue", "put key=%zz stall", "put delay=-1",
  ])
  func linesThatAreNotUnderstood(line: String) throws {
    let reply = try server.control("POST", "faults", "any delay=1\n" + line)
    #expect(reply.status == 400)
    #expect(reply.text.hasPrefix("line 2: "))
    #expect(try server.control("GET", "faults").text.isEmpty)
  }

  @Test func theLogTellsWhatCame() throws {
    try server.put("a b/c", [1, 2, 3])
    let upload = try server.initiate("key")
    try server.fault("abort reset=after-effect")
    let abort = TestRequest("DELETE", "key", [("uploadId", upload)])
    #expect(throws: Broken.reset) { try server.send(abort) }
    let lines = try server.control("GET", "log").text.split(separator: "\n")
    #expect(
      lines == [
        "PUT\tbucket\ta%20b/c\t-\tput\t200\t3", "POST\tbucket\tkey\tuploads\tinitiate\t200\t0",
        "DELETE\tbucket\tkey\tuploadId=\(upload)\tabort\t-\t0",
      ])
    try server.control("DELETE", "log")
    #expect(try server.control("GET", "log").text.isEmpty)
    let statistics = try server.control("GET", "stats").text
    #expect(statistics.contains("\"requests\":{\"put\":1,\"initiate\":1,\"abort\":1}"))
    #expect(statistics.contains("\"open_uploads\":0,\"objects\":1}"))
  }
}
