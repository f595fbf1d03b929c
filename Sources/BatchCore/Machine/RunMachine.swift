internal import Checksum

/// The run's decisions, all of them and nothing else: which request goes next, what may be repeated,
/// what must be durable before what, when an entry is done. One input in, commands out; no I/O, no
/// clock, no thread. One coordinator owns it.
///
/// The order that is never broken, per object: intent durable → Initiate → upload id durable → parts →
/// "completing" durable → Complete → done durable → told to anyone → checkpoint removed.
package struct RunMachine: Sendable {
  package struct Configuration: Sendable {
    /// Requests in flight at most.
    package var concurrency: Int
    /// Send what is on record as done, too.
    package var force = false
    /// The entries that are to be run; others are looked at only where one of these needs them. Of a
    /// growing table that is everything, for nobody can have chosen among entries that are not known.
    package var selection = Selection.everything
    /// Entries that are not selected belong to the run as well, and are not done.
    package var leavesOthers = false
    /// Failed entries after which the run stops; nil: it never does.
    package var maximumErrors: Int?
    /// Nanoseconds for which the run waits for a service that is away.
    package var outageLimit = RunMachine.defaultOutageLimit
    /// Of the backoff's jitter.
    package var seed: UInt64 = 0
    package var run: RunStart

    /// Requests handed over beyond these, which wait for a connection: one that becomes free need not wait for the run to
    /// hear of it. That is worth something where there are many.
    package var standby: Int { concurrency < 16 ? 0 : concurrency / 8 }

    package init(concurrency: Int, run: RunStart) {
      self.concurrency = concurrency
      self.run = run
    }
  }

  /// Inspections ahead of sending, of all targets together: enough that the largest objects of most manifests are
  /// seen early. And how many each target has at least.
  static let inspectionWindow = 8_192
  static let smallestInspectionWindow = 64
  /// Inspections under way at once.
  static let inspectionBatch = 512
  /// So long the run looks at few entries, at most.
  static let longestFirstLook: Int64 = 50_000_000
  /// A service that was there is waited for this long.
  package static let defaultOutageLimit: Int64 = 1_800_000_000_000
  /// A run in which no request ever got an answer ends after this long.
  static let unreachableLimit: Int64 = 20_000_000_000
  /// Without newer credentials the run stops after this long.
  package static let credentialsPatience = Duration.seconds(60)
  /// Meanwhile they are looked for this often.
  package static let credentialsPause = Duration.seconds(2)
  /// After the first signal, requests in flight may end for this long.
  static let drainLimit: Int64 = 10_000_000_000

  /// While this many requests for each slot in use wait to be repeated, no further body is begun: where so much
  /// fails, more attempts would only fail more entries.
  static let patience = 2

  enum Outcome: UInt8, Sendable {
    case open
    /// Failed, and on its way into the journal.
    case failing
    case done, unchanged, failed
    /// What it needs is not there.
    case notRun
    /// Not selected.
    case outside
  }

  /// What continues once a ticket is durable.
  struct Awaiting: Sendable {
    enum Step: Sendable {
      case put(EntryIndex)
      case initiate(EntryIndex)
      case transfer(EntryIndex)
      case complete(EntryIndex)
      case closed(EntryIndex)
      case done(EntryIndex, DoneFact)
      case failed(EntryIndex, Failure)
      case recorded(EntryIndex, UnchangedReason)
      case ended

      /// While other requests are in flight, nothing goes on faster for its being durable sooner.
      var isIdle: Bool {
        switch self {
        case .done: true
        default: false
        }
      }
    }
    var ticket: Int
    var step: Step
  }

  /// How far the run has come with its first look at its entries: see `takesFirstLook`.
  enum FirstLook: Sendable, Equatable {
    case ahead
    case until(Int64)
    case over
  }

  enum Stopping: Sendable, Equatable {
    case no
    case draining(until: Int64)
    case cancelled
  }

  package internal(set) var manifest: Manifest
  let facts: RunFacts
  let configuration: Configuration
  var policy: RetryPolicy
  /// By the numbers of the manifest's targets.
  var lanes: ContiguousArray<Lane>

  var outcomes: ContiguousArray<Outcome>
  /// Selected entries without an outcome.
  var unsettled: Int
  var dependencies: Dependencies
  /// Entries that have been looked at and wait for others, with the bytes that count as planned.
  var held: [EntryIndex: Int] = [:]
  var objects: ObjectTable
  /// Inspections under way.
  var inspecting = 0
  var firstLook: FirstLook

  /// What waits to be read, by the numbers that objects know: of each disk, for each target.
  var disks: ContiguousArray<DiskQueue> = []
  var bodies = BodyTable()

  var slots: ContiguousArray<RunRequest?> = []
  var freeSlots: [RequestID] = []
  package internal(set) var inFlight = 0

  var tickets = 0
  var awaiting = Queue<Awaiting>()

  var now = Moment(monotonic: 0, wall: 0)
  /// Sending pauses for want of good credentials.
  var isPausedForCredentials = false
  /// Since then no request has been accepted for its credentials.
  var credentialsRefusedSince: Int64?
  /// While sending pauses: when newer ones are looked for again, unless that is under way.
  var credentialsRetry: Int64?
  /// Why there were none the last time, so that it is not said again and again.
  var credentialsProblem: String?
  /// How often the credentials have been renewed: a refusal of older ones says nothing of the newest.
  var credentialsGeneration = 0
  var stopping = Stopping.no
  var end: RunEnd?
  var hasEnded = false
  /// The end is durable, or nothing will be any more, and it has been told.
  var hasFinished = false
  /// Nothing becomes durable any more, so nothing can become done.
  var storeIsLost = false
  var failedEntries = 0
  /// Uploads may not be listed, as a search has found.
  var mayNotSearch = false
  /// Identities of open uploads on record that no entry has claimed.
  var unclaimed: Set<EntryIdentity>

  package internal(set) var summary: RunSummary
  /// Bytes of all objects that had, or have, to be sent as far as is known.
  package internal(set) var bytesPlanned = 0
  /// Every entry has been looked at, so that `bytesPlanned` is final but for changing sources.
  package var hasInspectedAll: Bool {
    inspecting == 0 && !manifest.entries.isGrowing
      && lanes.allSatisfy { $0.inspectionCursor == outcomes.count && $0.released.isEmpty }
  }
  /// Commands in their order; the coordinator takes them after every input.
  package var commands: [RunCommand] = []

  package init(manifest: Manifest, facts: RunFacts, configuration: Configuration) {
    self.manifest = manifest
    self.facts = facts
    self.configuration = configuration
    policy = RetryPolicy(seed: configuration.seed)
    lanes = ContiguousArray(
      manifest.targets.map { Lane(name: $0.name, concurrency: configuration.concurrency) })
    let selection = configuration.selection
    precondition(selection.isEverything || !manifest.entries.isGrowing)
    outcomes = ContiguousArray(repeating: .open, count: manifest.entries.count)
    for row in outcomes.indices where !selection.contains(EntryIndex(row)) {
      outcomes[row] = .outside
    }
    unsettled = selection.count(of: manifest.entries)
    dependencies = Dependencies(manifest.entries, selection)
    objects = ObjectTable(entries: manifest.entries.count)
    // (Where as much is on record as the manifest has, most likely nothing waits to be sent.)
    let isDone = facts.doneCount >= manifest.entries.count && !configuration.force
    firstLook = isDone ? .over : .ahead
    unclaimed = Set(facts.open.keys).union(facts.orphans.keys)
    summary = RunSummary(planned: unsettled)
    record(.runStarted(configuration.run))
  }

  /// Takes one input; what follows from it is then in `commands`.
  package mutating func handle(_ input: RunInput, at moment: Moment) {
    now = moment
    switch input {
    case .entries(let batch): grow(batch)
    case .entriesEnded: stopGrowing()
    case .inspected(let entry, let source): inspected(entry, source)
    case .hashed(let entry, let digests): hashed(entry, digests)
    case .bodyRead(let id, let result): bodyRead(id, result)
    case .answered(let id, let result, let sent): answered(id, result, sent)
    case .durable(let ticket): durable(upTo: ticket)
    case .checkpoint(let entry, let parts): recovered(entry, parts)
    case .credentials(let news): credentials(news)
    case .storeFailed(let message): storeFailed(message)
    case .drain(let reason): drain(reason)
    case .stop: cancel()
    case .tick: break
    }
  }

  /// Does what time and free slots allow. Called once after a batch of inputs.
  package mutating func advance(at moment: Moment) {
    now = moment
    guard !hasEnded else { return }
    checkClocks()
    if stopping == .no { checkOutage() }
    if stopping == .no {
      for lane in lanes.indices {
        probe(lane)
        lanes[lane].releaseDelayed(at: now.monotonic)
      }
      activate()
      dispatch()
      readBodies()
      topUpInspections()
      for lane in lanes.indices { lanes[lane].freed = 0 }
    }
    finishIfOver()
  }

  /// When `advance` is due even if nothing happens, in nanoseconds of the monotonic clock.
  package var nextWake: Int64? {
    guard !hasEnded else { return nil }
    if case .draining(let until) = stopping { return until }
    guard stopping == .no else { return nil }
    var wake = isPausedForCredentials ? nil : serviceWake
    if case .until(let end) = firstLook { wake = min(wake ?? .max, end) }
    if isPausedForCredentials, let since = credentialsRefusedSince {
      wake = min(
        wake ?? .max, since + Self.credentialsPatience.inNanoseconds, credentialsRetry ?? .max)
    }
    return wake
  }

  /// Requests that may be in flight now.
  package var limit: Int {
    min(configuration.concurrency, lanes.reduce(0) { $0 + $1.limiter.limit })
  }

  /// Requests to one target that may be in flight now.
  package func limit(of target: Int) -> Int { lanes[target].limiter.limit }

  /// Nothing but services that are away keeps the run from its end.
  package var isWaiting: Bool {
    lanes.contains { $0.health.isAway } && lanes.allSatisfy { $0.health.isAway || $0.objects == 0 }
  }

  /// A request could go now: for the check that no slot idles meanwhile.
  package var hasReadyWork: Bool {
    guard stopping == .no, !isPausedForCredentials, !hasEnded, hasFreeSlot else { return false }
    return lanes.contains { lane in
      guard lane.maySend(at: now.monotonic) else { return false }
      return !lane.urgent.isEmpty || lane.bodiesMayGo(at: now.monotonic) && !lane.ready.isEmpty
    }
  }

  var hasFreeSlot: Bool { inFlight < configuration.concurrency }

  /// Where an entry's requests wait. (The table is asked only where there is a choice.)
  func lane(of entry: EntryIndex) -> Int { lanes.count == 1 ? 0 : manifest.entries.target(entry) }

  mutating func report(_ event: RunEvent) { commands.append(.report(event)) }
}

extension Duration {
  var inNanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
