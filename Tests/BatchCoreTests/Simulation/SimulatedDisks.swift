import BatchCore

/// The disks that sources of a world are on: one may be slow, and one may give no body until nothing else is left to do.
struct SimulatedDisks {
  enum Kind { case quick, slow, hung }

  /// Named by its number among these.
  var kinds: [Kind] = [.quick]
  /// Bodies that this run is about to read, has read, and waits for in vain.
  var reading: [BodyID: Int] = [:]
  var atHand: [BodyID: RunRequest] = [:]
  var hung: [(id: BodyID, request: RunRequest)] = []
  /// Those that were sent with what had been read: entry, and number of the part.
  var sent: Set<[Int]> = []
  /// Nobody waits for the hung disk any more: it answers.
  var isReleased = false
}

extension SimulatedWorld {
  static func drawDisks(
    _ wishes: inout [Wish], _ random: inout SplitMix64
  ) -> SimulatedDisks {
    var disks = SimulatedDisks()
    for _ in 0..<Int.random(in: 0...2, using: &random) {
      disks.kinds.append([.quick, .slow, .hung][Int.random(in: 0...2, using: &random)])
    }
    for index in wishes.indices {
      wishes[index].disk = disks.kinds.indices.randomElement(using: &random) ?? 0
    }
    return disks
  }

  mutating func mountDisks() { disks = SimulatedDisks(kinds: disks.kinds) }

  private func kind(_ request: RunRequest) -> SimulatedDisks.Kind {
    disks.kinds[wishes[request.entry.value].disk]
  }

  mutating func startReading(_ id: BodyID, _ request: RunRequest) {
    let disk = wishes[request.entry.value].disk
    if disks.reading[id] != nil || disks.atHand[id] != nil { fail("a body's name is used twice") }
    if !selected.contains(request.entry.value) {
      fail("k\(request.entry.value) is read, and not selected")
    }
    if request.operation == .putObject, needsRecord(request), !isRecorded(request) {
      fail("k\(request.entry.value) is read before it is on record that it will be sent")
    }
    disks.reading[id] = disk
    let ahead =
      disks.reading.values.count { $0 == disk }
      + disks.atHand.values.count { wishes[$0.entry.value].disk == disk }
    if ahead > max(manifest.concurrency, services.count) {
      fail("\(ahead) bodies of disk \(disk) are read ahead")
    }
    switch kind(request) {
    case .hung where !disks.isReleased: disks.hung.append((id, request))
    case .slow: schedule(.read(id, request), within: 20_000_000_000)
    case .quick, .hung: schedule(.read(id, request), within: 5_000_000)
    }
  }

  /// A Put of what is on record as done, or that must not overwrite, waits for a record.
  private func needsRecord(_ request: RunRequest) -> Bool {
    wishes[request.entry.value].overwrite == .never
      || durablyDone[identity(request.entry)] != nil
  }

  private func isRecorded(_ request: RunRequest) -> Bool {
    journal[..<syncedRecords].contains { record in
      switch record {
      case .putting(identity(request.entry), _), .replacing(identity(request.entry)): true
      default: false
      }
    }
  }

  mutating func endReading(_ id: BodyID, _ request: RunRequest, _ machine: inout RunMachine) {
    disks.reading[id] = nil
    let result: Result<Void, Failure>
    if sources[request.entry.value].identity != request.source {
      result = .failure(Failure(.sourceChanged, "changed"))
    } else if chance(faults.missing) {
      result = .failure(Failure(.sourceUnreadable, "cannot be read"))
    } else {
      result = .success(())
      if !dropped.contains(id) { disks.atHand[id] = request }
    }
    machine.handle(.bodyRead(id, result), at: moment)
  }

  mutating func dropBody(_ id: BodyID) {
    dropped.insert(id)
    disks.atHand[id] = nil
  }

  /// A slot is for the network: no request waits in it for a body that was never read.
  mutating func checkAtHand(_ request: RunRequest) {
    guard request.operation.hasBody else { return }
    var key = [request.entry.value, 0]
    if case .uploadPart(_, let number, _) = request.operation { key[1] = number }
    if let body = request.body {
      let read = disks.atHand.removeValue(forKey: body)
      if read?.entry != request.entry || read?.operation != request.operation
        || read?.source != request.source
      {
        fail("\(request.operation.name) of k\(key[0]) has a slot, and its body is not at hand")
      }
      disks.sent.insert(key)
    } else if !disks.sent.contains(key) {
      fail("\(request.operation.name) of k\(key[0]) has a slot, and its body was never read")
    }
  }

  /// All else is done: what comes from other disks has not waited for the hung one. True if there is one.
  mutating func releaseHungDisk() -> Bool {
    guard !disks.hung.isEmpty else { return false }
    for index in selected.sorted() where outcomes[index] == nil {
      if !dependsOnHungDisk(index) {
        fail("k\(index) waits for a disk that does not answer, and is not on it")
      }
    }
    disks.isReleased = true
    for (id, request) in disks.hung { schedule(.read(id, request)) }
    disks.hung = []
    return true
  }

  private func dependsOnHungDisk(_ index: Int) -> Bool {
    disks.kinds[wishes[index].disk] == .hung && outcomes[index] == nil
      || needed(by: index).contains(where: dependsOnHungDisk)
  }
}
