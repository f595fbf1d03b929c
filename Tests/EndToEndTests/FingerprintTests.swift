import Foundation
import TestKit
import Testing

/// One attribute changed at a time: is what is done sent again, is an open upload continued, and why.
@Suite struct FingerprintTests {
  /// What a manifest of one large entry says.
  struct Wish: Sendable {
    var file = "large"
    var key = "large"
    var bucket = "bucket"
    var prefix = ""
    var name = "table"
    var partSize = "100KiB"
    var threshold = "100KiB"
    var headers = "{Cache-Control: no-store}"
    var contentType = "text/plain"
    var metadata = "{a: x}"
    var tags = "{t: u}"
    var acl = "private"
    var storageClass = "IA"
    var more = ""
    var comment = ""
    var isSecond = false

    func text(_ endpoint: String) -> String {
      var entries = [
        """
          - {file: \(file), key: "\(key)", part_size: \(partSize), multipart_threshold: \(threshold),
             headers: \(headers), content_type: \(contentType), metadata: \(metadata), tags: \(tags),
             acl: \(acl), storage_class: \(storageClass)\(more.isEmpty ? "" : ", \(more)")}
        """, "  - {file: other, key: other}",
      ]
      if isSecond { entries.reverse() }
      return """
        version: 1
        name: \(name)
        target: {bucket: \(bucket), endpoint: "\(endpoint)", region: cn-hangzhou, prefix: "\(prefix)"}
        concurrency: 3
        entries:
        \(comment)\(entries.joined(separator: "\n"))

        """
    }
  }

  enum Effect: Sendable, Equatable {
    /// Nothing is sent of what is done; an open upload goes on.
    case none
    /// The content is compared, and is the same; an open upload begins anew, since parts of it may not be.
    case compared
    /// Sent again; an open upload is aborted first.
    case sent(String)
    /// Only how it is sent: nothing for what is done, while an open upload begins anew.
    case onlyParts
    /// Another object: sent, and an upload of the old one stays until it is aborted.
    case another
  }

  struct Change: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var effect: Effect
    var edit: @Sendable (inout Wish) -> Void = { _ in }
    var touch: @Sendable (TemporaryDirectory) throws -> Void = { _ in }

