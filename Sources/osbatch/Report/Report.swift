internal import BatchCore
internal import BatchRunner
internal import Platform

/// The newest run of a manifest, as reports show it.
struct ReportRun {
  var id: String
  /// RFC 3339.
  var started: String
  /// nil while it goes on, or when it was killed.
  var exitCode: Int?
  /// Who is running it now, in words; nil when nobody is.
  var owner: String?

  /// What has become of it, as the end of a sentence that begins with the run.
  var ending: String {
    if let owner { return "is under way (\(owner))" }
    return exitCode.map { "ended with exit code \($0)" }
      ?? "did not come to its end: run again to continue"
  }
}

/// The outcome of every entry of a manifest, or of those that are selected. It holds one byte for each; rows are made while they are
/// written, so a million entries need no document in memory.
struct Report {
  let manifest: Manifest
  var run: ReportRun?
  /// RFC 3339.
  let time = WallClock.rfc3339(nanoseconds: WallClock.nanoseconds)
  /// Bytes of all entries that are done.
  let bytesDone: Int
  /// How many entries it is about.
  let count: Int
  /// nil: the entry is not selected.
  private let outcomes: ContiguousArray<ReportOutcome?>
  private let counts: [Int]
  private let recorded: (EntryIndex) -> StatusSession.Entry

  /// What is recorded of an entry is asked for twice, and its outcome must be the same then.
  init(
    _ manifest: Manifest, run: ReportRun?, selection: Selection = .everything,
    recorded: @escaping (EntryIndex) -> StatusSession.Entry
  ) {
    self.manifest = manifest
    self.run = run
    self.recorded = recorded
    var outcomes = ContiguousArray<ReportOutcome?>()
    outcomes.reserveCapacity(manifest.entries.count)
    var counts = [Int](repeating: 0, count: ReportOutcome.allCases.count)
    var bytes = 0
    for index in manifest.entries.indices {
      guard selection.contains(EntryIndex(index)) else {
        outcomes.append(nil)
        continue
      }
      let entry = recorded(EntryIndex(index))
      let outcome = ReportOutcome(entry.state)
      outcomes.append(outcome)
      counts[Int(outcome.rawValue)] += 1
      if outcome == .done { bytes += entry.done?.fingerprint.size ?? 0 }
    }
    self.outcomes = outcomes
    count = selection.count(of: manifest.entries)
    self.counts = counts
    bytesDone = bytes
  }

  /// What is on record now; nothing is locked, and a run may be going on.
  init(_ manifest: Manifest, _ options: RunOptions) throws(StartError) {
    let session = try StatusSession(manifest, options)
    let run = session.run.map { start in
      ReportRun(
        id: start.id, started: WallClock.rfc3339(nanoseconds: start.time * 1_000_000_000),
        exitCode: session.exitCode, owner: session.owner)
    }
    self.init(manifest, run: run, selection: session.selection) { session.entry($0) }
  }

  func count(_ outcome: ReportOutcome) -> Int { counts[Int(outcome.rawValue)] }

  /// Entries in the manifest's order, those of one outcome or all; `body` says whether to go on.
  func forEachEntry(of outcome: ReportOutcome? = nil, _ body: (ReportEntry) -> Bool) {
    for entry in manifest.entries.indicesInOrder {
      guard let own = outcomes[entry.value], outcome == nil || outcome == own else { continue }
      guard body(ReportEntry(manifest, entry, recorded(entry))) else { return }
    }
  }

  /// Writes all of it, or as much as the stream takes (`OutputStream.failure`).
  func write(as format: ReportFormat, to output: OutputStream) {
    switch format {
    case .json: JSONReport.write(self, to: output)
    case .csv: CSVReport.write(self, to: output)
    case .junit: JUnitReport.write(self, to: output)
    case .html: HTMLReport.write(self, to: output)
    }
    output.flush()
  }
}
