package import BatchCore
internal import CredentialSources
internal import CurlTransport
internal import OSSProtocol
internal import Platform
internal import RunStore

/// One run of a manifest: opens the state, connects the ports, lets the coordinator work, and closes
/// everything in order. Called on the thread that then is the coordinator.
package struct RunSession {
  private let manifest: Manifest
  private let others: (any EntrySource)?
  private let options: RunOptions
  private let inbox = Inbox<Coordinator.Message>()

  /// `others` finds what is missing in a manifest whose table is growing.
  package init(
    _ manifest: Manifest, others: (any EntrySource)? = nil, _ options: RunOptions
  ) {
    self.manifest = manifest
    self.others = others
    self.options = options
  }

  package var control: RunControl {
    RunControl { [inbox] message in inbox.post(.control(message)) }
  }

  /// The HTTP library in use with its versions.
  package static var transportVersion: String { HTTPTransport.libraryVersion }

  package var concurrency: Int { options.concurrency ?? manifest.concurrency }

  /// Runs to the end. `willBegin` is called when nothing can keep the run from beginning any more.
  package func run(
    _ observer: any RunObserver, willBegin: (_ planned: Int) -> Void
  ) throws(StartError) -> (end: RunEnd, summary: RunSummary) {
    let access = try ServiceAccess(manifest, options)
    let preparation = RequestPreparation.begin(for: access.endpoints)
    defer { preparation?.join() }
    let lease = try access.lease()
    let wire = access.wire(lease)
    var facts = RunFacts()
    let budget = DescriptorBudget(limit: DescriptorLimit.raise(), wanted: concurrency)
    try budget.check()
    var rebuilt: Journal.Rebuilt?
    let journal = try Self.openJournal(options, &facts, &rebuilt)
    let selection = try options.selection(of: manifest, access.endpoints, facts)
    let machine = RunMachine(
      manifest: manifest, facts: facts,
      configuration: try configuration(facts, budget, selection, access.endpoints))
    let cancellation = SourceCancellation()
    let ports = try makePorts(journal, access, budget, lease, cancellation)
    let planned = selection.count(of: manifest.entries)
    if facts.doneCount < planned { ports.transport.expectRequests() }
    willBegin(planned)
    for warning in lease.warnings { observer.observe(.warning(nil, warning)) }
    if let rebuilt { observer.observe(.warning(nil, Self.sentence(rebuilt))) }
    if let warning = budget.warning { observer.observe(.warning(nil, warning)) }
    let worker = SourceWorker(manifest, endpoints: access.endpoints, cancellation: cancellation)
    let coordinator = Coordinator(
      machine: machine, wire: wire, worker: worker, ports: ports, inbox: inbox, observer: observer)
    coordinator.limitBandwidth(options.bandwidth ?? manifest.bandwidth)
    if let limit = options.maximumDuration { coordinator.limitDuration(limit) }
    let expansion = Expansion()
    if let others { expansion.start(others) { [inbox] in inbox.post(.expansion($0)) } }
    let outcome = coordinator.run()
    expansion.cancel()
    ports.credentials.stop()
    // (The loops close their connections meanwhile. Nothing is under way on them, or the run would not have ended; so the lock
    // may go first.)
    ports.transport.beginStop()
    let stuckSources = ports.sources.stop()
    ports.store.close()
    let stuck = stuckSources + ports.transport.stop()
    for path in Set(stuck).sorted() {
      observer.observe(
        .warning(nil, "\(path): its file system does not answer; the run ends without it"))
    }
    return outcome
  }

  /// Takes the lock and reads the journal, to write it.
  static func openJournal(
    _ options: RunOptions, _ facts: inout RunFacts, _ rebuilt: inout Journal.Rebuilt?
  ) throws(StartError) -> Journal {
    let directory = options.stateDirectory
    do throws(StoreError) {
      try directory.prepare()
      let lock = try RunLock.acquire(in: directory, timeout: options.lockTimeout)
      if options.rebuildState { rebuilt = try Journal.rebuild(in: directory, lock: lock) }
      return try Journal.open(in: directory, lock: lock, facts: &facts)
    } catch {
      throw StartError(error)
    }
  }

  private static func sentence(_ rebuilt: Journal.Rebuilt) -> String {
    let entries = rebuilt.done == 1 ? "1 entry is" : "\(rebuilt.done) entries are"
    let damage =
      rebuilt.offset.map { "the state was damaged at byte \($0)" }
      ?? "the journal lacked uploads that checkpoints name"
    let kept = rebuilt.damagedFile.map { "; the journal of before is kept as \($0)" } ?? ""
    return
      "\(damage), and has been rebuilt: \(entries) on record as done, and the service is asked "
      + "about each\(kept)"
  }

  private func configuration(
    _ facts: RunFacts, _ budget: DescriptorBudget, _ selection: Selection,
    _ endpoints: [Endpoint]
  ) throws(StartError) -> RunMachine.Configuration {
    var configuration = RunMachine.Configuration(
      concurrency: budget.concurrency, run: try start(facts, selection))
    configuration.selection = selection
    configuration.leavesOthers = leavesOthers(
      facts, selection, of: configuration.run, endpoints)
    configuration.force = options.force
    configuration.maximumErrors = options.maximumErrors
    // A century is more than anybody waits, and cannot overflow.
    configuration.outageLimit =
      (Instant(nanoseconds: 0) + options.maximumOutage).nanoseconds
    configuration.seed = UInt64.random(in: .min ... .max)
    return configuration
  }

  /// The run that goes on, or a new one: the very one whose date the manifest holds, if it holds one.
  private func start(_ facts: RunFacts, _ selection: Selection) throws(StartError) -> RunStart {
    let unfinished = options.newRun ? nil : facts.unfinishedRun
    var start = unfinished ?? options.manifestRun ?? .fresh()
    if let used = options.manifestRun {
      let hasEnded = unfinished == nil && facts.run?.id == used.id
      guard used.id == start.id, !hasEnded else { throw .otherRun }
    }
    let before = unfinished?.planned
    let planned = max(1, selection.count(of: manifest.entries), before ?? 0)
    start.planned = selection.isEverything || before == 0 ? 0 : planned
    return start
  }

  /// More entries than the selected ones were run once, and not all of the others are done.
  private func leavesOthers(
    _ facts: RunFacts, _ selection: Selection, of run: RunStart, _ endpoints: [Endpoint]
  ) -> Bool {
    let planned = selection.count(of: manifest.entries)
    guard !selection.isEverything, run.planned == 0 || planned < run.planned else { return false }
    return manifest.entries.indices.lazy.map { EntryIndex($0) }.contains { entry in
      !selection.contains(entry)
        && !facts.isSettled(ServiceAccess.identity(entry, manifest, endpoints))
    }
  }

  private func makePorts(
    _ journal: consuming Journal, _ access: ServiceAccess, _ budget: DescriptorBudget,
    _ lease: CredentialLease, _ cancellation: SourceCancellation
  ) throws(StartError) -> Coordinator.Ports {
    let transport = try access.transport(connections: budget.concurrency) { [inbox] batch in
      inbox.post(.replies(batch))
      batch.removeAll(keepingCapacity: true)
    }
    let store = StoreWriter(journal, openCheckpoints: budget.checkpoints) { [inbox] event in
      inbox.post(.store(event))
    }
    let sources = SourcePool(
      stallLimit: options.stallLimit ?? TransportSettings.defaultStallLimit,
      cancellation: cancellation
    ) { [inbox] results in inbox.post(.sources(results)) }
    let credentials = CredentialsRefresher(lease) { [inbox] in inbox.post(.credentials($0)) }
    return Coordinator.Ports(
      sources: sources, transport: transport, store: store, credentials: credentials)
  }
}
