internal import BatchCore
internal import BatchRunner
internal import Glibc
internal import Platform

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Writes what has become of every entry, over all runs; needs no lock.",
    discussion: """
      It says what runs have recorded: an entry is done, failed, open (a part of it is uploaded) or \
      pending. Whether files have changed since is for `osbatch plan` to say.

      Exit codes: 0 the report is written, whatever it says; 1 it could not be written; 2, 3 and 4 \
      as ever.
      """,
    ignoredTwins: ["OSBATCH_JSON"])

  var shared = SharedOptions()
  var format: ReportFormat?
  var output: String?
  var selection = SelectionOptions()

  mutating func declare(in grammar: inout Grammar) {
    grammar.group(&shared)
    grammar.option(
      "format", &format,
      help: "json, csv, junit or html. Default: what the output's suffix says, else json.")
    grammar.option(
      "output", short: "o", &output,
      help: ArgumentHelp(
        "Write to this file, whole or not at all. Default: standard output.", valueName: "file"))
    grammar.group(&selection)
  }

  func validate() throws(ValidationError) {
    if shared.json, let format, format != .json {
      throw ValidationError("--json and --format \(format.rawValue) are two forms: choose one")
    }
    if let output, chosen == nil {
      throw ValidationError(
        "the suffix of \(output) is none of \(ReportFormat.suffixes): choose a --format")
    }
  }

  /// nil when the output's name does not say it and nothing else does.
  private var chosen: ReportFormat? {
    if shared.json { return .json }
    return format ?? (output.map { ReportFormat(suffixOf: $0) } ?? .json)
  }

  func run(_ stream: OutputStream) throws {
    var options = try shared.options()
    selection.apply(to: &options)
    let manifest = try shared.load(for: .last)
    let report: Report
    do throws(StartError) { report = try Report(manifest, options) } catch {
      throw cannotStart(error)
    }
    let format = chosen ?? .json
    guard let output else {
      report.write(as: format, to: stream)
      return try check(stream)
    }
    let file = ReportFile(output)
    do throws(StartError) { try file.spare(shared.manifest, options.stateDirectory) } catch {
      throw cannotStart(error)
    }
    do throws(SystemError) {
      try file.write { report.write(as: format, to: $0) }
    } catch {
      throw cannotStart(StartError(error.description, code: .someFailed))
    }
  }

  /// A part of a report is none, even for a reader that has gone away, of which no other command tells.
  private func check(_ stream: OutputStream) throws(CommandEnd) {
    guard let failure = stream.failure else { return }
    guard failure == EPIPE else { throw CommandEnd(code: .someFailed) }
    let error = OutputStream.sentence(ofStandardOutput: failure)
    throw cannotStart(StartError(error, code: .someFailed))
  }
}
