internal import BatchCore
internal import BatchRunner
internal import Platform

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Compares every done entry with the bucket: size and CRC64 by HEAD.")

  var shared = SharedOptions()
  var full = false
  var budget = ConcurrencyOption()
  var selection = SelectionOptions()

  mutating func declare(in grammar: inout Grammar) {
    grammar.group(&shared)
    grammar.flag("full", &full, help: "Read the local files, too, and compare their content.")
    grammar.group(&budget)
    grammar.group(&selection)
  }

  func run(_ output: OutputStream) throws {
    var options = try shared.options()
    options.concurrency = budget.concurrency
    selection.apply(to: &options)
    EndingSignals.watch()
    let preparation = RequestPreparation.begin()
    defer { preparation.join() }
    let manifest = try shared.load(for: .last)
    var counts = (same: 0, different: 0, unknown: 0, notDone: 0)
    do throws(StartError) {
      try VerifySession(manifest, options).run(full: full, warn: warn) { entry, finding in
        switch finding {
        case .same: counts.same += 1
        case .different: counts.different += 1
        case .unknown: counts.unknown += 1
        case .notDone: counts.notDone += 1
        }
        if shared.json {
          output.write(json(entry, finding, manifest))
        } else if let line = text(entry, finding, manifest) {
          output.write(line: line)
        }
      }
    } catch {
      output.flush()
      throw cannotStart(error)
    }
    output.write(shared.json ? json(counts) : text(counts))
    if counts.different > 0 { throw CommandEnd(code: .verifyFoundDifference) }
    if counts.unknown > 0 { throw CommandEnd(code: .someFailed) }
  }

  private typealias Counts = (same: Int, different: Int, unknown: Int, notDone: Int)

  private func text(
    _ entry: EntryIndex, _ finding: VerifySession.Finding, _ manifest: Manifest
  ) -> String? {
    let key = manifest.label(entry)
    return switch finding {
    case .same: nil
    case .different(let what): "different: \(key): \(what)"
    case .unknown(let why): "unknown: \(key): \(why)"
    case .notDone: "not done: \(key)"
    }
  }

  private func json(
    _ entry: EntryIndex, _ finding: VerifySession.Finding, _ manifest: Manifest
  ) -> [UInt8] {
    var line = JSONObject(type: "entry")
    line.add(entry, of: manifest)
    switch finding {
    case .same: line.add("finding", "same")
    case .different(let what):
      line.add("finding", "different")
      line.add("reason", what)
    case .unknown(let why):
      line.add("finding", "unknown")
      line.add("error", why)
    case .notDone: line.add("finding", "not_done")
    }
    return line.line()
  }

  private func text(_ counts: Counts) -> [UInt8] {
    Array(
      ("\(counts.same) verified, \(counts.different) different, \(counts.unknown) unknown, "
        + "\(counts.notDone) not done\n").utf8)
  }

  private func json(_ counts: Counts) -> [UInt8] {
    var line = JSONObject(type: "verify")
    line.add("same", counts.same)
    line.add("different", counts.different)
    line.add("unknown", counts.unknown)
    line.add("not_done", counts.notDone)
    return line.line()
  }
}
