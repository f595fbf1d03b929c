package import BatchCore
internal import CurlTransport
internal import OSSProtocol
internal import Platform
internal import RunStore

/// One run of a manifest: opens the state, connects the ports, lets the coordinator work, and closes
/// everything in order. Called on the thread that then is the coordinator.
package struct RunSession {
  private let manifest: Manifest
  private let options: RunOptions
  private let inbox = Inbox<Coordinator.Message>()

  package init(_ manifest: Manifest, _ options: RunOptions) {
    self.manifest = manifest
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
    _ observer: any RunObserver, willBegin: () -> Void
  ) throws(StartError) -> (end: RunEnd, summary: RunSummary) {
    let endpoints = try Self.endpoints(manifest, options.environment)
    let provider = CredentialsProvider(environment: options.environment)
    let wire = try Wire(
      manifest, endpoints: endpoints, directory: options.stateDirectory, provider: provider)
    var facts = RunFacts()
    let budget = DescriptorBudget(limit: DescriptorBudget.raisedLimit(), wanted: concurrency)
    try budget.check()
    let journal = try Self.openJournal(options, &facts)
    let machine = RunMachine(
      manifest: manifest, facts: facts, configuration: try configuration(facts, budget))
    let ports = try makePorts(journal, endpoints, budget)
    willBegin()
    if let warning = budget.warning { observer.observe(.warning(nil, warning)) }
    let coordinator = Coordinator(
      machine: machine, wire: wire, ports: ports, inbox: inbox, observer: observer)
    if let limit = options.maximumDuration { coordinator.limitDuration(limit) }
    let outcome = coordinator.run()
    ports.sources.stop()
    ports.transport.stop()
    ports.store.close()
    return outcome
  }

  /// The targets as they can be reached.
  static func endpoints(
    _ manifest: Manifest, _ environment: [String: String]
  ) throws(StartError) -> [Endpoint] {
    var endpoints: [Endpoint] = []
    for target in manifest.targets {
      do throws(EndpointError) {
        endpoints.append(try Endpoint(target, environment: { environment[$0] }))
      } catch {
        let name = target.name.isEmpty ? "target" : "target \(target.name)"
        throw StartError("\(name) (line \(target.line)): \(error)")
      }
    }
    try refuseSharedKeys(manifest, endpoints)
    return endpoints
  }

  /// Two names may stand for one bucket (its public and its internal endpoint): then two entries may
  /// stand for one object, which only the endpoints tell.
  private static func refuseSharedKeys(
    _ manifest: Manifest, _ endpoints: [Endpoint]
  ) throws(StartError) {
    let buckets = endpoints.map { "\($0.realm)/\($0.bucket)" }
    guard Set(buckets).count < buckets.count else { return }
    var lines: [String: Int] = [:]
    for index in manifest.entries.indices {
      let entry = manifest.entries[EntryIndex(index)]
      let object = "\(buckets[entry.target])/\(entry.key)"
      if let line = lines.updateValue(entry.line, forKey: object) {
        throw StartError(
          "the entries of lines \(line) and \(entry.line) are the same object: their targets are "
            + "the same bucket: remove one of them", code: .manifestInvalid)
      }
    }
  }

  /// Takes the lock and reads the journal, to write it.
  static func openJournal(
    _ options: RunOptions, _ facts: inout RunFacts
  ) throws(StartError) -> Journal {
    let directory = options.stateDirectory
    do throws(StoreError) {
      try directory.prepare()
      let lock = try RunLock.acquire(in: directory, timeout: options.lockTimeout)
      if options.rebuildState { _ = try Journal.rebuild(in: directory, lock: lock) }
      return try Journal.open(in: directory, lock: lock, facts: &facts)
    } catch {
      throw StartError(error)
    }
  }

  private func configuration(
    _ facts: RunFacts, _ budget: DescriptorBudget
  ) throws(StartError) -> RunMachine.Configuration {
    var configuration = RunMachine.Configuration(
      concurrency: budget.concurrency, run: try start(facts))
    configuration.force = options.force
    configuration.maximumErrors = options.maximumErrors
    configuration.seed = UInt64.random(in: .min ... .max)
    return configuration
  }

  /// The run that goes on, or a new one: the very one whose date the manifest holds, if it holds one.
  private func start(_ facts: RunFacts) throws(StartError) -> RunStart {
    let unfinished = options.newRun ? nil : facts.unfinishedRun
    var start = unfinished ?? options.manifestRun ?? .fresh()
    if let used = options.manifestRun {
      let hasEnded = unfinished == nil && facts.run?.id == used.id
      guard used.id == start.id, !hasEnded else { throw .otherRun }
    }
    start.planned = manifest.entries.count
    return start
  }

  private func makePorts(
    _ journal: consuming Journal, _ endpoints: [Endpoint], _ budget: DescriptorBudget
  ) throws(StartError) -> Coordinator.Ports {
    let profiles = try Wire.profiles(manifest)
    let settings = TransportSettings(
      connections: budget.concurrency, userAgent: "osbatch/\(options.version)")
    let transport: HTTPTransport
    do throws(SystemError) {
      transport = try HTTPTransport(settings, profiles: profiles) { [inbox] batch in
        inbox.post(.replies(batch))
        batch.removeAll(keepingCapacity: true)
      }
    } catch {
      throw StartError(error.description)
    }
    let store = StoreWriter(journal, openCheckpoints: budget.checkpoints) { [inbox] event in
      inbox.post(.store(event))
    }
    let cancellation = SourceCancellation()
    let worker = SourceWorker(manifest, endpoints: endpoints, cancellation: cancellation)
    let sources = SourcePool(worker, cancellation: cancellation) { [inbox] results in
      inbox.post(.sources(results))
    }
    return Coordinator.Ports(sources: sources, transport: transport, store: store)
  }
}
