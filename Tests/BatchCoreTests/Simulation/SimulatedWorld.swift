import BatchCore
import Checksum

/// One seed's world: sources, service, journal and clock, through several runs with crashes between.
/// Everything is drawn from the seed, so a failing seed replays exactly.
struct SimulatedWorld {
  struct Source {
    var content: [UInt8]
    var identity: SourceIdentity
    /// Every content that was ever current, by the modification time under which it was.
    var history: [Int64: [UInt8]]
  }

  /// What may go wrong, each with its probability; a seed has some kinds and lacks others.
  struct Faults {
    var transient = 0.0
    var lostReply = 0.0
    var throttle = 0.0
    var forget = 0.0
    var corrupt = 0.0
    var crash = 0.0
    var sourceChange = 0.0
    var storeFailure = 0.0
    var drain = 0.0
    var force = 0.0
    var refuse = 0.0
    var fatal = 0.0
    var damage = 0.0
    /// With each request: the service goes away for a while, or carries another number of requests.
    var outage = 0.0
    var capacityStep = 0.0
    /// A source cannot be looked at.
    var missing = 0.0
    /// A request takes far longer than others.
    var straggle = 0.0
    /// The credentials in use are refused from now on.
    var expire = 0.0
    var forbidListing = false
  }

  enum Pending {
    case inspect(EntryIndex)
    case hash(EntryIndex, [Range<Int>], SourceIdentity)
    case read(BodyID, RunRequest)
    case arrive(RequestID, RunRequest)
    case answer(RequestID, Result<Reply, Failure>, SentBody)
    /// A request that was cancelled on its way: nobody hears the answer.
    case late(RunRequest)
    case checkpoint(EntryIndex, EntryIdentity, String)
    case sync
    /// Newer credentials are looked for.
    case refresh
    /// Entries of a growing table are found, or all have been.
    case entries(EntryBatch)
    case entriesEnded
  }

  /// What the manifest says of one entry.
  struct Wish: Equatable {
    var partSize: Int
    var threshold: Int
    var overwrite: ObjectSettings.Overwrite
    var priority: Int
    var target = 0
    /// Attempts beside the first.
    var retries = 12
    var settingsDigest: UInt64 = 1
    /// The disk that its source is on.
    var disk = 0
    var needs = WishedNeeds()
    var labels: Set<Int> = []
  }

  static let outageLimit: Int64 = 60_000_000_000
  /// Those in flight, those that raise doubt (or lower the limit until there is doubt), and the probes.
  static let mostRequestsOfAnOutage = 56

