internal import BatchCore

/// Bodies of Puts that are read before their requests: a few hundred at most, each until its request takes it or
/// the entry needs it no more.
struct BodiesAhead {
  private enum State {
    case reading
    /// The request is there before its body.
    case awaited(RequestID)
    case read(Result<PreparedBody, Failure>)
  }

  /// Of what it is the body: a source that has changed since is read again.
  private var bodies: [EntryIndex: (source: SourceIdentity, state: State)] = [:]

  /// The body is being read from now on.
  mutating func expect(_ entry: EntryIndex, _ source: SourceIdentity) {
    bodies[entry] = (source, .reading)
  }

  /// The body has been read. Returns the request that waits for it; without one, it is kept.
  mutating func arrived(
    _ entry: EntryIndex, _ source: SourceIdentity, _ body: Result<PreparedBody, Failure>
  ) -> RequestID? {
    guard let known = bodies[entry], known.source == source else { return nil }
    if case .awaited(let id) = known.state {
      bodies[entry] = nil
      return id
    }
    bodies[entry]?.state = .read(body)
    return nil
  }

  /// The body of this request has been, or is being, read.
  func has(_ request: RunRequest) -> Bool { bodies[request.entry]?.source == request.source }

  /// The request's body, if it is there; otherwise `arrived` will say that `id` waits for it.
  mutating func take(
    _ request: RunRequest, for id: RequestID
  ) -> Result<PreparedBody, Failure>? {
    guard case .read(let body) = bodies[request.entry]?.state else {
      bodies[request.entry]?.state = .awaited(id)
      return nil
    }
    bodies[request.entry] = nil
    return body
  }

  mutating func drop(_ entry: EntryIndex) { bodies[entry] = nil }
}
