internal import BatchCore
internal import CredentialSources
internal import CurlTransport
internal import Platform

/// Many independent requests over one budget, each repeated while that may help: what `verify` and
/// `abort` need of the service, without a run's state.
final class RequestSweep {
  struct Request: Sendable {
    var operation: Operation
    var target: Int
    var key: String
    /// The caller's own number for what the request is about.
    var subject: Int
    fileprivate var failures = 0
    /// How often the credentials that it was signed with had been renewed.
    fileprivate var credentials = 0
    /// Seconds since 1970.
    fileprivate var sentTime: Int64 = 0

    init(_ operation: Operation, target: Int, key: String, subject: Int) {
      self.operation = operation
      self.target = target
      self.key = key
      self.subject = subject
    }
  }

  /// A request's final answer.
  struct Answer {
    var request: Request
    var result: Result<Reply, Failure>
  }

  private let inbox: Inbox<HTTPCompletion>
  private let transport: HTTPTransport
  private let concurrency: Int
  private let wire: Wire
  private var lease: CredentialLease
  private var renewals = 0
  /// Since then every request has been refused for its credentials.
  private var refusedSince: Instant?
  private var policy = RetryPolicy(seed: UInt64.random(in: .min ... .max))
  private var waiting: [Request]
  private var delayed: [(due: Int64, request: Request)] = []
  private var flying: [UInt64: Request] = [:]
  private var token: UInt64 = 0

  init(
    _ requests: [Request], wire: Wire, lease: CredentialLease, concurrency: Int,
    inbox: Inbox<HTTPCompletion>,
    transport: HTTPTransport
  ) {
    waiting = requests.reversed()
    self.wire = wire
    self.lease = lease
    self.concurrency = concurrency
    self.inbox = inbox
    self.transport = transport
  }

  /// Runs until every request has its final answer. `answered` may ask for further requests. A
  /// failure that is fatal for all ends the sweep and is thrown.
  func run(
    _ answered: (Answer) -> [Request]
  ) throws(Failure) {
    defer { transport.stop() }
    var batch: [HTTPCompletion] = []
    while !(waiting.isEmpty && delayed.isEmpty && flying.isEmpty) {
      try launch(answered)
      if flying.isEmpty && delayed.isEmpty { continue }
      let due = delayed.lazy.map(\.due).min().map(Instant.init(nanoseconds:))
      inbox.wait(into: &batch, until: due)
      for completion in batch { try receive(completion, answered) }
      batch.removeAll(keepingCapacity: true)
    }
  }

  private func launch(
    _ answered: (Answer) -> [Request]
  ) throws(Failure) {
    let now = Instant.now.nanoseconds
    for item in delayed where item.due <= now { waiting.append(item.request) }
    delayed.removeAll { $0.due <= now }
    var requests: [HTTPRequest] = []
    while flying.count < concurrency, var request = waiting.popLast() {
      token += 1
      request.credentials = renewals
      request.sentTime = WallClock.seconds
      do throws(Failure) {
        requests.append(
          try wire.request(
            request.operation, target: request.target, key: request.key, token: token,
            at: request.sentTime))
        flying[token] = request
      } catch {
        waiting.append(contentsOf: answered(answer(request, .failure(error))))
      }
    }
    transport.submit(&requests)
  }

  private func answer(_ request: Request, _ result: Result<Reply, Failure>) -> Answer {
    Answer(request: request, result: result)
  }

  private func receive(
    _ completion: HTTPCompletion, _ answered: (Answer) -> [Request]
  ) throws(Failure) {
    guard var request = flying.removeValue(forKey: completion.token) else { return }
    let result = wire.interpret(
      completion, request.operation, target: request.target, asked: request.sentTime
    ).result
    noteCredentials(request, result)
    guard case .failure(let failure) = result else {
      waiting.append(contentsOf: answered(answer(request, result)))
      return
    }
    switch failure.kind {
    case .fatal, .misconfigured: throw failure
    case .credentialsExpired:
      if request.credentials == renewals { try renew(failure) }
      waiting.append(request)
    case .transient, .throttled, .unreachable, .clockSkew:
      request.failures += 1
      if request.failures <= ObjectSettings.defaultRetries {
        let delay =
          failure.kind == .clockSkew
          ? 0
          : policy.delay(
            afterAttempt: request.failures, requested: failure.delayMilliseconds)
        delayed.append((Instant.now.nanoseconds + Int64(delay) * 1_000_000, request))
      } else if failure.kind == .unreachable {
        throw failure
      } else {
        waiting.append(contentsOf: answered(answer(request, result)))
      }
    default: waiting.append(contentsOf: answered(answer(request, result)))
    }
  }

  private func noteCredentials(_ request: Request, _ result: Result<Reply, Failure>) {
    if case .failure(let failure) = result, !failure.provesCredentials { return }
    if request.credentials == renewals { refusedSince = nil }
  }

  /// Waits for newer credentials, as long as a run does. Nothing else could go on meanwhile.
  private func renew(_ refusal: Failure) throws(Failure) {
    let isAgain = refusedSince != nil
    let deadline = (refusedSince ?? .now) + RunMachine.credentialsPatience
    if refusedSince == nil { refusedSince = .now }
    if isAgain { (Instant.now + RunMachine.credentialsPause).sleep() }
    var why = "those that came are refused as well"
    while .now < deadline {
      do throws(CredentialProblem) {
        if case .renewed(let credentials) = try lease.renew(Cancellation()) {
          wire.credentials = credentials
          renewals += 1
          return
        }
        why = lease.staleness
      } catch {
        why = error.message
      }
      (Instant.now + RunMachine.credentialsPause).sleep()
    }
    var failure = refusal
    failure.message =
      "the credentials have expired and no newer ones came within 60 s (\(why)): \(refusal.message)"
    throw failure
  }
}