  let seed: UInt64
  let concurrency: Int
  var wishes: [Wish] = []
  /// The first entry that a run can find late.
  let firstLate: Int
  var random: SplitMix64
  var faults = Faults()
  var manifest: Manifest
  var sources: [Source] = []
  var service = ModelService()
  /// All records written, and how many of them are durable.
  var journal: [JournalRecord] = []
  var syncedRecords = 0
  var checkpoints:
    [EntryIdentity: (uploadID: String, intent: UploadIntent, parts: [CheckpointPart])] = [:]
  var clock: Int64 = 1_000_000_000_000
  var queue: [(due: Int64, order: Int, pending: Pending)] = []
  var order = 0
  var runs = 0
  /// The source and settings of which the service has completed an upload, by key.
  var completed: [String: (source: SourceIdentity, wish: Wish)] = [:]
  /// By target.
  var services: [SimulatedService]
  /// Targets that something was sent to since the limits were checked.
  var sentTo: Set<Int> = []
  /// Requests that were sent and not answered, and the one that was answered last.
  var flying: [RequestID: RunRequest] = [:]
  var answered: RunRequest?
  /// Parts of which one of the requests in flight, or the last of them, has been counted.
  var countedParts: Set<PartInFlight> = []
  /// Long enough, where it matters, to be noticed by a probe before attempts are used up.
  var shortestOutage: Int64 = 1
  /// Nothing but outages and too little capacity: no entry may fail.
  var isOnlyBusy = false
  /// The service of the first target is away whenever there are faults, and nothing else happens.
  var isIsolated = false
  /// Not in the last run.
  var isFaulty = true
  var runBegan: Int64 = 0
  /// The store of this run has failed: records are not kept any more.
  var isStoreLost = false
  var disks = SimulatedDisks()
  /// Bodies that nobody wants any more.
  var dropped: Set<BodyID> = []
  var isForced = false
  /// How often this run's credentials have been renewed, and how often they must have been for the
  /// service to accept them.
  var renewals = 0
  var renewalsNeeded = 0
  var ticketRun = 0
  /// Records in the journal before this run's first.
  var ticketBase = 0
  var violation: String?
  /// The entries of this run, and what is known of them: for the invariants about needs.
  var selected: Set<Int> = []
  /// Entries of the manifest that this run has not found yet.
  var unfound: Set<Int> = []
  var outcomes: [Int: RunEvent] = [:]
  /// Puts and parts that were acknowledged for a fingerprint that is durably done.
  var durablyDone: [EntryIdentity: Fingerprint] = [:]
  /// What was so before it was about to be replaced.
  var replaced: [EntryIdentity: Fingerprint] = [:]
  /// Records that have been looked at for it, and whose `done` came since records were lost.
  var notedRecords = 0
  var doneSinceDamage: Set<EntryIdentity> = []
  /// Records were lost in this world: from then on headers cannot be proved.
  var isDamaged = false
  /// Uploads of somebody else.
  var foreign: Set<String> = []
  /// What runs have warned of.
  var warnings: [String] = []
  /// Keys that were not in the manifest when a whole run ended the doubt.
  var unasked: Set<String> = []

  init(seed: UInt64) {
    self.seed = seed
    var random = SplitMix64(seed: seed)
    // With many slots, requests wait for connections.
    let hasMany = Int.random(in: 0..<6, using: &random) == 0
    concurrency = Int.random(in: hasMany ? 16...24 : 1...6, using: &random)
    for _ in 0..<Int.random(in: 0...9, using: &random) {
      wishes.append(
        Wish(
          partSize: Int.random(in: 3...12, using: &random),
          threshold: Int.random(in: 0...30, using: &random),
          overwrite: Double.random(in: 0..<1, using: &random) < 0.15 ? .never : .always,
          priority: Int.random(in: 0...1, using: &random)))
    }
    firstLate = Int.random(in: 0...wishes.count, using: &random)
    if Bool.random(using: &random), let first = wishes[firstLate...].first {
      for index in wishes.indices[firstLate...] { wishes[index] = first }
    }
    Self.drawNeeds(&wishes, before: firstLate, &random)
    disks = Self.drawDisks(&wishes, &random)
    let targets = Self.drawTargets(&wishes, before: firstLate, &random)
    services = Array(
      repeating: SimulatedService(capacity: max(6, concurrency)), count: targets)
    manifest = Self.manifest(wishes[...], Self.targets(targets), concurrency)
    self.random = random
    for _ in wishes.indices { sources.append(makeSource()) }
    drawFaults()
    restoreManifest()
    for index in wishes.indices where chance(0.1) {
      service.uploads["foreign-\(index)"] = ModelService.Upload(
        key: key(index), settings: 9, initiated: 0)
      foreign.insert("foreign-\(index)")
    }
  }

  static func manifest(
    _ wishes: ArraySlice<Wish>, _ targets: [Target], _ concurrency: Int
  ) -> Manifest {
    var entries = EntryTable()
    for (index, wish) in wishes.enumerated() {
      let (settings, labels) = intern(wish, &entries)
      entries.append(
        Entry(
          target: wish.target, file: "f\(index)", key: "k\(index)", settings: settings,
          labels: labels, priority: wish.priority))
    }
    addNeeds(wishes, to: &entries)
    return Manifest(
      name: "simulated", targets: targets, concurrency: concurrency,
      entries: entries)
  }

