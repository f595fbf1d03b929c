internal import BatchCore
internal import BatchRunner

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Says what run would do now: per entry, with parts, requests and bytes.")

  var shared = SharedOptions()
  var selection = SelectionOptions()
  var force = false

  mutating func declare(in grammar: inout Grammar) {
    grammar.group(&shared)
    grammar.group(&selection)
    grammar.flag("force", &force, help: "As if with run --force.")
  }

  func run(_ output: OutputStream) throws {
    var options = try shared.options()
    options.force = force
    selection.apply(to: &options)
    let manifest = try shared.load(for: .next)
    var session: PlanSession
    do throws(StartError) {
      session = try PlanSession(manifest, options)
    } catch {
      throw cannotStart(error)
    }
    var totals = PlanTotals(targets: manifest.targets.count)
    session.run { row in
      totals.add(row, target: manifest.entries.target(row.entry))
      if shared.json {
        output.write(json(row, manifest))
      } else {
        output.write(line: text(row, manifest))
      }
    }
    if shared.json {
      output.write(totals.json(manifest))
    } else {
      for line in totals.lines(manifest) { output.write(line: line) }
    }
    if totals.all.errors + totals.all.notRun > 0 { throw CommandEnd(code: .someFailed) }
  }

  private func text(_ row: PlannedEntry, _ manifest: Manifest) -> String {
    let key = manifest.label(row.entry)
    return switch row.action {
    case .unchanged: "unchanged  \(key): \(row.reason)"
    case .error: "error      \(key): \(row.reason)"
    case .notRun: "not run    \(key): \(row.reason)"
    case .upload:
      "upload     \(key): \(Quantity.bytes(row.bytes))\(parts(row)), \(row.reason)\(waiting(row))"
    case .resume:
      "resume     \(key): \(Quantity.bytes(row.bytes)) of \(Quantity.bytes(row.size)), \(row.reason)"
        + waiting(row)
    }
  }

  private func waiting(_ row: PlannedEntry) -> String {
    row.waits ? ", when what it needs is done" : ""
  }

  private func parts(_ row: PlannedEntry) -> String {
    row.parts == 0 ? "" : " in \(Quantity.count(row.parts, "part"))"
  }

  private func json(_ row: PlannedEntry, _ manifest: Manifest) -> [UInt8] {
    var line = JSONObject(type: "entry")
    line.add(row.entry, of: manifest)
    line.add("action", row.action.rawValue)
    line.add("reason", row.reason)
    line.add("waits", row.waits)
    line.add("size", row.size)
    line.add("parts", row.parts)
    line.add("parts_kept", row.partsKept)
    line.add("requests", row.requests)
    line.add("bytes", row.bytes)
    return line.line()
  }
}

/// Sums of a plan, in all and by target.
struct PlanTotals {
  struct Sum {
    var entries = 0
    var uploads = 0
    var resumes = 0
    var unchanged = 0
    var notRun = 0
    var errors = 0
    var parts = 0
    var requests = 0
    var bytes = 0

    mutating func add(_ row: PlannedEntry) {
      entries += 1
      switch row.action {
      case .upload: uploads += 1
      case .resume: resumes += 1
      case .unchanged: unchanged += 1
      case .notRun: notRun += 1
      case .error: errors += 1
      }
      parts += row.parts - row.partsKept
      requests += row.requests
      bytes += row.bytes
    }

    var text: String {
      "\(uploads) to upload, \(resumes) to resume, \(unchanged) unchanged, "
        + (notRun > 0 ? "\(notRun) not run, " : "")
        + "\(Quantity.count(errors, "error")): \(Quantity.bytes(bytes)) in "
        + "\(Quantity.count(requests, "request"))"
    }
  }

  private(set) var all = Sum()
  private var byTarget: [Sum]

  init(targets: Int) { byTarget = Array(repeating: Sum(), count: targets) }

  mutating func add(_ row: PlannedEntry, target: Int) {
    all.add(row)
    byTarget[target].add(row)
  }

  func lines(_ manifest: Manifest) -> [String] {
    let targets = byTarget.count > 1 ? Array(zip(manifest.targets, byTarget)) : []
    return targets.map { "\($0.name): \($1.text)" }
      + ["\(Quantity.count(all.entries, "entry", plural: "entries")): \(all.text)"]
  }

  func json(_ manifest: Manifest) -> [UInt8] {
    var bytes: [UInt8] = []
    if byTarget.count > 1 {
      for (target, sum) in zip(manifest.targets, byTarget) {
        bytes += line("target", name: target.name, sum)
      }
    }
    return bytes + line("total", name: nil, all)
  }

  private func line(_ type: String, name: String?, _ sum: Sum) -> [UInt8] {
    var line = JSONObject(type: type)
    if let name { line.add("target", name) }
    line.add("entries", sum.entries)
    line.add("upload", sum.uploads)
    line.add("resume", sum.resumes)
    line.add("unchanged", sum.unchanged)
    line.add("not_run", sum.notRun)
    line.add("error", sum.errors)
    line.add("parts", sum.parts)
    line.add("requests", sum.requests)
    line.add("bytes", sum.bytes)
    return line.line()
  }
}
