import BatchCore
import Checksum

extension SimulatedWorld {
  /// The whole life of one world: runs with crashes, sources that change between runs, and at last a
  /// run without faults that must bring everything to its end. Nil when every invariant held.
  static func live(seed: UInt64) -> String? {
    var world = SimulatedWorld(seed: seed)
    for _ in 0..<4 {
      world.run(selecting: 0.3)
      if world.violation != nil { return world.violation }
      if world.chance(world.faults.damage) { world.damage() }
      world.editManifest()
      for index in world.sources.indices {
        if world.chance(0.15) { world.changeSource(index) }
        if world.chance(0.1) { world.rewriteUnseen(index) }
      }
    }
    world.restoreManifest()
    let corrupted = world.faults.corrupt > 0
    let forbidden = world.faults.forbidListing
    world.faults = Faults()
    world.isFaulty = false
    for target in world.services.indices { world.services[target].awayUntil = 0 }
    world.faults.forbidListing = forbidden
    world.run(selecting: 0)
    world.checkEverythingIsThere(corrupted: corrupted)
    world.checkAges()
    return world.violation
  }

  private mutating func run(selecting: Double) {
    runs += 1
    outcomes = [:]
    // At once, or so that the clocks tell the runs apart.
    clock += chance(0.3) ? 1_000_000_000 : 60_000_000_000
    flying = [:]
    countedParts = []
    beginServices()
    var facts = RunFacts()
    for record in journal { facts.apply(record) }
    var configuration = RunMachine.Configuration(
      concurrency: manifest.concurrency,
      run: RunStart(id: "r\(runs)", time: clock / 1_000_000_000, planned: manifest.entries.count))
    configuration.seed = seed &+ UInt64(runs)
    isForced = chance(faults.force)
    configuration.force = isForced
    configuration.outageLimit = Self.outageLimit
    configuration.selection = select(selecting)
    isStoreLost = false
    mountDisks()
    dropped = []
    (renewals, renewalsNeeded) = (0, 0)
    let begun = beginKnowing(configuration.selection)
    var machine = RunMachine(manifest: begun, facts: facts, configuration: configuration)
    var finished = false
    var requests = 0
    machine.handle(.tick, at: moment)
    for _ in 0..<200_000 {
      machine.advance(at: moment)
      let sent = machine.summary.requests
      finished = execute(&machine) || finished
      check(machine, hasSent: sent > requests)
      checkLimits(machine)
      requests = sent
      if finished || violation != nil { break }
      if chance(faults.crash) {
        crash()
        return
      }
      if !disturb(&machine) { step(&machine) }
    }
    if !finished, violation == nil { fail("the run does not end") }
    queue = []
    if isStoreLost { crash() }
    syncedRecords = journal.count
    noteDurablyDone()
  }

  var moment: Moment { Moment(monotonic: clock, wall: clock / 1_000_000_000) }

  /// What comes from outside: a signal, a second one, a disk that is full.
  private mutating func disturb(_ machine: inout RunMachine) -> Bool {
    if chance(faults.drain) {
      machine.handle(.drain(.interrupted(signal: 15)), at: moment)
      if chance(0.3) { machine.handle(.stop, at: moment) }
      return true
    }
    if chance(faults.expire) { renewalsNeeded = renewals + 1 }
    if chance(faults.expire) {
      // Ahead of time.
      refresh(&machine)
      return true
    }
    guard chance(faults.storeFailure), !isStoreLost else { return false }
    isStoreLost = true
    machine.handle(.storeFailed("disk full"), at: moment)
    return true
  }

  /// Lets the next thing happen: something under way ends, or time passes.
  private mutating func step(_ machine: inout RunMachine) {
    let next = queue.map(\.due).min()
    if let wake = machine.nextWake, wake < next ?? .max {
      clock = max(clock, wake)
      return
    }
    guard let (due, pending) = nextPending() else {
      if releaseHungDisk() { return }
      fail("nothing is under way and the run has not ended")
      return
    }
    clock = max(clock, due)
    if !sources.isEmpty, chance(faults.sourceChange) {
      changeSource(Int.random(in: 0..<sources.count, using: &random))
    }
    happen(pending, &machine)
  }