  static func intern(_ wish: Wish, _ entries: inout EntryTable) -> (settings: Int, labels: Int) {
    var settings = ObjectSettings()
    settings.partSize = .fixed(wish.partSize)
    settings.multipartThreshold = wish.threshold
    settings.retries = wish.retries
    settings.overwrite = wish.overwrite
    let labels = wish.labels.sorted().map { entries.intern(label: "l\($0)") }
    return (entries.intern(settings), entries.intern(labels: labels))
  }

  /// The user edits the manifest between two runs: other parts, other headers, fewer entries.
  mutating func editManifest() {
    for index in wishes.indices {
      if chance(0.08) { wishes[index].partSize = Int.random(in: 3...12, using: &random) }
      // Back and forth: what was wanted before is wanted again.
      if chance(0.08), wishes[index].overwrite == .always {
        wishes[index].settingsDigest = 3 - wishes[index].settingsDigest
      }
    }
    let kept = chance(0.2) ? Int.random(in: 0...wishes.count, using: &random) : wishes.count
    manifest = Self.manifest(wishes.prefix(kept), manifest.targets, concurrency)
  }

  /// All entries are back, for the last run.
  mutating func restoreManifest() {
    manifest = Self.manifest(wishes[...], manifest.targets, concurrency)
  }

  private mutating func drawFaults() {
    func draw(_ most: Double, _ random: inout SplitMix64) -> Double {
      Bool.random(using: &random) ? Double.random(in: 0...most, using: &random) : 0
    }
    faults.transient = draw(0.15, &random)
    faults.lostReply = draw(0.15, &random)
    faults.throttle = draw(0.1, &random)
    faults.forget = draw(0.03, &random)
    faults.corrupt = draw(0.05, &random)
    faults.crash = draw(0.02, &random)
    faults.sourceChange = draw(0.01, &random)
    faults.storeFailure = draw(0.003, &random)
    faults.drain = draw(0.01, &random)
    faults.force = draw(0.2, &random)
    faults.missing = draw(0.05, &random)
    faults.refuse = draw(0.03, &random)
    faults.fatal = draw(0.01, &random)
    faults.damage = draw(0.3, &random)
    faults.expire = draw(0.02, &random)
    faults.outage = draw(0.01, &random)
    faults.straggle = draw(0.2, &random)
    faults.capacityStep = draw(0.05, &random)
    isOnlyBusy = Int.random(in: 0..<4, using: &random) == 0
    if isOnlyBusy {
      let busy = faults
      faults = Faults()
      faults.outage = busy.outage
      faults.capacityStep = busy.capacityStep
      faults.straggle = busy.straggle
      faults.crash = busy.crash
      // Where it is nothing but away, that costs no entry an attempt, however few it has.
      if Bool.random(using: &random) {
        (faults.capacityStep, faults.straggle, faults.crash) = (0, 0, 0)
        let retries = Int.random(in: 0...1, using: &random)
        for index in wishes.indices { wishes[index].retries = retries }
        shortestOutage = 5_000_000_000
      }
      if services.count > 1, Bool.random(using: &random) { isolateOutage() }
    }
    service.listsChecksums = Int.random(in: 0..<4, using: &random) > 0
    faults.forbidListing = Int.random(in: 0..<8, using: &random) == 0
  }

  private mutating func makeSource() -> Source {
    let content = (0..<Int.random(in: 0...60, using: &random)).map { _ in
      UInt8.random(in: 0...255, using: &random)
    }
    let modified = Int64.random(in: 1...1_000_000, using: &random)
    return Source(
      content: content,
      identity: SourceIdentity(
        size: content.count, modified: modified, inode: 1, changed: modified),
      history: [modified: content])
  }

  mutating func chance(_ probability: Double) -> Bool {
    probability > 0 && Double.random(in: 0..<1, using: &random) < probability
  }

