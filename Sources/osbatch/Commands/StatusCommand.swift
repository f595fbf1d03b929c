internal import ArgumentParser
internal import BatchCore
internal import BatchRunner
internal import Glibc
internal import Platform

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows the state of the last or running run, from the journal; needs no lock.")

  @OptionGroup var shared: SharedOptions

  fileprivate struct Counts {
    var done = 0
    var failed = 0
    var open = 0
    var pending = 0
  }

  func run() throws {
    let options = try shared.options()
    let manifest = try shared.load(for: .last)
    let output = OutputStream(STDOUT_FILENO)
    do throws(StartError) {
      let session = try StatusSession(manifest, options)
      var counts = Counts()
      for index in manifest.entries.indices {
        let entry = EntryIndex(index)
        let state = session.state(of: entry)
        counts.add(state)
        output.write(shared.json ? json(entry, state, manifest) : text(entry, state, manifest))
      }
      output.write(shared.json ? json(session, counts) : text(session, counts))
      output.flush()
    } catch {
      throw cannotStart(error)
    }
  }

  /// Done entries are only counted: what needs attention is what is shown.
  private func text(
    _ entry: EntryIndex, _ state: StatusSession.EntryState, _ manifest: Manifest
  ) -> [UInt8] {
    let key = manifest.entries.key(entry)
    return switch state {
    case .failed(let message): Array("failed: \(key): \(message)\n".utf8)
    case .open(let parts):
      Array("open: \(key): \(Quantity.count(parts, "part")) recorded as stored\n".utf8)
    case .done, .pending: []
    }
  }

  private func json(
    _ entry: EntryIndex, _ state: StatusSession.EntryState, _ manifest: Manifest
  ) -> [UInt8] {
    var line = JSONObject()
    line.add("type", "entry")
    if let id = manifest.entries[entry].id { line.add("id", id) }
    line.add("key", manifest.entries.key(entry))
    line.add("line", manifest.entries.line(entry))
    switch state {
    case .done(let verified):
      line.add("state", "done")
      line.add("verified", verified)
    case .failed(let message):
      line.add("state", "failed")
      line.add("error", message)
    case .open(let parts):
      line.add("state", "open")
      line.add("parts", parts)
    case .pending: line.add("state", "pending")
    }
    return line.line()
  }

  private func text(_ session: StatusSession, _ counts: Counts) -> [UInt8] {
    var text =
      "\(counts.done) done, \(counts.failed) failed, \(counts.open) open, \(counts.pending) pending\n"
    if let owner = session.owner {
      text += "running: \(owner)\n"
    } else if let run = session.run {
      let start = WallClock.rfc3339(nanoseconds: run.time * 1_000_000_000)
      let end =
        session.exitCode.map { "ended with exit code \($0)" }
        ?? "did not come to its end: run again to continue"
      text += "run \(run.id) of \(start) \(end)\n"
    } else {
      text += "no run yet\n"
    }
    return Array(text.utf8)
  }

  private func json(_ session: StatusSession, _ counts: Counts) -> [UInt8] {
    var line = JSONObject()
    line.add("type", "status")
    line.add("running", session.owner != nil)
    if let run = session.run {
      line.add("run", run.id)
      line.add("started", WallClock.rfc3339(nanoseconds: run.time * 1_000_000_000))
    }
    if let code = session.exitCode { line.add("exit_code", code) }
    line.add("done", counts.done)
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
    case .failed: failed += 1
    case .open: open += 1
    case .pending: pending += 1
    }
  }
}
