internal import BatchCore
internal import BatchRunner
internal import Glibc
internal import Platform

struct AbortCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "abort",
    abstract: "Aborts the multipart uploads that this manifest's journal owns, and only those.")

  var shared = SharedOptions()
  var budget = ConcurrencyOption()
  var lockTimeout: DurationArgument?

  mutating func declare(in grammar: inout Grammar) {
    grammar.group(&shared)
    grammar.group(&budget)
    grammar.option(
      "lock-timeout", &lockTimeout,
      help: "Wait this long for a run of this state to end. Default: not at all.")
  }

  func run(_ output: OutputStream) throws {
    var options = try shared.options()
    options.concurrency = budget.concurrency
    options.lockTimeout = lockTimeout?.duration ?? .zero
    EndingSignals.watch()
    let preparation = RequestPreparation.begin()
    defer { preparation.join() }
    let manifest = try shared.load(for: .last)
    let diagnostics = OutputStream(STDERR_FILENO)
    let report: AbortSession.Report
    do throws(StartError) {
      report = try AbortSession(manifest, options).run(warn: warn)
    } catch {
      throw cannotStart(error)
    }
    for failure in report.failures { diagnostics.write(line: "failed: \(failure)") }
    if shared.json {
      var line = JSONObject(type: "abort")
      line.add("aborted", report.aborted)
      line.add("failed", report.failures.count)
      output.write(line.line())
    } else {
      output.write(
        "\(Quantity.count(report.aborted, "upload")) aborted, \(report.failures.count) failed\n")
    }
    diagnostics.flush()
    if !report.failures.isEmpty { throw CommandEnd(code: .someFailed) }
  }
}