  /// Rewrites a source with other content under a new modification time, or puts an old one back as
  /// it was.
  mutating func changeSource(_ index: Int) {
    let before = sources[index]
    if chance(0.3), let old = before.history.keys.sorted().first, let content = before.history[old]
    {
      sources[index].content = content
      sources[index].identity = SourceIdentity(
        size: content.count, modified: old, inode: 1, changed: clock)
      return
    }
    var after = makeSource()
    after.identity.modified = (before.history.keys.max() ?? 0) + 1
    after.identity.changed = after.identity.modified
    after.history = before.history
    after.history[after.identity.modified] = after.content
    sources[index] = after
  }

  /// Rewrites a source without a trace in its size and times, while nothing of it is stored yet: only
  /// reading it again can tell.
  mutating func rewriteUnseen(_ index: Int) {
    guard service.objects[key(index)] == nil else { return }
    let content = sources[index].content.map { $0 ^ UInt8.random(in: 0...1, using: &random) }
    sources[index].content = content
    sources[index].history[sources[index].identity.modified] = content
  }

  mutating func schedule(_ pending: Pending, within limit: Int64 = 50_000_000) {
    order += 1
    let due = clock + Int64.random(in: 1...limit, using: &random)
    queue.append((due, order, pending))
  }

  mutating func nextPending() -> (due: Int64, pending: Pending)? {
    guard
      let index = queue.indices.min(by: {
        (queue[$0].due, queue[$0].order) < (queue[$1].due, queue[$1].order)
      })
    else { return nil }
    let item = queue.remove(at: index)
    return (item.due, item.pending)
  }

  /// The process dies: what was not synced survives only as a random prefix.
  mutating func crash() {
    let kept = Int.random(in: syncedRecords...journal.count, using: &random)
    journal.removeSubrange(kept...)
    syncedRecords = journal.count
    for identity in checkpoints.keys.sorted(by: { $0.low < $1.low }) {
      if chance(0.2) {
        checkpoints[identity] = nil
      } else if let parts = checkpoints[identity]?.parts {
        checkpoints[identity]?.parts = Array(
          parts.prefix(Int.random(in: 0...parts.count, using: &random)))
      }
    }
    // Requests on the wire may still take effect.
    let flying = queue
    queue = []
    for item in flying {
      if case .arrive(_, let request) = item.pending, Bool.random(using: &random) {
        _ = perform(request)
      }
    }
  }

  func key(_ index: Int) -> String { "k\(index)" }

  func identity(_ entry: EntryIndex) -> EntryIdentity {
    EntryIdentity(high: 7, low: UInt64(entry.value))
  }

  /// The request takes effect at the service.
  mutating func perform(
    _ request: RunRequest, corrupting: Bool = false
  ) -> Result<Reply, Failure> {
    var body = self.body(of: request)
    if corrupting, !body.isEmpty { body[0] ^= 0x10 }
    let settings = manifest.entries.settings[manifest.entries.settingsIndex(request.entry)]
    let key = key(request.entry.value)
    let result = service.perform(
      request.operation,
      ModelService.Context(
        key: key, body: body, settings: wishes[request.entry.value].settingsDigest,
        forbidOverwrite: settings.overwrite == .never && !request.replacesOwn,
        time: clock / 1_000_000_000))
    if case .completeMultipartUpload = request.operation, case .success = result {
      completed[key] = (request.source, wishes[request.entry.value])
    }
    return result
  }

  func body(of request: RunRequest) -> [UInt8] {
    let content = sources[request.entry.value].content
    switch request.operation {
    case .putObject: return content
    case .uploadPart(_, _, let range): return Array(content[range.clamped(to: 0..<content.count)])
    default: return []
    }
  }

  mutating func fail(_ text: String) {
    if violation == nil { violation = "seed \(seed), run \(runs): \(text)" }
  }
}
