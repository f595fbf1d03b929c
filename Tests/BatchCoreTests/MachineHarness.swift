import BatchCore
import Checksum

/// A machine with its ports played by the test: sources are known, records become durable at once, and
/// requests wait until the test answers them.
struct MachineHarness {
  var machine: RunMachine
  var clock: Int64 = 1_000_000_000_000
  /// Requests that were sent and not answered, oldest first.
  var flying: [(id: RequestID, request: RunRequest)] = []
  var events: [RunEvent] = []
  var records: [JournalRecord] = []
  var end: RunEnd?
  var summary: RunSummary?
  var refreshes = 0
  var cancels = 0
  /// Requests that are not wanted any more.
  var unwanted: [RequestID] = []
  /// Entries whose sources were looked at.
  var inspections: [Int] = []
  /// The disk of each source; empty: they are all on one. The bodies of those that hang are never read.
  var disks: [UInt64] = []
  var hungDisks: Set<UInt64> = []
  var reading: [(id: BodyID, request: RunRequest)] = []
  /// Records become durable only while this is set.
  var isDurable = true
  var dropped: [BodyID] = []
  private var sources: [SourceIdentity]
  private var tickets = 0

  init(
    sizes: [Int], concurrency: Int, partSize: Int = 10, retries: Int = 3, priorities: [Int] = [],
    configure: (inout RunMachine.Configuration) -> Void = { _ in }
  ) {
    var entries = EntryTable()
    var settings = ObjectSettings()
    settings.partSize = .fixed(partSize)
    settings.multipartThreshold = partSize
    settings.retries = retries
    let handle = entries.intern(settings)
    for index in sizes.indices {
      entries.append(
        Entry(
          file: "f\(index)", key: "k\(index)", settings: handle,
          priority: priorities.isEmpty ? 0 : priorities[index]))
    }
    self.init(
      manifest: Manifest(
        name: "m", targets: [Target(bucket: "b")], concurrency: concurrency, entries: entries),
      sizes: sizes, configure: configure)
  }

  init(
    manifest: Manifest, sizes: [Int], facts: RunFacts = RunFacts(),
    configure: (inout RunMachine.Configuration) -> Void = { _ in }
  ) {
    var configuration = RunMachine.Configuration(
      concurrency: manifest.concurrency, run: RunStart(id: "r", time: 0, planned: sizes.count))
    configure(&configuration)
    machine = RunMachine(manifest: manifest, facts: facts, configuration: configuration)
    sources = sizes.map { SourceIdentity(size: $0, modified: 1, inode: 1, changed: 1) }
  }

  var moment: Moment {
    Moment(monotonic: clock, wall: clock / 1_000_000_000)
  }

  /// Lets the machine and its ports work until only answers are missing.
  mutating func settle() {
    while true {
      machine.advance(at: moment)
      let commands = machine.commands
      guard !commands.isEmpty else { return }
      machine.commands.removeAll()
      for command in commands { carryOut(command) }
    }
  }

  /// Lets time pass, waking the machine whenever it asks for it.
  mutating func pass(seconds: Double) {
    let target = clock + Int64(seconds * 1e9)
    settle()
    while let wake = machine.nextWake, wake <= target, end == nil {
      clock = max(clock, wake)
      settle()
    }
    clock = target
    settle()
  }

  mutating func give(_ input: RunInput) {
    machine.handle(input, at: moment)
    settle()
  }

  mutating func fail(_ index: Int = 0, _ failure: Failure) {
    let (id, _) = flying.remove(at: index)
    give(.answered(id, .failure(failure), SentBody()))
  }

  /// Answers a request as a service without faults does.
  mutating func succeed(_ index: Int = 0) {
    let (id, request) = flying.remove(at: index)
    let crc64 = CRC64(value: 0)
    switch request.operation {
    case .putObject:
      give(
        .answered(
          id, .success(.stored(etag: "e", crc64: crc64)),
          SentBody(bytes: request.source.size, crc64: crc64)))
    case .initiateMultipartUpload:
      give(
        .answered(
          id, .success(.initiated(uploadID: "u\(request.entry.value)")), SentBody()))
    case .uploadPart(_, _, let range):
      give(
        .answered(
          id, .success(.stored(etag: "e", crc64: crc64)),
          SentBody(bytes: range.count, crc64: crc64)))
    case .completeMultipartUpload:
      give(.answered(id, .success(.stored(etag: "e", crc64: nil)), SentBody()))
    case .headObject:
      give(.answered(id, .failure(Failure(.noSuchKey, "no such key", status: 404)), SentBody()))
    case .abortMultipartUpload: give(.answered(id, .success(.aborted), SentBody()))
    default: give(.answered(id, .failure(Failure(.rejected, "unexpected")), SentBody()))
    }
  }

  mutating func succeedAll() {
    while !flying.isEmpty { succeed() }
  }

  var failures: [Failure] {
    events.compactMap { if case .failed(_, let failure) = $0 { failure } else { nil } }
  }

  var warnings: [String] {
    events.compactMap { if case .warning(_, let text) = $0 { text } else { nil } }
  }

  func disk(_ entry: EntryIndex) -> UInt64 { disks.isEmpty ? 0 : disks[entry.value] }

  private mutating func carryOut(_ command: RunCommand) {
    switch command {
    case .inspect(let entry):
      inspections.append(entry.value)
      machine.handle(
        .inspected(
          entry,
          InspectedSource(
            identity: EntryIdentity(high: 0, low: UInt64(entry.value)), pathDigest: 0,
            settingsDigest: 0, source: .success(sources[entry.value]), disk: disk(entry))),
        at: moment)
    case .readBody(let id, let request) where hungDisks.contains(disk(request.entry)):
      reading.append((id, request))
    case .readBody(let id, _): machine.handle(.bodyRead(id, .success(())), at: moment)
    case .dropBody(let id): dropped.append(id)
    case .send(let id, let request): flying.append((id, request))
    case .append(let record, _):
      records.append(record)
      tickets += 1
      if isDurable { machine.handle(.durable(upTo: tickets), at: moment) }
    case .report(let event): events.append(event)
    case .refreshCredentials: refreshes += 1
    case .cancelRequest(let id): unwanted.append(id)
    case .cancelRequests: cancels += 1
    case .finish(let end, let summary):
      self.end = end
      self.summary = summary
    default: break
    }
  }
}
