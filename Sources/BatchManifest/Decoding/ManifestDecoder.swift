internal import BatchCore

/// Turns the events of a manifest into its checked values. What is wrong is reported, and decoding
/// goes on behind it; only what makes the rest unintelligible is thrown. Entries are decoded as they
/// stream by and go straight into the compact table.
///
/// The extensions hold one kind of mapping each; every `decode…` function consumes the whole node
/// that begins with the event it is given.
struct ManifestDecoder: ~Copyable {
  var events: EventStream
  var report = DiagnosticCollector()
  /// Put before relative paths; empty for the working directory, else with a slash at its end.
  let directory: String
  var header = ManifestHeader()
  /// The header as an earlier reading of the same manifest found it, when it stands behind the
  /// entries: then they are decoded with this one.
  let knownHeader: ManifestHeader?
  var entries = EntryTable()
  var keys = DuplicateIndex()
  var ids = DuplicateIndex()
  /// The index of the settings of an entry that has none of its own.
  var plainSettings: Int?

  init(reading input: ManifestInput, directory: String, knownHeader: ManifestHeader? = nil) {
    events = EventStream(reading: input)
    self.directory = directory
    self.knownHeader = knownHeader
  }

  /// What holds for the entries.
  var effectiveHeader: ManifestHeader { knownHeader ?? header }

  mutating func error(
    _ message: String, at place: SourcePlace, notes: [Diagnostic.Note] = []
  ) {
    report.report(Diagnostic(message, at: place, notes: notes))
  }
}

/// Everything of a manifest but its entries.
struct ManifestHeader {
  var name: String?
  var concurrency = Manifest.defaultConcurrency
  /// nil: neither `target` nor `targets` was there, or nothing usable stood in it.
  var targets: [Target]?
  var targetsAreNamed = false
  var defaults = SettingsLayer()
}
