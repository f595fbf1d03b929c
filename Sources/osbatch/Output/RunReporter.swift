internal import BatchCore
internal import BatchRunner
internal import Platform

/// What a run tells its user while it goes on, in the form that was asked for.
final class RunReporter: RunObserver {
  enum Form: Sendable {
    /// A few lines that are rewritten in place.
    case live
    /// A line now and then, and one for every failure.
    case plain
    /// Events as JSON lines on standard output.
    case json
    /// Failures, warnings and the summary.
    case quiet
  }

  private let form: Form
  private let isVerbose: Bool
  /// As far as it is known.
  private(set) var manifest: Manifest
  private var lines: EventLines
  private let output: OutputStream
  private let diagnostics: OutputStream
  private let whenClosed: (String) -> Void
  private let start = Instant.now
  private var live: LiveView
  private var meter = ProgressMeter()
  private var unverified = 0

  /// `whenClosed` is told when nobody reads the events any more, and why.
  init(
    _ manifest: Manifest, form: Form, isVerbose: Bool,
    streams: (output: OutputStream, diagnostics: OutputStream),
    whenClosed: @escaping (String) -> Void
  ) {
    self.form = form
    self.isVerbose = isVerbose
    self.manifest = manifest
    lines = EventLines(manifest: manifest)
    output = streams.output
    diagnostics = streams.diagnostics
    self.whenClosed = whenClosed
    live = LiveView(diagnostics)
  }

  var progressInterval: Duration? {
    switch form {
    case .live: .milliseconds(200)
    case .json: .seconds(1)
    case .plain: .seconds(10)
    case .quiet: nil
    }
  }

  private var milliseconds: Int {
    Int((Instant.now.nanoseconds - start.nanoseconds) / 1_000_000)
  }

  func begin(planned: Int, concurrency: Int) {
    if form == .json { output.write(lines.start(planned: planned, concurrency: concurrency)) }
  }

  func know(_ entries: EntryTable) {
    manifest.entries = entries
    lines.manifest.entries = entries
  }

  func observe(_ event: RunEvent) {
    if case .done(_, _, let fact, _) = event, !fact.verified { unverified += 1 }
    if form == .json {
      output.write(lines.event(event))
      noteClosed()
      return
    }
    if form == .quiet, !isVerbose, Self.isNoTrouble(event) { return }
    guard let sentence = Sentences.line(event, manifest, isVerbose: isVerbose) else { return }
    live.clear()
    diagnostics.write(line: sentence)
    diagnostics.flush()
  }

  private func noteClosed() {
    if let failure = output.failure {
      whenClosed(OutputStream.sentence(ofStandardOutput: failure))
    }
  }

  /// It is told for what it spares or costs, not for anything that somebody should do.
  private static func isNoTrouble(_ event: RunEvent) -> Bool {
    switch event {
    case .resumed, .restarted: true
    default: false
    }
  }

  func observe(_ progress: RunProgress) {
    meter.note(progress, milliseconds: milliseconds)
    switch form {
    case .quiet: return
    case .json:
      output.write(lines.progress(progress, milliseconds: milliseconds))
      output.flush()
      noteClosed()
    case .live: live.show(Sentences.live(progress, meter, manifest.label))
    case .plain:
      guard milliseconds > 1_000 else { return }
      diagnostics.write(line: Sentences.progress(progress, meter))
      diagnostics.flush()
    }
  }

  /// Says what a run that is over has left undone.
  func complain(_ message: String) {
    live.clear()
    if form == .json { output.write(lines.event(.warning(nil, message))) }
    diagnostics.write(line: "osbatch: \(message)")
    output.flush()
    diagnostics.flush()
  }

  /// The last of what is said: how it ended, with `state` as its name.
  func finish(_ end: RunEnd, _ summary: RunSummary, state: String) {
    live.clear()
    if let sentence = Sentences.end(end) { diagnostics.write(line: "osbatch: \(sentence)") }
    if form == .json {
      output.write(
        EventLines.summary(summary, state: state, milliseconds: milliseconds))
    } else {
      output.write(
        Sentences.summary(
          summary, state: state, milliseconds: milliseconds, unverified: unverified))
    }
    diagnostics.flush()
    output.flush()
  }
}
