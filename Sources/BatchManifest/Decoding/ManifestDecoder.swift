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
  let scope: InterpolationScope
  let assignments: [(name: String, value: String)]
  let toleratesMissingMatches: Bool
  var header = ManifestHeader()
  /// What earlier passes over the same manifest found out.
  let known: KnownParts
  /// The values of `vars`; nil while they are not known. A nil value: what is wrong with it is
  /// reported already.
  var variables: [String: String?]?
  /// Something took a value from `vars` before they were known.
  var usesLaterVariables = false
  var entries = EntryTable()
  var keys = DuplicateIndex()
  var ids = DuplicateIndex()
  /// What entries inherit, by the templates that they use; the first is that of `defaults` alone.
  var bases: [InheritedSettings] = []
  var baseIndex: [[ExactText]: Int] = [:]
  /// The list whose rows are being decoded; nil: the manifest itself.
  var list: ListInUse?
  /// Which rows of the table came from which list.
  var listRows: [(rows: Range<Int>, list: ListInUse)] = []
  var needs = NeedsCollector()
  /// The lists that are no files, such as pipes: they can be read once, and are held in memory.
  var streams: [ExactText: ManifestInput]
  /// The globs whose further matches can wait until the run is under way.
  var lateGlobs: [LateGlob] = []

  init(
    reading input: ManifestInput, directory: String, context: ManifestContext, known: KnownParts
  ) {
    events = EventStream(reading: input)
    self.directory = directory
    self.known = known
    scope = InterpolationScope(
      environment: context.environment, unreadable: context.unreadable, run: context.run)
    assignments = context.assignments
    toleratesMissingMatches = context.toleratesMissingMatches
    variables = known.variables
    streams = known.streams
  }

  /// What holds for the entries.
  var effectiveHeader: ManifestHeader { known.header ?? header }

  /// An error in the file that is being decoded; `unknown` is the word that it is about, when it is not known.
  mutating func error(
    _ message: String, at place: SourcePlace, notes: [Diagnostic.Note] = [],
    unknown: UnknownWord? = nil
  ) {
    var diagnostic = Diagnostic(message, at: place, notes: notes)
    if let list {
      diagnostic.file = list.path
      diagnostic.manifestPlace = list.place
    }
    report.report(diagnostic, unknown: unknown)
  }
}

/// What has to be known before what uses it can be decoded, although it may stand behind that.
struct KnownParts {
  var variables: [String: String?]?
  var header: ManifestHeader?
  var streams: [ExactText: ManifestInput] = [:]
  /// Large globs may be left for later.
  var mayLeaveGlobs = false
  /// But not those at these places.
  var expanded: Set<SourcePlace> = []
}

/// Everything of a manifest but its entries.
struct ManifestHeader {
  var name: String?
  var concurrency = Manifest.defaultConcurrency
  var bandwidth: Bandwidth?
  /// nil: neither `target` nor `targets` was there, or nothing usable stood in it.
  var targets: [Target]?
  var targetsAreNamed = false
  var defaults = SettingsLayer()
  var templates: [ExactText: SettingsLayer] = [:]
}
