internal import Checksum

/// From an entry to what it needs: nothing, one Put, or an upload in parts.
extension RunMachine {
  /// Keeps inspections ahead of sending, in the manifest's order, in bounded number: of each target, so that
  /// entries that wait for one service are not in the way of another's.
  mutating func topUpInspections() {
    let all = takesFirstLook() ? 2 * limit : Self.inspectionWindow
    let window = max(all / lanes.count, Self.smallestInspectionWindow)
    while inspecting < Self.inspectionBatch, let (lane, entry) = nextToInspect(window) {
      commands.append(.inspect(entry))
      inspecting += 1
      lanes[lane].inspecting += 1
    }
  }

  /// To look far ahead takes threads and processors that the first requests need as well: these go before. So no more
  /// is looked at than fills the slots until they are all in use, but not longer than `longestFirstLook`.
  private mutating func takesFirstLook() -> Bool {
    switch firstLook {
    case .over: return false
    case .until(let end):
      if inFlight >= limit || now.monotonic >= end { firstLook = .over }
    case .ahead: firstLook = .until(now.monotonic + Self.longestFirstLook)
    }
    return firstLook != .over
  }

  mutating func inspected(_ entry: EntryIndex, _ inspection: InspectedSource) {
    if let object = objects[entry] {
      reinspected(entry, object, inspection)
      return
    }
    inspecting -= 1
    lanes[lane(of: entry)].inspecting -= 1
    guard stopping == .no else { return }
    unclaimed.remove(inspection.identity)
    guard outcomes[entry.value] == .open else {
      consulted(entry, inspection)
      return
    }
    switch inspection.source {
    case .failure where dependencies.standing(entry) == .waiting: held[entry] = 0
    case .failure(let failure): recordFailure(entry, inspection.identity, failure)
    case .success(let source):
      do throws(UploadPlan.Problem) {
        let plan = try UploadPlan(size: source.size, settings: settings(entry))
        let object = ObjectState(
          identity: inspection.identity, pathDigest: inspection.pathDigest,
          settingsDigest: inspection.settingsDigest, disk: disk(inspection.disk, of: entry),
          source: source, plan: plan, reason: .new)
        if dependencies.standing(entry) == .waiting {
          hold(entry, object)
        } else if facts.isDoubtful || facts.orphans[inspection.identity] != nil {
          ask(entry, object)
        } else {
          decide(entry, object, open: facts.open[inspection.identity])
        }
      } catch {
        if dependencies.standing(entry) == .waiting {
          held[entry] = 0
        } else {
          recordFailure(entry, inspection.identity, Failure(.rejected, error.message))
        }
      }
    }
  }

  mutating func decide(_ entry: EntryIndex, _ object: ObjectState, open: OpenFact?) {
    var object = object
    object.recordedReason = object.recordedReason ?? facts.reasons[object.identity]
    switch decision(entry, object, open: open) {
    case .unchanged(let fact):
      guard facts.failures[object.identity] != nil else {
        becameUnchanged(entry, object.identity, .recorded)
        return
      }
      // An earlier failure is on record: it is over.
      object.phase = .busy
      record(.done(object.identity, fact), then: .recorded(entry, .recorded))
    case .unchangedDiscarding(let open):
      object.previous = .upload(open)
      object.afterClosing = .unchanged(.recorded)
    case .compareContent(let fact):
      object.phase = .comparing(fact)
      commands.append(
        .hash(
          entry, ranges: [0..<object.source.size], source: object.source, withMD5: false))
    case .lookAgain:
      object.phase = .looking
    case .resume(let open):
      object.previous = .upload(open)
      object.resumes = true
      object.reason = .resumed
    case .send(let reason, let discarding):
      if object.restarts == 0, object.reason == .new {
        object.reason = reason.unless(recorded: object.recordedReason)
      }
      object.previous = discarding.map(ObjectState.Previous.upload) ?? .none
    }
    keep(entry, object)
    if object.phase == .looking { enqueue(.headObject, for: entry) }
    if object.phase == .waiting {
      let counts = object.afterClosing == .begin && object.restarts == 0
      if counts { bytesPlanned += object.source.size }
      queue(entry)
    }
  }

