import Foundation
import TestKit
import Testing

/// What passes by itself is repeated, and what was lost on the way leaves nothing behind.
@Suite struct RetryTests {
  @Test(arguments: [
    "put status=503 code=ServiceUnavailable header=Retry-After:1", "put status=429 code=SlowDown",
    "put times=2 status=500 code=InternalError", "put status=502 html",
    "put status=400 code=RequestTimeout", "put status=400 code=InvalidDigest",
    "put reset=before-body", "put reset=half-body", "put reset=before-effect",
    "put reset=after-effect", "put truncate", "put garbage",
  ])
  func aPutGoesAgain(fault: String) throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 1)
    try stage.server.fault(fault)
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["requests"] == run["retries"] + 1)
    #expect(run["retries"] >= 1)
    #expect(run["bytes_sent"] == bytes.count)
    #expect(run.events("retry").count == run["retries"])
    #expect(run.events("retry").allSatisfy { $0.text("cause")?.isEmpty == false })
    try stage.expectStored("large", bytes)
  }

  @Test func anEndlessHeaderLineIsNotTheEndOfItsEntry() throws {
    let stage = try Stage()
    try stage.small(2)
    let line = String(repeating: "x", count: 150_000)
    try stage.server.fault("put key=small-0 when=after status=200 header=x-line:\(line)")
    let run = try stage.run()
    #expect(run.code == 0, "\(run.events("failed"))")
    #expect(run["done"] == 2)
    #expect(run["retries"] == 1)
  }

  @Test(arguments: [
    "part part=2 status=503 code=ServiceUnavailable", "part part=2 reset=half-body",
    "part part=2 reset=after-effect", "part part=2 truncate", "part part=2 garbage",
    "initiate status=503 code=ServiceUnavailable", "complete status=500 code=InternalError",
    "complete reset=before-effect", "any skip=1 times=4 status=500",
  ])
  func anUploadGoesOn(fault: String) throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 3)
    try stage.server.fault(fault)
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    // (libcurl by itself repeats what a connection loses that was kept from an earlier request.)
    let requests = try stage.server.operations().count
    #expect(run["retries"] >= 1 || requests > 5, "initiate, three parts and complete are five")
    #expect(run["parts_sent"] == 3)
    #expect(run["bytes_sent"] == bytes.count)
    try stage.expectStored("large", bytes)
    #expect(try stage.server.statistics().open_uploads == 0)
    #expect(try stage.server.log().count { $0.operation == "part" && $0.part == 1 } <= 3)
  }

  @Test(arguments: ["reset=after-effect", "truncate", "garbage", "garbage-body"])
  func aLostUploadIDLeavesNoUploadOpen(loss: String) throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 3)
    try stage.server.fault("initiate \(loss)")
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    #expect(try stage.server.operations().contains("list_uploads"))
    try stage.expectStored("large", bytes)
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  @Test func anUploadOfAnotherKeyOrOfSomebodyElseStays() throws {
    let stage = try Stage()
    try stage.large(parts: 3)
    try stage.manifest("  - {file: large, key: large-and-more}", concurrency: 1)
    try stage.server.fault("part stall")
    let other = try stage.start(
      ["run", "manifest.yaml", "--json", "--state-dir", "other-state"])
    try stage.server.wait(for: "a part") { log in log.contains { $0.operation == "part" } }
    try other.killAtOnce()
    try stage.large(parts: 3)
    try stage.server.fault("initiate reset=after-effect")
    #expect(try stage.run().code == 0)
    #expect(try stage.server.statistics().open_uploads == 1)
  }

  @Test(arguments: ["reset=after-effect", "truncate", "garbage"])
  func aLostCompleteIsLookedUpNotRepeated(loss: String) throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 3)
    try stage.server.fault("complete \(loss)")
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    #expect(try stage.server.operations().last == "head")
    #expect(run["parts_sent"] == 3)
    #expect(try stage.server.parts().count == 3)
    #expect(try run.event("done", key: "large").flag("verified") == true)
    try stage.expectStored("large", bytes)
  }

  @Test func aStalledCompleteIsLookedUpByTheNextRun() throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 3)
    try stage.server.fault("complete stall when=after")
    let run = try stage.startRun()
    try eventually("the object is there") { try stage.server.statistics().objects == 1 }
    try run.killAtOnce()
    try stage.server.clearLog()
    let again = try stage.run()
    #expect(again.code == 0, "\(again.errors)")
    #expect(again["done"] == 1)
    #expect(again["parts_sent"] == 0)
    #expect(try stage.server.parts().isEmpty)
    #expect(try stage.server.operations().last == "head")
    try stage.expectStored("large", bytes)
  }

  @Test(arguments: ["part part=3 forget", "complete forget"])
  func aForgottenUploadBeginsAnewAndAlone(fault: String) throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 4)
    try stage.manifest("  - {file: large, key: large}\n  - {file: large, key: other}")
    try stage.server.fault("\(fault) key=large")
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    let again = run.events("retry", key: "large").filter { $0.text("request") == "object" }
    #expect(again.map { $0.text("reason") } == ["the service no longer knows the upload"])
    #expect(run.events("retry", key: "other").isEmpty)
    #expect(try stage.server.log().count { $0.key == "other" && $0.part != nil } == 4)
    try stage.expectStored("large", bytes)
    try stage.expectStored("other", bytes)
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  @Test(arguments: ["v4", "v1"], [-7_200, 86_400])
  func aWrongClockIsCorrected(signature: String, seconds: Int) throws {
    let stage = try Stage()
    let bytes = try stage.large(parts: 3)
    try stage.manifest("  - {file: large, key: large}", target: "signature: \(signature)")
    try stage.server.fault("any always skew=\(seconds)")
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["retries"] >= 1)
    try stage.expectStored("large", bytes)
  }

  @Test func oneFailureDoesNotStopTheOthers() throws {
    let stage = try Stage()
    try stage.small(6)
    try stage.server.fault("put key=small-3 always status=400 code=InvalidArgument message=no")
    let run = try stage.run()
    #expect(run.code == 1)
    #expect(run.state == "partial")
    #expect(run["done"] == 5)
    #expect(run["failed"] == 1)
    let failure = try run.event("failed", key: "small-3")
    #expect(failure.text("error")?.contains("no") == true)
    #expect(failure.text("code") == "InvalidArgument")
    #expect(failure.text("request_id")?.isEmpty == false)
    #expect(failure.number("line") > 0)
    try stage.server.clearFaults()
    let again = try stage.run()
    #expect(again.code == 0)
    #expect(again["unchanged"] == 5)
    #expect(again["done"] == 1)
  }

  @Test func retriesComeToAnEnd() throws {
    let stage = try Stage()
    try stage.small(2, settings: "retries: 2")
    try stage.server.fault("put key=small-1 always status=500 code=InternalError")
    let run = try stage.run()
    #expect(run.code == 1)
    #expect(run["retries"] == 2)
    let error = try #require(try run.event("failed", key: "small-1").text("error"))
    #expect(error.hasSuffix("(3 attempts)"))
    #expect(run.events("retry").allSatisfy { $0.text("request_id") == nil })
  }
}
