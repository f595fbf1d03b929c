internal import BatchCore
internal import BatchManifest
internal import BatchRunner
internal import Glibc
internal import Platform

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Uploads what is not yet done; the same command again continues.")

  var shared = SharedOptions()
  var budget = ConcurrencyOption()
  var bandwidth: RateArgument?
  var selection = SelectionOptions()
  var maxErrors: CountArgument?
  var maxDuration: DurationArgument?
  var maxOutage: DurationArgument?
  var stallTimeout: StallArgument?
  var force = false
  var newRun = false
  var rebuildState = false
  var lockTimeout: DurationArgument?
  var progress = ProgressForm.auto
  var report: ReportName?
  var quiet = false
  var verbose = false

  mutating func declare(in grammar: inout Grammar) {
    grammar.group(&shared)
    grammar.group(&budget)
    grammar.option(
      "bandwidth", &bandwidth,
      help: ArgumentHelp(
        "Bytes of bodies a second at most, e.g. 20MiB/s. Default: the manifest's bandwidth.",
        valueName: "rate"))
    grammar.group(&selection)
    grammar.option("max-errors", &maxErrors, help: "Stop when this many entries have failed.")
    grammar.option(
      "max-duration", &maxDuration,
      help: "Stop after this long, e.g. 4h or 1h30m; a rerun continues.")
    grammar.option(
      "max-outage", &maxOutage,
      help: "Stop when the service has been away for this long; a rerun continues. Default: 30m.")
    grammar.option(
      "stall-timeout", &stallTimeout,
      help: ArgumentHelp(
        "Give up a request that does not move for this long, and repeat it. Default: 30s.",
        discussion:
          "Less than 1 KiB a second counts as not moving; the reply may take twice as long to begin. An entry whose file "
          + "gives nothing for this long fails.",
        valueName: "duration"))
    grammar.flag("force", &force, help: "Send what the state says is done, too.")
    grammar.flag("new-run", &newRun, help: "Begin a fresh run: a new run id and timestamp.")
    grammar.flag(
      "rebuild-state", &rebuildState, help: "Keep what is readable of a damaged journal, and go on."
    )
    grammar.option(
      "lock-timeout", &lockTimeout,
      help: "Wait this long for another run of this state to end. Default: not at all.")
    grammar.option(
      "progress", &progress, help: "How progress is shown: auto, tty, plain, json or none.")
    grammar.option(
      "report", &report,
      help: ArgumentHelp(
        "Write what has become of all entries to this file at the end.",
        discussion: "Its suffix is the form: \(ReportFormat.suffixes).", valueName: "file"))
    grammar.flag("quiet", short: "q", &quiet, help: "Only failures, warnings and the summary.")
    grammar.flag("verbose", short: "v", &verbose, help: "A line for every event.")
  }

  func run(_ output: OutputStream) throws {
    let diagnostics = OutputStream(STDERR_FILENO)
    let form = form(isTerminal: diagnostics.isTerminal)
    let options = try options()
    let signals = RunSignals { end, summary in
      if form == .json { Self.summarizeNothing(summary, state: end.state(summary)) }
    }
    // (After the signals: threads inherit what becomes of them.)
    let preparation = RequestPreparation.begin()
    defer { preparation.join() }
    try run(options, form, signals, (output, diagnostics))
  }

  private func run(
    _ options: RunOptions, _ form: RunReporter.Form, _ signals: RunSignals,
    _ streams: (output: OutputStream, diagnostics: OutputStream)
  ) throws {
    let moment = RunMoment {
      (newRun ? RunChoice.new : .next).start(in: options.stateDirectory)
    }
    let (manifest, others) = try load(form, signals, moment)
    let report = report.map { RunReport($0, options) }
    signals.knowsPlanned(manifest.entries.count) {
      if let problem = report?.write(manifest, nil) { warn(problem) }
    }
    var options = options
    options.manifestRun = moment.asked
    let session = RunSession(manifest, others: others, options)
    let control = session.control
    let reporter = RunReporter(
      manifest, form: form, isVerbose: verbose, streams: streams,
      whenClosed: control.readerIsGone)
    do throws(StartError) { try report?.check(sparing: shared.manifest) } catch {
      throw refuse(error, manifest, form, signals)
    }
    let outcome: (end: RunEnd, summary: RunSummary)
    do throws(StartError) {
      outcome = try session.run(reporter) { planned in
        signals.begins(control) { reload(control) }
        if let maxDuration { OutputStream.expectEnd(at: .now + maxDuration.duration) }
        reporter.begin(planned: planned, concurrency: session.concurrency)
      }
    } catch {
      if error.asksToReadAgain, shared.manifest != "-" {
        return try run(options, form, signals, streams)
      }
      signals.isRefused()
      if let problem = report?.write(manifest, nil) { reporter.complain(problem) }
      throw refuse(error, manifest, form, signals)
    }
    var code = outcome.end.exitCode(outcome.summary)
    var state = outcome.end.state(outcome.summary)
    if let problem = report?.write(reporter.manifest, code) {
      reporter.complain(problem)
      // All is done but this, and a job that reads the report must notice.
      if code == .success { (code, state) = (.someFailed, "partial") }
    }
    reporter.finish(outcome.end, outcome.summary, state: state)
    throw CommandEnd(code: code)
  }

  /// Nothing could begin.
  private func refuse(
    _ error: StartError, _ manifest: Manifest, _ form: RunReporter.Form, _ signals: RunSignals
  ) -> CommandEnd {
    signals.isRefused()
    if form == .json {
      Self.summarizeNothing(
        RunSummary(planned: manifest.entries.count), state: "failed", error: error.message)
    }
    return cannotStart(error)
  }

  private func load(
    _ form: RunReporter.Form, _ signals: RunSignals, _ moment: RunMoment
  ) throws(CommandEnd) -> (manifest: Manifest, others: LateMatches?) {
    do throws(CommandEnd) {
      // Whether every selector means something is known only with all entries.
      guard selection.isEverything else {
        return (try shared.load(moment), nil)
      }
      return try shared.begin(moment)
    } catch {
      signals.isRefused()
      if form == .json {
        Self.summarizeNothing(
          RunSummary(planned: 0), state: "failed", error: "the manifest has errors")
      }
      throw error
    }
  }

  private func options() throws -> RunOptions {
    var options = try shared.options()
    options.concurrency = budget.concurrency
    options.bandwidth = bandwidth.map { Bandwidth(rate: $0.rate) }
    selection.apply(to: &options)
    options.force = force
    options.newRun = newRun
    options.rebuildState = rebuildState
    options.maximumErrors = maxErrors?.count
    options.maximumDuration = maxDuration?.duration
    if let maxOutage { options.maximumOutage = maxOutage.duration }
    options.stallLimit = stallTimeout?.duration
    options.lockTimeout = lockTimeout?.duration ?? .zero
    return options
  }

  /// Reads the manifest's limits again, on the thread of the signals.
  private func reload(_ control: RunControl) {
    if let bandwidth { return control.reload(Bandwidth(rate: bandwidth.rate)) }
    guard shared.manifest != "-" else {
      return control.reloadFailed("a manifest from standard input cannot be read again")
    }
    do throws(ManifestErrors) {
      let context = shared.variables.context(run: RunMoment { .fresh() })
      let (manifest, _) = try ManifestReader.begin(path: shared.manifest, in: context)
      control.reload(manifest.bandwidth)
    } catch {
      control.reloadFailed(
        "the manifest has errors, which `osbatch validate` shows: the run goes on as it is")
    }
  }

  private func form(isTerminal: Bool) -> RunReporter.Form {
    if shared.json { return .json }
    if quiet { return .quiet }
    return switch progress {
    case .auto: isTerminal ? .live : .plain
    case .tty: .live
    case .plain: .plain
    case .json: .json
    case .none: .quiet
    }
  }

  /// The last line of JSON output is always a summary, even when nothing could begin.
  private static func summarizeNothing(
    _ summary: RunSummary, state: String, error: String? = nil
  ) {
    let output = OutputStream(STDOUT_FILENO)
    output.write(EventLines.summary(summary, state: state, milliseconds: 0, error: error))
    output.flush()
  }
}
