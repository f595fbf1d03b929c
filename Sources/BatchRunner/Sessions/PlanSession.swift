package import BatchCore
internal import OSSProtocol
internal import RunStore

/// What `run` would do with one entry now.
package struct PlannedEntry: Sendable {
  package enum Action: String, Sendable {
    case upload, resume, unchanged
    /// Something that it needs will not be there.
    case notRun = "not_run"
    case error
  }

  package var entry: EntryIndex
  package var action: Action
  package var reason: String
  /// It goes only when something else of this run is done.
  package var waits = false
  /// Bytes of the source.
  package var size = 0
  /// Parts of a multipart upload; 0 for one PutObject.
  package var parts = 0
  /// Parts that are recorded as stored.
  package var partsKept = 0
  /// Bytes that have to be sent.
  package var bytes = 0
  /// Requests of a run without faults.
  package var requests = 0

  init(_ entry: EntryIndex, _ action: Action, _ reason: String) {
    self.entry = entry
    self.action = action
    self.reason = reason
  }
}

/// The decisions of a run without its requests: state, sources and settings only. Faults are not foreseen,
/// so a run without any sends exactly these requests.
package struct PlanSession {
  private let manifest: Manifest
  private let directory: RunDirectory
  private let facts: RunFacts
  private let worker: SourceWorker
  private let force: Bool
  private let selection: Selection
  private var dependencies: Dependencies
  private var held: Set<EntryIndex> = []

  package init(_ manifest: Manifest, _ options: RunOptions) throws(StartError) {
    self.manifest = manifest
    directory = options.stateDirectory
    force = options.force
    let endpoints = try ServiceAccess.endpoints(manifest, options)
    worker = SourceWorker(manifest, endpoints: endpoints)
    do throws(StoreError) {
      facts = try Journal.facts(in: options.stateDirectory)
    } catch {
      throw StartError(error)
    }
    selection = try options.selection(of: manifest, endpoints, facts)
    dependencies = Dependencies(manifest.entries, selection)
  }

  /// Reports what would be done with every selected entry: in the manifest's order, but what waits comes
  /// behind what it needs.
  package mutating func run(_ report: (PlannedEntry) -> Void) {
    for row in manifest.entries.indices {
      let entry = EntryIndex(row)
      if !selection.contains(entry) {
        if dependencies.isNeeded(entry) { consult(entry, report) }
        continue
      }
      switch dependencies.standing(entry) {
      case .free: settle(entry, report)
      case .waiting: held.insert(entry)
      // Reported when it became so.
      case .blocked: break
      }
    }
  }

  private mutating func settle(_ first: EntryIndex, _ report: (PlannedEntry) -> Void) {
    var ready: ContiguousArray = [first]
    while let entry = ready.popLast() {
      let inspection = worker.inspect(entry)
      let row = plan(entry, inspection)
      report(row)
      let released: ContiguousArray<EntryIndex>
      switch row.action {
      case .error, .notRun:
        block(dependencies.failed(entry, .failed), report)
        continue
      case .unchanged:
        released = dependencies.succeeded(entry, stamp: facts.stamp(inspection.identity))
      case .upload, .resume: released = dependencies.succeeded(entry, stamp: .max)
      }
      for other in released.reversed() where held.remove(other) != nil { ready.append(other) }
    }
  }

  /// It is not selected, and needed.
  private mutating func consult(_ entry: EntryIndex, _ report: (PlannedEntry) -> Void) {
    let inspection = worker.inspect(entry)
    guard facts.serves(inspection.identity, inspection.fingerprint) else {
      block(dependencies.failed(entry, .notSelected), report)
      return
    }
    let stamp = facts.stamp(inspection.identity)
    for other in dependencies.succeeded(entry, stamp: stamp) where held.remove(other) != nil {
      settle(other, report)
    }
  }

  private mutating func block(
    _ blocked: [Dependencies.Blocked], _ report: (PlannedEntry) -> Void
  ) {
    for other in blocked {
      held.remove(other.entry)
      report(PlannedEntry(other.entry, .notRun, other.reason(manifest.entries)))
    }
  }

  private func plan(_ entry: EntryIndex, _ inspection: InspectedSource) -> PlannedEntry {
    let settings = manifest.entries.settings[manifest.entries.settingsIndex(entry)]
    do throws(Failure) {
      let source = try inspection.source.get()
      let plan: UploadPlan
      do throws(UploadPlan.Problem) {
        plan = try UploadPlan(size: source.size, settings: settings)
      } catch {
        throw Failure(.rejected, error.message)
      }
      let fingerprint = Fingerprint(
        of: source, path: inspection.pathDigest, settings: inspection.settingsDigest)
      let newest = dependencies.newest(neededBy: entry)
      let decision = Decision.make(
        for: fingerprint, partSize: plan.partSize, done: facts.done(inspection.identity),
        open: facts.open[inspection.identity],
        isThere: settings.overwrite == .never && facts.isTaken(inspection.identity),
        isOutdated: newest > facts.stamp(inspection.identity), force: force)
      var row = try planned(entry, decision, plan, (inspection.identity, source))
      row.waits = newest == .max
      return row
    } catch {
      return PlannedEntry(entry, .error, error.message)
    }
  }

  private func planned(
    _ entry: EntryIndex, _ decision: Decision, _ plan: UploadPlan,
    _ subject: (identity: EntryIdentity, source: SourceIdentity)
  ) throws(Failure) -> PlannedEntry {
    switch decision {
    case .unchangedDiscarding:
      var row = PlannedEntry(
        entry, .unchanged, "same as recorded; an upload of something else goes")
      row.size = plan.size
      row.requests = 1
      return row
    case .lookAgain:
      var row = PlannedEntry(entry, .unchanged, UnchangedReason.exists.rawValue)
      row.size = plan.size
      row.requests = 1
      return row
    case .unchanged:
      var row = PlannedEntry(entry, .unchanged, UnchangedReason.recorded.rawValue)
      row.size = plan.size
      return row
    case .compareContent(let fact):
      let source = try OpenSource(manifest.entries.file(entry), expecting: subject.source)
      let digests = try source.digests(of: [0..<plan.size], withMD5: false)
      guard digests.first?.crc64 == fact.crc64 else {
        return upload(entry, plan, .contentChanged, discarding: nil)
      }
      var row = PlannedEntry(entry, .unchanged, UnchangedReason.sameContent.rawValue)
      row.size = plan.size
      return row
    case .send(let reason, let discarding):
      try open(entry, subject.source)
      let recorded = facts.reasons[subject.identity]
      return upload(entry, plan, reason.unless(recorded: recorded), discarding: discarding)
    case .resume(let upload):
      try open(entry, subject.source)
      return resume(entry, plan, upload, subject.identity)
    }
  }

  /// That a file may be read is known only from opening it.
  private func open(_ entry: EntryIndex, _ source: SourceIdentity) throws(Failure) {
    try OpenSource(manifest.entries.file(entry), expecting: source).confirmEmptiness()
  }

  private func upload(
    _ entry: EntryIndex, _ plan: UploadPlan, _ reason: SendReason, discarding: OpenFact?
  ) -> PlannedEntry {
    var row = PlannedEntry(entry, .upload, reason.rawValue)
    row.size = plan.size
    row.bytes = plan.size
    row.parts = plan.partSize == nil ? 0 : plan.partCount
    row.requests = (plan.partSize == nil ? 1 : plan.partCount + 2) + (discarding == nil ? 0 : 1)
    return row
  }

  /// The service's listing decides when the run comes; until then the checkpoint is the best guess.
  private func resume(
    _ entry: EntryIndex, _ plan: UploadPlan, _ open: OpenFact, _ identity: EntryIdentity
  ) -> PlannedEntry {
    guard let uploadID = open.uploadID else {
      var row = upload(entry, plan, .new, discarding: open)
      row.reason = "an upload was about to begin"
      return row
    }
    let stored = Set(
      Checkpoint.load(in: directory, identity, uploadID: uploadID).map(\.number)
    ).filter { (1...plan.partCount).contains($0) }
    var row = PlannedEntry(
      entry, .resume, "\(stored.count) of \(plan.partCount) parts are recorded")
    row.size = plan.size
    row.parts = plan.partCount
    row.partsKept = stored.count
    row.bytes = plan.size - stored.reduce(0) { $0 + plan.range(ofPart: $1).count }
    let pages = stored.count / 1_000 + 1
    row.requests = pages + plan.partCount - stored.count + 1
    return row
  }
}
