import Glibc
import Platform
import TestKit
import Testing

@testable import CurlTransport

/// A body whose file system does not answer.
@Suite(.enabled(if: SlowFiles.canMount, SlowFiles.needs), .timeLimit(.minutes(10)))
struct SlowSourceTests {
  @Test func itFailsByItselfAndOthersAreSent() throws {
    let server = ScriptedServer { exchange in exchange.reply(body: exchange.readBody()) }
    defer { server.stop() }
    let directory = try TemporaryDirectory()
    try directory.write("hung", variedBytes(100_000))
    let files = try SlowFiles(directory, ["read:hung"])
    let hung = SourceFile(
      owning: try FileDescriptor.open(files("hung"), O_RDONLY), path: "hung", waitsFor: 2)
    let good = try temporaryFile(variedBytes(1 << 20))
    let client = try Client(connections: 4) { $0.stallLimit = .seconds(1) }
    client.submit(
      (0..<2).map {
        HTTPRequest(
          .put, server.url("/k"), body: .file(hung, offset: 0, length: 100_000), token: $0)
      })
    try files.waitUntilHeld(["read:hung"])
    // Both loops wait for it, and carry on.
    let others = (2..<12).map {
      HTTPRequest(.put, server.url("/k"), body: .file(good, offset: 0, length: 1 << 20), token: $0)
    }
    client.submit(others)
    let completions = try client.collect(12)
    for completion in completions.prefix(2) {
      let failure = try #require(completion.failure)
      #expect(failure.kind == .sourceReadFailed(code: ETIMEDOUT))
      #expect(
        failure.message == "cannot read hung: its file system has not answered for 1 s")
    }
    for completion in completions.dropFirst(2) {
      #expect(completion.reply?.body.count == 1 << 20)
    }
    #expect(Set(client.transport.stop()) == ["hung"])
    files.release()
  }
}
