/// How objects, and the run, come to their end.
extension RunMachine {
  // Objects

  /// Lets requests of the object that are in flight end, sends no more, then does `ending`.
  mutating func endWhenIdle(_ entry: EntryIndex, _ ending: ObjectState.Ending) {
    guard objects.contains(entry) else { return }
    objects[entry]?.ending = ending
    objects[entry]?.phase = .busy
    pledge(entry, 0)
    withdraw(entry)
    endIfIdle(entry)
  }

  /// Takes back the object's requests that have not been sent.
  private mutating func withdraw(_ entry: EntryIndex) {
    guard objects[entry]?.requests ?? 0 > 0 else { return }
    withdrawBodies(entry)
    let withdrawn = lanes[lane(of: entry)].withdraw(entry)
    objects[entry]?.requests -= Int32(withdrawn)
  }

  mutating func endIfIdle(_ entry: EntryIndex) {
    guard let object = objects[entry], object.requests == 0, let ending = object.ending else {
      return
    }
    objects[entry]?.ending = nil
    switch ending {
    case .fail(let failure): recordFailure(entry, object.identity, failure)
    case .restart(let reason): restart(entry, object, reason)
    }
  }

  private mutating func restart(_ entry: EntryIndex, _ object: ObjectState, _ reason: SendReason) {
    guard stopping == .no else { return }
    objects[entry]?.restarts += 1
    if object.restarts < settings(entry).retries {
      objects[entry]?.reason = reason
      objects[entry]?.afterClosing = .begin
      objects[entry]?.sourceChanged = reason == .changedWhileUploading
      summary.retries += 1
      report(.restarted(entry, reason))
      recordReason(entry)
    } else {
      let kind: Failure.Kind = reason == .changedWhileUploading ? .sourceChanged : .rejected
      let message =
        kind == .sourceChanged ? "source changed" : "gave up: \(reason.rawValue)"
      objects[entry]?.afterClosing = .fail(
        Failure(kind, "\(message) (\(object.restarts + 1) attempts)"))
    }
    close(entry, object, uploadExists: reason != .uploadForgotten && !object.isCompleted)
  }

  /// Removes what is left of the object's upload, then goes on with `afterClosing`.
  private mutating func close(_ entry: EntryIndex, _ object: ObjectState, uploadExists: Bool) {
    if let uploadID = object.uploadID, uploadExists {
      enqueue(.abortMultipartUpload(uploadID: uploadID), for: entry)
    } else if object.plan.partSize != nil || object.uploadID != nil {
      closeIfIdle(entry)
    } else {
      uploadIsClosed(entry)
    }
  }

  mutating func recordFailure(
    _ entry: EntryIndex, _ identity: EntryIdentity, _ failure: Failure
  ) {
    outcomes[entry.value] = .failing
    record(.failed(identity, message: failure.message), then: .failed(entry, failure))
    if let object = objects[entry] { keepReplaced(object) }
    // Not only when it is durable: much could be sent until then.
    failedEntries += 1
    if let limit = configuration.maximumErrors, failedEntries >= limit {
      drain(.stopped("as many entries have failed as --max-errors allows (\(failedEntries))"))
    }
  }

  /// Where nothing was overwritten in the end, the bucket still has what is on record as done.
  private mutating func keepReplaced(_ object: ObjectState) {
    guard object.isReplacing, object.plan.partSize == nil, !object.mayHaveStored,
      !facts.isDoubtful
    else { return }
    record(.kept(object.identity))
  }

  mutating func becameFailed(_ entry: EntryIndex, _ failure: Failure) {
    settle(entry, .failed)
    summary.failed += 1
    report(.failed(entry, failure))
    block(dependencies.failed(entry, .failed))
  }

  mutating func becameDone(_ entry: EntryIndex, _ fact: DoneFact) {
    guard let object = objects[entry] else { return }
    if object.plan.partSize != nil { commands.append(.removeCheckpoint(object.identity)) }
    settle(entry, .done)
    summary.done += 1
    report(.done(entry, size: fact.fingerprint.size, fact, object.reason))
    release(dependencies.succeeded(entry, stamp: .max))
  }

  mutating func becameUnchanged(
    _ entry: EntryIndex, _ identity: EntryIdentity, _ reason: UnchangedReason
  ) {
    settle(entry, .unchanged)
    summary.unchanged += 1
    report(.unchanged(entry, reason))
    release(dependencies.succeeded(entry, stamp: facts.stamp(identity)))
  }

  private mutating func settle(_ entry: EntryIndex, _ outcome: Outcome) {
    outcomes[entry.value] = outcome
    unsettled -= 1
    guard objects.contains(entry) else { return }
    pledge(entry, 0)
    objects[entry] = nil
    lanes[lane(of: entry)].objects -= 1
    commands.append(.release(entry))
  }

  // The run

  mutating func drain(_ reason: RunEnd) {
    guard !hasEnded else { return }
    if case .interrupted = reason, stopping != .no {
      cancel()
      return
    }
    guard stopping == .no else { return }
    end = reason
    stopping = .draining(until: now.monotonic + Self.drainLimit)
  }

  /// Ends the run for a reason that no waiting would mend.
  mutating func stop(_ reason: RunEnd) {
    guard stopping == .no else { return }
    drain(reason)
    cancel()
  }