  private mutating func happen(_ pending: Pending, _ machine: inout RunMachine) {
    switch pending {
    case .inspect(let entry):
      let source = sources[entry.value]
      let isMissing = chance(faults.missing)
      machine.handle(
        .inspected(
          entry,
          InspectedSource(
            identity: identity(entry), pathDigest: 1,
            settingsDigest: wishes[entry.value].settingsDigest,
            source: isMissing
              ? .failure(Failure(.sourceUnreadable, "no such file"))
              : .success(source.identity),
            disk: UInt64(wishes[entry.value].disk))), at: moment)
    case .read(let id, let request): endReading(id, request, &machine)
    case .hash(let entry, let ranges, let expected):
      machine.handle(.hashed(entry, hash(entry, ranges, expected)), at: moment)
    case .arrive(let id, let request): arrive(id, request)
    case .late(let request): _ = perform(request)
    case .answer(let id, let result, let sent):
      answered = flying.removeValue(forKey: id)
      if let answered { services[target(of: answered)].carried.remove(id) }
      machine.handle(.answered(id, result, sent), at: moment)
    case .checkpoint(let entry, let identity, let uploadID):
      let known = checkpoints[identity]
      machine.handle(
        .checkpoint(entry, known?.uploadID == uploadID ? known?.parts ?? [] : []), at: moment)
    case .refresh: refresh(&machine)
    case .entries(let batch): find(batch, &machine)
    case .entriesEnded: machine.handle(.entriesEnded, at: moment)
    case .sync where isStoreLost: break
    case .sync:
      syncedRecords = journal.count
      noteDurablyDone()
      machine.handle(.durable(upTo: journal.count - ticketBase), at: moment)
    }
  }

  /// Newer credentials were looked for. They need not be good for long, nor be there.
  private mutating func refresh(_ machine: inout RunMachine) {
    if chance(0.4) {
      machine.handle(.credentials(.unavailable("away")), at: moment)
    } else {
      renewals += 1
      machine.handle(.credentials(.renewed), at: moment)
    }
  }

  private func hash(
    _ entry: EntryIndex, _ ranges: [Range<Int>], _ expected: SourceIdentity
  ) -> Result<[RangeDigest], Failure> {
    let source = sources[entry.value]
    guard source.identity == expected else { return .failure(Failure(.sourceChanged, "changed")) }
    return .success(ranges.map { RangeDigest(crc64: checksum(source.content[$0]), md5: "") })
  }

  /// A request reaches the service, with the faults of the way there and back.
  private mutating func arrive(_ id: RequestID, _ request: RunRequest) {
    let body = self.body(of: request)
    let sent = SentBody(bytes: body.count, crc64: checksum(body))
    if sources[request.entry.value].identity != request.source, request.operation.readsSource {
      schedule(.answer(id, .failure(Failure(.sourceChanged, "changed")), SentBody()))
      return
    }
    let target = target(of: request)
    if isAway(target) {
      schedule(.answer(id, .failure(services[target].absence), SentBody()))
      return
    }
    if chance(faults.capacityStep) {
      services[target].capacity = Int.random(
        in: max(1, concurrency / 4)...max(6, concurrency), using: &random)
    }
    guard services[target].carried.count < services[target].capacity else {
      schedule(
        .answer(id, .failure(Failure(.throttled, "SlowDown", status: 503)), SentBody()),
        within: 2_000_000)
      return
    }
    services[target].carried.insert(id)
    if request.credentials < renewalsNeeded {
      schedule(
        .answer(id, .failure(Failure(.credentialsExpired, "expired", status: 403)), SentBody()))
      return
    }
    if chance(faults.throttle) {
      let failure = Failure(
        .throttled, "SlowDown", status: 503, delayMilliseconds: 100,
        mayHaveTakenEffect: chance(0.5))
      schedule(.answer(id, .failure(failure), sent))
      return
    }
    if chance(faults.transient) {
      schedule(.answer(id, .failure(Failure(.transient, "reset", mayHaveTakenEffect: true)), sent))
      return
    }
    if faults.forbidListing, request.operation.isListing {
      schedule(.answer(id, .failure(Failure(.forbidden, "AccessDenied", status: 403)), sent))
      return
    }
    if chance(faults.fatal) {
      let mayHaveTakenEffect = chance(0.5)
      if mayHaveTakenEffect, chance(0.5) { takeEffect(request) }
      let failure = Failure(.fatal, "not OSS", mayHaveTakenEffect: mayHaveTakenEffect)
      schedule(.answer(id, .failure(failure), sent))
      return
    }
    if chance(faults.refuse) {
      schedule(.answer(id, .failure(Failure(.rejected, "no", status: 400)), sent))
      return
    }
    if chance(faults.forget),
      let victim = service.uploads.keys.filter({ !foreign.contains($0) }).min()
    {
      service.uploads[victim] = nil
    }
    noteOtherUpload(request)
    checkNotSentTwice(request)
    let result = perform(request, corrupting: chance(faults.corrupt))
    if case .initiateMultipartUpload = request.operation { checkIntent(request) }
    if chance(faults.lostReply) {
      schedule(.answer(id, .failure(Failure(.transient, "lost", mayHaveTakenEffect: true)), sent))
    } else {
      schedule(.answer(id, result, sent))
    }
  }

