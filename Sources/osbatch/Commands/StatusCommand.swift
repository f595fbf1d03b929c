internal import BatchCore
internal import BatchRunner
internal import Platform

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows the state of the last or running run, from the journal; needs no lock.")

  var shared = SharedOptions()
  var selection = SelectionOptions()

  mutating func declare(in grammar: inout Grammar) {
    grammar.group(&shared)
    grammar.group(&selection)
  }

  fileprivate struct Counts {
    var done = 0
    var unchanged = 0
    var failed = 0
    var open = 0
    var pending = 0
  }

  func run(_ output: OutputStream) throws {
    var options = try shared.options()
    selection.apply(to: &options)
    let manifest = try shared.load(for: .last)
    do throws(StartError) {
      let session = try StatusSession(manifest, options)
      var counts = Counts()
      for index in manifest.entries.indices {
        let entry = EntryIndex(index)
        guard session.selection.contains(entry) else { continue }
        let row = session.entry(entry)
        counts.add(row.state)
        let obstacle = session.obstacle(of: entry)
        if shared.json {
          output.write(json(entry, row, obstacle, manifest))
        } else if let line = text(entry, row, obstacle, manifest) {
          output.write(line: line)
        }
      }
      if shared.json {
        output.write(json(session, counts))
      } else {
        output.write(line: text(counts))
        output.write(line: text(session))
      }
    } catch {
      throw cannotStart(error)
    }
  }

  /// What needs attention is shown, and what was sent again; the rest is only counted.
  private func text(
    _ entry: EntryIndex, _ row: StatusSession.Entry, _ obstacle: String?, _ manifest: Manifest
  ) -> String? {
    let key = manifest.label(entry)
    let reason = row.reason.flatMap { $0 == .new ? nil : "\($0.rawValue)" }
    let again = reason.map { ", sent again: \($0)" } ?? ""
    return switch row.state {
    case .failed(let message): "failed: \(key): \(message)\(again)"
    case .open(let parts):
      "open: \(key): \(Quantity.count(parts, "part")) recorded as stored\(again)"
    case .done: reason.map { "done: \(key): sent again: \($0)" }
    case .pending:
      if let obstacle {
        "not run: \(key): \(obstacle)"
      } else {
        reason.map { "pending: \(key): to be sent again: \($0)" }
      }
    case .exists: nil
    }
  }

  private func json(
    _ entry: EntryIndex, _ row: StatusSession.Entry, _ obstacle: String?, _ manifest: Manifest
  ) -> [UInt8] {
    var line = JSONObject(type: "entry")
    line.add(entry, of: manifest)
    switch row.state {
    case .done(let verified):
      line.add("state", "done")
      line.add("verified", verified)
    case .exists:
      line.add("state", "unchanged")
      line.add("reason", UnchangedReason.exists.rawValue)
    case .failed(let message):
      line.add("state", "failed")
      line.add("error", message)
      if let upload = row.upload { line.add("parts", upload.parts) }
    case .open(let parts):
      line.add("state", "open")
      line.add("parts", parts)
    case .pending: line.add("state", "pending")
    }
    if let reason = row.reason { line.add("reason", reason.rawValue) }
    if row.state == .pending, let obstacle { line.add("obstacle", obstacle) }
    return line.line()
  }

  private func text(_ counts: Counts) -> String {
    let unchanged = counts.unchanged == 0 ? "" : "\(counts.unchanged) unchanged, "
    return "\(counts.done) done, \(unchanged)\(counts.failed) failed, \(counts.open) open, "
      + "\(counts.pending) pending"
  }

  private func text(_ session: StatusSession) -> String {
    if let owner = session.owner { return "running: \(owner)" }
    guard let run = session.run else { return "no run yet" }
    let start = WallClock.rfc3339(nanoseconds: run.time * 1_000_000_000)
    let end =
      session.exitCode.map { "ended with exit code \($0)" }
      ?? "did not come to its end: run again to continue"
    return "run \(run.id) of \(start) \(end)"
  }

  private func json(_ session: StatusSession, _ counts: Counts) -> [UInt8] {
    var line = JSONObject(type: "status")
    line.add("running", session.owner != nil)
    if let run = session.run {
      line.add("run", run.id)
      line.add("started", WallClock.rfc3339(nanoseconds: run.time * 1_000_000_000))
    }
    if let code = session.exitCode { line.add("exit_code", code) }
    line.add("done", counts.done)
    line.add("unchanged", counts.unchanged)
    line.add("failed", counts.failed)
    line.add("open", counts.open)
    line.add("pending", counts.pending)
    return line.line()
  }
}

extension StatusCommand.Counts {
  fileprivate mutating func add(_ state: StatusSession.EntryState) {
    switch state {
    case .done: done += 1
    case .exists: unchanged += 1
    case .failed: failed += 1
    case .open: open += 1
    case .pending: pending += 1
    }
  }
}