  /// What keeps every request from being sent is said as what keeps the run from beginning, unless it has begun.
  mutating func stop(for failure: Failure) {
    let wasReached = lanes.contains(where: \.health.wasReached)
    stop(failure.kind == .fatal || wasReached ? .fatal(failure) : .unreachable(failure))
  }

  mutating func cancel() {
    guard stopping != .cancelled, !hasEnded else { return }
    if end == nil { end = .interrupted(signal: 2) }
    stopping = .cancelled
    commands.append(.cancelRequests)
  }

  mutating func storeFailed(_ message: String) {
    // Behind the end there is nothing left that would have to become durable.
    guard !storeIsLost, !hasFinished else { return }
    storeIsLost = true
    end = .storeFailed(message)
    awaiting.removeAll()
    if hasEnded {
      finish()
    } else if stopping != .cancelled {
      stopping = .cancelled
      commands.append(.cancelRequests)
    }
  }

  mutating func checkClocks() {
    if case .draining(let until) = stopping, now.monotonic >= until { cancel() }
    checkCredentials()
  }

  /// Ends the run when nothing is left to do, or, when stopping, nothing is left in flight.
  mutating func finishIfOver() {
    guard inFlight == 0 else { return }
    guard awaiting.isEmpty else { return foreseeEnd() }
    if stopping == .no {
      guard hasInspectedAll, objects.isEmpty else { return }
      end = .finished
    } else if unsettled == 0, !manifest.entries.isGrowing, end?.wasAsked == true {
      end = .finished
    }
    guard let end else { return }
    hasEnded = true
    if case .storeFailed = end {
      finish()
    } else {
      for object in objects.all { keepReplaced(object) }
      if end == .finished, isWhole { record(.doubted(false)) }
      record(.runEnded(exitCode: codeOnRecord(end.exitCode(summary))), then: .ended)
    }
  }

  /// The run goes on while there are others of its entries to be done, however well these ended.
  private func codeOnRecord(_ code: ExitCode) -> Int {
    code == .success && configuration.leavesOthers ? ExitCode.someFailed.rawValue : code.rawValue
  }

  /// When the last outcomes only wait to be durable, how the run ends is known: its record goes with theirs, and one flush
  /// makes all of them durable.
  private mutating func foreseeEnd() {
    guard !hasEnded, stopping == .no, hasInspectedAll, unsettled == awaiting.count,
      !facts.isDoubtful
    else { return }
    var summary = summary
    for awaited in awaiting.all {
      switch awaited.step {
      case .done: summary.done += 1
      case .failed: summary.failed += 1
      case .recorded: summary.unchanged += 1
      default: return
      }
    }
    end = .finished
    hasEnded = true
    record(.runEnded(exitCode: codeOnRecord(RunEnd.finished.exitCode(summary))), then: .ended)
  }

  /// The service has been asked about every entry of the manifest.
  private var isWhole: Bool {
    facts.isDoubtful && summary.done + summary.unchanged == manifest.entries.count
  }

  private mutating func reportLeftOvers(_ end: RunEnd) {
    if unsettled > 0 {
      for index in outcomes.indices where outcomes[index] == .open || outcomes[index] == .failing {
        report(.notRun(EntryIndex(index), end.brief))
      }
    }
    if manifest.entries.isGrowing {
      report(
        .warning(
          nil,
          "the matches of the manifest's globs had not all been found yet: the figures are of those "
            + "that had"))
    }
    // What was not found may be what an upload belongs to.
    guard end == .finished, !manifest.entries.hasProblems else { return }
    claimUnseen()
    for identity in unclaimed {
      guard let open = facts.open[identity] else {
        warnOfOrphans(identity)
        continue
      }
      report(
        .warning(
          nil,
          "an upload of \(open.intent.key) is still open, and the manifest no longer has that entry: "
            + "`osbatch abort` removes it"))
    }
  }

  /// Entries that were not looked at have their uploads too.
  private mutating func claimUnseen() {
    guard !unclaimed.isEmpty else { return }
    var uploads: [String: [EntryIdentity]] = [:]
    for identity in unclaimed {
      if let intent = facts.open[identity]?.intent {
        uploads[intent.key, default: []].append(identity)
      }
    }
    let unseen = outcomes.indices.filter { outcomes[$0] == .outside || outcomes[$0] == .notRun }
    if !unseen.isEmpty {
      // Whose these are is known only from an entry that was looked at.
      unclaimed.subtract(facts.orphans.keys.filter { facts.open[$0] == nil })
    }
    for row in unseen {
      let bucket = manifest.targets[manifest.entries.target(EntryIndex(row))].bucket
      for identity in uploads[manifest.entries.key(EntryIndex(row))] ?? []
      where facts.open[identity]?.intent.bucket == bucket { unclaimed.remove(identity) }
    }
  }

  mutating func finish() {
    guard let end, !hasFinished else { return }
    hasFinished = true
    reportLeftOvers(end)
    commands.append(.finish(end, summary))
  }
}

extension RunEnd {
  /// Somebody wanted it, or a limit: not true any more when everything was over by then.
  fileprivate var wasAsked: Bool {
    switch self {
    case .interrupted, .stopped: true
    default: false
    }
  }

  /// Why entries were not run, in a few words.
  fileprivate var brief: String {
    switch self {
    case .finished: "finished"
    case .interrupted: "interrupted"
    case .stopped: "stopped"
    case .fatal: "the run was refused"
    case .unreachable: "the service could not be reached"
    case .storeFailed: "the state could not be written"
    }
  }
}