    init(
      _ name: String, _ effect: Effect, edit: @escaping @Sendable (inout Wish) -> Void = { _ in },
      touch: @escaping @Sendable (TemporaryDirectory) throws -> Void = { _ in }
    ) {
      testDescription = name
      self.effect = effect
      self.edit = edit
      self.touch = touch
    }
  }

  private static let settings = Effect.sent("settings changed")

  static let changes = [
    Change(
      "size", .sent("the source's size changed"),
      touch: { try $0.write("large", content(5 * Stage.partSize, seed: 1)) }),
    Change(
      "content of the same size", .sent("the source's content changed"),
      touch: { try $0.write("large", content(5 * Stage.partSize - 1_000, seed: 2)) }),
    Change(
      "mtime by a nanosecond", .compared, touch: { try $0.moveTime(of: "large", nanoseconds: 1) }),
    Change("inode", .compared, touch: { try $0.replaceByCopy("large") }),
    Change(
      "path", .compared, edit: { $0.file = "moved" },
      touch: { try FileManager.default.moveItem(atPath: $0("large"), toPath: $0("moved")) }),
    Change("a header's value", settings, edit: { $0.headers = "{Cache-Control: private}" }),
    Change(
      "one more header", settings,
      edit: { $0.headers = "{Cache-Control: no-store, Content-Language: de}" }),
    Change("one header less", settings, edit: { $0.headers = "{}" }),
    Change("a header's case", .none, edit: { $0.headers = "{cache-control: no-store}" }),
    Change("content type", settings, edit: { $0.contentType = "text/html" }),
    Change("metadata", settings, edit: { $0.metadata = "{a: y}" }),
    Change("metadata's name", settings, edit: { $0.metadata = "{b: x}" }),
    Change("tags", settings, edit: { $0.tags = "{t: v}" }),
    Change("acl", settings, edit: { $0.acl = "public-read" }),
    Change("storage class", settings, edit: { $0.storageClass = "Archive" }),
    Change("encryption", settings, edit: { $0.more = "encryption: AES256" }),
    Change("part size", .onlyParts, edit: { $0.partSize = "150KiB" }),
    Change("threshold that changes nothing", .none, edit: { $0.threshold = "200KiB" }),
    Change("threshold beyond the size", .onlyParts, edit: { $0.threshold = "10MiB" }),
    Change("key", .another, edit: { $0.key = "renamed" }),
    Change("bucket", .another, edit: { $0.bucket = "other-bucket" }),
    Change("prefix", .another, edit: { $0.prefix = "p/" }),
    Change("manifest's name", .none, edit: { $0.name = "renamed" }),
    Change("order", .none, edit: { $0.isSecond = true }),
    Change("comment", .none, edit: { $0.comment = "  # a comment\n\n" }),
    Change("priority and retries", .none, edit: { $0.more = "priority: 3, retries: 4" }),
  ]

  @Test(arguments: changes) func whatIsDone(change: Change) throws {
    let stage = try makeStage()
    #expect(try stage.run().code == 0)
    try stage.server.clearLog()
    let key = try apply(change, stage)
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors) \(run.events("failed"))")
    switch change.effect {
    case .none, .onlyParts:
      #expect(try run.event("unchanged", key: key).text("reason") == "same as recorded")
      #expect(run["requests"] == 0)
    case .compared:
      #expect(try run.event("unchanged", key: key).text("reason") == "same content")
      #expect(run["requests"] == 0)
      #expect(try stage.run().event("unchanged", key: key).text("reason") == "same as recorded")
    case .sent(let reason):
      #expect(try run.event("done", key: key).text("reason") == reason)
      #expect(try stage.status(of: key)?.text("reason") == reason)
    case .another:
      #expect(try run.event("done", key: key).text("reason") == "not uploaded before")
    }
    #expect(try stage.run()["requests"] == 0)
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  @Test(arguments: changes) func anOpenUpload(change: Change) throws {
    let stage = try makeStage()
    try stage.killWithGap(part: 3)
    let key = try apply(change, stage)
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors) \(run.events("failed"))")
    let reason = try run.event("done", key: key).text("reason")
    let aborts = try stage.server.operations().count { $0 == "abort" }
    switch change.effect {
    case .none:
      #expect(reason == "its upload went on")
      #expect(try stage.server.parts() == [3])
      #expect(run["parts_kept"] == 4)
      #expect(aborts == 0)
    case .compared: try expectAnew(run, stage, reason, "the source changed")
    case .onlyParts: try expectAnew(run, stage, reason, "the part size changed")
    case .sent("the source's content changed"):
      try expectAnew(run, stage, reason, "the source changed")
    case .sent(let expected): try expectAnew(run, stage, reason, expected)
    case .another:
      #expect(reason == "not uploaded before")
      #expect(aborts == 0)
      #expect(try stage.server.statistics().open_uploads == 1)
      let warning = try #require(run.events("warning").first?.text("message"))
      #expect(warning.contains("an upload of large is still open"), "\(warning)")
      return
    }
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  /// The second is the first moment that 64 bits of nanoseconds do not hold.
  @Test(arguments: [(10_413_792_000, 0), (9_223_372_036, 854_775_808)])
  func aTimeFarInTheFutureIsATimeLikeAnyOther(seconds: Int, nanoseconds: Int) throws {
    let stage = try makeStage()
    try stage.directory.setTime(of: "large", timespec(tv_sec: seconds, tv_nsec: nanoseconds))
    let plan = try stage.command("plan", "manifest.yaml")
    #expect(plan.code == 0, "\(plan.errors)")
    #expect(try stage.run()["done"] == 2)
    #expect(try stage.run().event("unchanged", key: "large").text("reason") == "same as recorded")
    let report = try stage.command("report", "manifest.yaml", "--format", "csv")
    #expect(report.code == 0, "\(report.errors)")
    try stage.directory.moveTime(of: "large", nanoseconds: 1)
    #expect(try stage.run().event("unchanged", key: "large").text("reason") == "same content")
  }

  private func expectAnew(
    _ run: Outcome, _ stage: Stage, _ reason: String?, _ expected: String
  ) throws {
    #expect(reason == expected)
    #expect(run["parts_kept"] == 0)
    #expect(try stage.server.operations().count { $0 == "abort" } == 1)
  }

  private func makeStage() throws -> Stage {
    let stage = try Stage()
    try stage.directory.write("large", content(5 * Stage.partSize - 1_000, seed: 1))
    try stage.directory.write("other", content(10))
    try stage.manifest(text: Wish().text(stage.server.endpoint))
    return stage
  }

  /// Makes the change; the key of the entry then.
  private func apply(_ change: Change, _ stage: Stage) throws -> String {
    var wish = Wish()
    change.edit(&wish)
    try change.touch(stage.directory)
    try stage.manifest(text: wish.text(stage.server.endpoint))
    return wish.prefix + wish.key
  }
}

extension TemporaryDirectory {
  fileprivate func moveTime(of name: String, nanoseconds: Int) throws {
    var status = stat()
    guard stat(self(name), &status) == 0 else { throw Problem("no \(name)") }
    try setTime(
      of: name,
      timespec(
        tv_sec: status.st_mtim.tv_sec,
        tv_nsec: (status.st_mtim.tv_nsec + nanoseconds) % 1_000_000_000))
  }

  /// The same bytes and times under another inode.
  fileprivate func replaceByCopy(_ name: String) throws {
    var status = stat()
    guard stat(self(name), &status) == 0 else { throw Problem("no \(name)") }
    try write("\(name).copy", read(name))
    try setTime(of: "\(name).copy", status.st_mtim)
    guard rename(self("\(name).copy"), self(name)) == 0 else { throw Problem("no rename") }
  }

  fileprivate func setTime(of name: String, _ time: timespec) throws {
    let times = [time, time]
    guard utimensat(AT_FDCWD, self(name), times, 0) == 0 else { throw Problem("no utimensat") }
  }
}
