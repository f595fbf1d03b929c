import BatchCore

/// A part of an upload that is under way.
struct PartInFlight: Hashable {
  var uploadID: String
  var number: Int
}

/// Parts that are sent a second time since the first takes too long, and what must hold of them.
extension SimulatedWorld {
  /// Only parts are ever twice in flight, and no part more often.
  mutating func noteSent(_ id: RequestID, _ request: RunRequest) {
    let same = flying.values.count {
      !$0.isProbe && $0.entry == request.entry && $0.operation == request.operation
    }
    flying[id] = request
    sentTo.insert(target(of: request))
    guard !request.isProbe else { return }
    guard let part = PartInFlight(request) else {
      if same > 0 {
        fail("\(request.operation.name) of k\(request.entry.value) is twice in flight")
      }
      return
    }
    if same > 1 { fail("part \(part.number) of k\(request.entry.value) is three times in flight") }
    if same == 0 { countedParts.remove(part) }
  }

  /// However often it was sent, it counts once.
  mutating func checkPartOnce(_ event: RunEvent) {
    guard case .part(let entry, let number, _, _) = event, let answered,
      let part = PartInFlight(answered)
    else { return }
    if part.number != number || answered.entry != entry {
      fail("an answer to part \(part.number) counts as part \(number) of k\(entry.value)")
    }
    if !countedParts.insert(part).inserted {
      fail("part \(number) of k\(entry.value) is counted twice")
    }
  }

  /// Its connection is closed. What is on the wire may arrive all the same; and the answer may be on its
  /// way back already.
  mutating func cancel(_ id: RequestID) {
    let place = queue.firstIndex { item in
      if case .arrive(id, _) = item.pending { true } else { false }
    }
    guard let place, case .arrive(_, let request) = queue.remove(at: place).pending else { return }
    if chance(0.5) { schedule(.late(request), within: 1_000_000_000) }
    schedule(.answer(id, .failure(Failure(.transient, "cancelled")), SentBody()))
  }
}

extension PartInFlight {
  fileprivate init?(_ request: RunRequest) {
    guard case .uploadPart(let uploadID, let number, _) = request.operation else { return nil }
    self.init(uploadID: uploadID, number: number)
  }
}
