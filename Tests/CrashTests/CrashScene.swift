import BatchCore
import Foundation
import TestKit
import Testing

/// Files of all sizes that killed runs upload, and what none of these runs may do.
final class CrashScene {
  static let concurrency = 4

  let stage: Stage
  let sources: [String: [UInt8]]
  /// Reported as done by a run so far.
  private var done: Set<String> = []
  /// Parts, by key and query, that a run before the current one had answered with success.
  private var safeParts: Set<String> = []
  private var requestsBefore = 0
  private(set) var kills = 0

  init(small: Int, partCounts: [Int]) throws {
    stage = try Stage()
    var sources: [String: [UInt8]] = [:]
    for index in 0..<small {
      sources["small-\(index)"] = content(700 + index, seed: UInt64(index + 1))
    }
    for (index, count) in partCounts.enumerated() {
      sources["large-\(index)"] = content(
        count * Stage.partSize - 1_000 * index, seed: UInt64(1_000 + index))
    }
    self.sources = sources
    for (name, bytes) in sources { try stage.directory.write(name, bytes) }
    let entries = sources.keys.sorted { String($0.reversed()) < String($1.reversed()) }
    try stage.manifest(
      entries.map { "  - {file: \($0), key: \($0)}" }.joined(separator: "\n"),
      concurrency: Self.concurrency)
  }

  var journal: String { stage.directory(".osbatch/manifest.yaml/journal") }

  /// Starts a run and kills it at the moment; false when it had ended before.
  func kill(at moment: Moment, _ options: String...) throws -> Bool {
    try moment.prepare(stage.server)
    let run = try stage.start(["run", "manifest.yaml", "--json"] + options)
    try moment.wait(run, server: stage.server, requestsBefore: requestsBefore, journal: journal)
    run.signal(SIGKILL)
    let end = try run.wait()
    try stage.server.clearFaults()
    try judge(end)
    guard end.code == -Int(SIGKILL) else { return false }
    kills += 1
    return true
  }

  /// What an invocation has done, however it ended: nothing that was safe went again.
  func judge(_ end: Child.End) throws {
    let log = try stage.server.log()
    for line in log.dropFirst(requestsBefore) {
      #expect(!done.contains(line.key), "\(line.operation) of \(line.key), which was done")
      #expect(
        line.part == nil || !safeParts.contains(line.key + line.query),
        "part \(line.part ?? 0) of \(line.key) was there already")
    }
    requestsBefore = log.count
    for line in log where line.part != nil && line.status == 200 {
      safeParts.insert(line.key + line.query)
    }
    // A killed run may leave half a line.
    let lines = end.output.split(
      separator: "\n", omittingEmptySubsequences: false)
    for line in lines.dropLast() {
      let event = try Event(line)
      if event.type == "done", let key = event.text("key") { done.insert(key) }
    }
  }

  /// A whole run under another program, judged like every other.
  func run(under program: [String], _ options: String...) throws -> Child.End {
    let end = try stage.start(
      ["run", "manifest.yaml", "--json"] + options, under: program
    ).wait()
    try judge(end)
    if end.code == -Int(SIGKILL) { kills += 1 }
    return end
  }

  /// Runs to the end, and compares everything with what it should be.
  func finish(_ options: String...) throws {
    let end = try stage.start(["run", "manifest.yaml", "--json"] + options).wait()
    let doneBefore = done
    try judge(end)
    let run = try Outcome(end)
    #expect(run.code == 0, "\(run.errors)")
    #expect(run["planned"] == sources.count)
    #expect(run["failed"] + run["not_run"] == 0)
    #expect(run["unchanged"] >= doneBefore.count)
    try expectStored()
    try expectLittleWasResent()
    let again = try Outcome(
      stage.start(["run", "manifest.yaml", "--json"] + options).wait())
    #expect(again["unchanged"] == sources.count)
    #expect(again["requests"] == 0)
  }

  private func expectStored() throws {
    let objects = try stage.server.objects().mapValues(\.bytes)
    #expect(objects.count == sources.count)
    for (key, bytes) in sources {
      let isSame = objects[key] == bytes
      #expect(isSame, "\(key) has other bytes, or is not there")
    }
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  /// Of parts, a kill costs at most what was in flight.
  private func expectLittleWasResent() throws {
    let sent = try stage.server.log().filter { $0.part != nil }.reduce(0) { $0 + $1.bodyBytes }
    let needed = sources.values.filter { $0.count > Stage.partSize }.reduce(0) { $0 + $1.count }
    #expect(
      sent - needed <= kills * Self.concurrency * Stage.partSize,
      "\(sent - needed) bytes of parts were sent again after \(kills) kills")
  }
}