  /// Carries the machine's commands out, or puts them under way. True when the run has ended.
  private mutating func execute(_ machine: inout RunMachine) -> Bool {
    var finished = false
    let commands = machine.commands
    machine.commands.removeAll()
    for command in commands {
      switch command {
      case .inspect(let entry): schedule(.inspect(entry))
      case .hash(let entry, let ranges, let source, _): schedule(.hash(entry, ranges, source))
      case .send(let id, let request):
        checkOrder(request)
        checkAtHand(request)
        noteSent(id, request)
        schedule(
          .arrive(id, request), within: longestWay())
      case .append where isStoreLost: break
      case .append(let record, _):
        checkRecord(record)
        journal.append(record)
        if ticketRun != runs {
          ticketRun = runs
          ticketBase = journal.count - 1
        }
        schedule(.sync, within: 5_000_000)
      case .beginCheckpoint(let identity, let intent, let uploadID):
        checkpoints[identity] = (uploadID, intent, [])
      case .checkpointPart(let identity, let part): checkpoints[identity]?.parts.append(part)
      case .loadCheckpoint(let entry, let identity, let uploadID):
        schedule(.checkpoint(entry, identity, uploadID))
      case .removeCheckpoint(let identity): checkpoints[identity] = nil
      case .report(let event):
        checkEvent(event)
        checkIsolation(event)
        checkPartOnce(event)
        noteOutcome(event)
      case .readBody(let id, let request): startReading(id, request)
      case .dropBody(let id): dropBody(id)
      case .release: break
      case .refreshCredentials: schedule(.refresh)
      case .cancelRequest(let id): cancel(id)
      case .cancelRequests: cancelRequests()
      case .finish(let end, let summary):
        finished = true
        checkOutcomes(end, summary)
        if summary.planned
          != summary.done + summary.unchanged + summary.failed + summary.notRun
        {
          fail("the summary does not add up: \(summary)")
        }
      }
    }
    return finished
  }

  /// Of what was on the wire the service may have heard enough; whoever sent it knows only that.
  private mutating func cancelRequests() {
    let waiting = queue
    queue = []
    for item in waiting {
      guard case .arrive(let id, let request) = item.pending else {
        queue.append(item)
        continue
      }
      let wasSent = chance(0.5)
      if wasSent, chance(0.5) { takeEffect(request) }
      schedule(
        .answer(
          id, .failure(Failure(.transient, "cancelled", mayHaveTakenEffect: wasSent)), SentBody()))
    }
  }

  /// Nobody hears the answer.
  private mutating func takeEffect(_ request: RunRequest) {
    let isSame = sources[request.entry.value].identity == request.source
    guard isSame || !request.operation.readsSource else { return }
    noteOtherUpload(request)
    _ = perform(request)
  }
}

extension Operation {
  var hasBody: Bool {
    switch self {
    case .putObject, .uploadPart: true
    default: false
    }
  }

  /// Its execution checks the source first.
  var readsSource: Bool {
    if case .completeMultipartUpload = self { return true }
    return hasBody
  }

  var isListing: Bool {
    switch self {
    case .listParts, .listMultipartUploads: true
    default: false
    }
  }
}