  /// From now on the entry has an object, until `settle`.
  mutating func keep(_ entry: EntryIndex, _ object: ObjectState) {
    if !objects.contains(entry) { lanes[lane(of: entry)].objects += 1 }
    objects[entry] = object
  }

  func decision(_ entry: EntryIndex, _ object: ObjectState, open: OpenFact?) -> Decision {
    Decision.make(
      for: object.fingerprint, partSize: object.plan.partSize,
      done: object.mayHaveReplaced ? nil : facts.done(object.identity), open: open,
      isThere: object.restarts == 0 && settings(entry).overwrite == .never
        && facts.isTaken(object.identity),
      isOutdated: isOutdated(entry, object), force: configuration.force)
  }

  /// What earlier runs have stored of it is older than something that it needs.
  func isOutdated(_ entry: EntryIndex, _ object: ObjectState) -> Bool {
    dependencies.newest(neededBy: entry) > facts.stamp(object.identity)
  }

  /// Puts an object where it waits for its turn.
  mutating func queue(_ entry: EntryIndex) {
    guard let object = objects[entry] else { return }
    let item = ReadyQueue.Item(
      priority: manifest.entries.priority(entry), remaining: object.plan.size, entry: entry)
    let disk = Int(object.disk)
    if object.plan.partSize == nil, object.previous == .none {
      disks[disk].puts.insert(item)
    } else {
      disks[disk].candidates.insert(item)
    }
  }

  /// The source is looked at again because it changed while it was being sent; it may be what is on
  /// record as done once more.
  private mutating func reinspected(
    _ entry: EntryIndex, _ object: ObjectState, _ inspection: InspectedSource
  ) {
    guard stopping == .no else { return }
    switch inspection.source {
    case .failure(let failure): recordFailure(entry, object.identity, failure)
    case .success(let source):
      do throws(UploadPlan.Problem) {
        var object = object
        object.plan = try UploadPlan(size: source.size, settings: settings(entry))
        object.source = source
        object.phase = .waiting
        decide(entry, object, open: nil)
      } catch {
        recordFailure(entry, object.identity, Failure(.rejected, error.message))
      }
    }
  }

  mutating func hashed(_ entry: EntryIndex, _ digests: Result<[RangeDigest], Failure>) {
    guard stopping == .no, let object = objects[entry] else { return }
    switch (object.phase, digests) {
    case (_, .failure(let failure)): hashFailed(entry, failure)
    case (.comparing(let fact), .success(let digests)):
      compared(entry, object, fact, digests.first?.crc64)
    case (.proving(let listed), .success(let digests)): proved(entry, listed, digests)
    case (.checking(_, let otherwise), .success(let digests)):
      objects[entry]?.phase = .checking(expected: digests.first?.crc64, otherwise)
      enqueue(.headObject, for: entry)
    default: break
    }
  }

  private mutating func compared(
    _ entry: EntryIndex, _ object: ObjectState, _ fact: DoneFact, _ crc64: CRC64?
  ) {
    if crc64 == fact.crc64 {
      var fact = fact
      fact.fingerprint = object.fingerprint
      objects[entry]?.phase = .busy
      record(.done(object.identity, fact), then: .recorded(entry, .sameContent))
    } else {
      bytesPlanned += object.source.size
      objects[entry]?.reason = .contentChanged
      objects[entry]?.phase = .waiting
      queue(entry)
    }
  }

  private mutating func hashFailed(_ entry: EntryIndex, _ failure: Failure) {
    if failure.kind == .sourceChanged {
      endWhenIdle(entry, .restart(.changedWhileUploading))
    } else {
      endWhenIdle(entry, .fail(failure))
    }
  }

  func settings(_ entry: EntryIndex) -> ObjectSettings {
    manifest.entries.settings[manifest.entries.settingsIndex(entry)]
  }
}
