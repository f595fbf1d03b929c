internal import BatchCore
internal import CredentialSources
internal import CurlTransport
internal import Platform
internal import RunStore

/// The loop of a run: the one owner of the machine. It carries the machine's commands to the ports
/// (sources, network, store, credentials) and their answers back, both in batches; it decides nothing.
final class Coordinator {
  enum Message: Sendable {
    case expansion(Expansion.News)
    case sources([SourceResult])
    case replies([HTTPCompletion])
    case store(StoreEvent)
    case credentials(CredentialsRefresher.News)
    case control(RunControlMessage)
  }

  /// A request between `.send` and its answer.
  private struct Exchange {
    var request: RunRequest
    var body = PreparedBody(content: .none)
    /// Seconds since 1970, when it was signed.
    var asked: Int64 = 0
    /// It is not wanted any more.
    var isCancelled = false
    /// A source thread is at it, and nobody else.
    var isAtSource = false
    /// What it was answered, while its source is looked at again.
    var answer: (reply: Reply, sent: SentBody)?
  }

  private struct SharedFile {
    weak var file: SourceFile?
  }

  private static let shownObjects = 4
  /// So many requests go as soon as they are signed: they are on their way while the next are.
  private static let handful = 8

  private let inbox: Inbox<Message>
  private let ports: Ports
  private let observer: any RunObserver
  private var machine: RunMachine
  private let wire: Wire
  private var worker: SourceWorker
  private var exchanges: [Exchange?] = []
  /// What the requests of each upload share: open only while one of them needs it, for there may be more uploads that
  /// wait than files that may be open.
  private var files: [EntryIndex: SharedFile] = [:]
  private var bodiesAhead = BodiesAhead()
  private var jobs: [SourceJob] = []
  private var requests: [HTTPRequest] = []
  private var storeCommands: [StoreCommand] = []
  private var isCancelled = false
  private var signals = 0
  private var limit: (due: Int64, text: String)?
  private var progressDue: Int64
  /// Bytes of the bodies of all requests that were answered.
  private var bytesAnswered = 0
  /// When the timetable of the bandwidth is looked at again.
  private var bandwidthDue: Int64?
  private var bandwidth: Bandwidth?
  private var outcome: (end: RunEnd, summary: RunSummary)?

  /// What the coordinator hands its work to.
  struct Ports {
    let sources: SourcePool
    let transport: HTTPTransport
    let store: StoreWriter
    let credentials: CredentialsRefresher
  }

  init(
    machine: RunMachine, wire: Wire, worker: SourceWorker, ports: Ports, inbox: Inbox<Message>,
    observer: any RunObserver
  ) {
    self.machine = machine
    self.wire = wire
    self.worker = worker
    self.ports = ports
    self.inbox = inbox
    self.observer = observer
    progressDue = Instant.now.nanoseconds
  }

  /// Ends the run, as if by a first signal, after this long.
  func limitDuration(_ duration: Duration) {
    limit = ((Instant.now + duration).nanoseconds, "--max-duration has passed")
  }

  /// Sends at most so much from now on.
  func limitBandwidth(_ bandwidth: Bandwidth?) {
    self.bandwidth = bandwidth
    applyBandwidth()
  }

  private func applyBandwidth() {
    let (minute, secondsLeft) = WallClock.localMinute
    ports.transport.limitBandwidth(bandwidth?.rate(minute: minute))
    bandwidthDue =
      bandwidth == nil ? nil : Instant.now.nanoseconds + Int64(secondsLeft) * 1_000_000_000
  }

  /// Runs to the end.
  func run() -> (end: RunEnd, summary: RunSummary) {
    var batch: [Message] = []
    while true {
      repeat {
        machine.advance(at: moment)
        carryOut()
        if let outcome { return outcome }
      } while !machine.commands.isEmpty
      inbox.wait(into: &batch, until: deadline)
      let now = moment
      for message in batch { receive(message, now) }
      batch.removeAll(keepingCapacity: true)
      keepTime(now)
    }
  }

  // Time

  private var moment: Moment {
    Moment(monotonic: Instant.now.nanoseconds, wall: WallClock.seconds)
  }

  private var deadline: Instant? {
    var due = machine.nextWake ?? .max
    if let limit { due = min(due, limit.due) }
    if let bandwidthDue { due = min(due, bandwidthDue) }
    if let stalls = ports.sources.due { due = min(due, stalls.nanoseconds) }
    if observer.progressInterval != nil { due = min(due, progressDue) }
    return due == .max ? nil : Instant(nanoseconds: due)
  }

  private func keepTime(_ now: Moment) {
    if let limit, now.monotonic >= limit.due {
      self.limit = nil
      machine.handle(.drain(.stopped(limit.text)), at: now)
    }
    if let due = bandwidthDue, now.monotonic >= due { applyBandwidth() }
    for result in ports.sources.giveUpStalled(at: Instant(nanoseconds: now.monotonic)) {
      receive(result, now)
    }
    guard let interval = observer.progressInterval, now.monotonic >= progressDue else { return }
    progressDue = (Instant(nanoseconds: now.monotonic) + interval).nanoseconds
    observer.observe(
      RunProgress(
        summary: machine.summary, isGrowing: machine.manifest.entries.isGrowing,
        bytesPlanned: machine.bytesPlanned, hasInspectedAll: machine.hasInspectedAll,
        bytesUnderWay: max(0, ports.transport.bodyBytes - bytesAnswered),
        active: machine.activeObjects(Self.shownObjects),
        requestsInFlight: min(machine.inFlight, machine.limit), limit: machine.limit,
        isWaiting: machine.isWaiting))
  }

  // In

  private func receive(_ message: Message, _ now: Moment) {
    switch message {
    case .expansion(let news): receive(news, now)
    case .sources(let results): for result in results { receive(result, now) }
    case .replies(let completions): for completion in completions { receive(completion, now) }
    case .store(.durable(let ticket)): machine.handle(.durable(upTo: ticket), at: now)
    case .store(.failed(let error)): machine.handle(.storeFailed(error.description), at: now)
    case .credentials(.renewed(let credentials, let reread)):
      wire.credentials = credentials
      if reread { noteReload("newer credentials are in use from now on") }
      machine.handle(.credentials(.renewed), at: now)
    case .credentials(.unchanged): noteReload("the credentials are the same as before")
    case .credentials(.unavailable(let why)):
      machine.handle(.credentials(.unavailable(why)), at: now)
    case .control(.signal(let number)):
      signals += 1
      if signals == 1 {
        observer.observe(
          .warning(
            nil, "stopping: requests in flight may end, for at most 10 s; again stops at once"))
      }
      machine.handle(signals == 1 ? .drain(.interrupted(signal: number)) : .stop, at: now)
    case .control(.reload(let bandwidth)):
      limitBandwidth(bandwidth)
      noteReload("the manifest's bandwidth was read again")
      ports.credentials.reread()
    case .control(.reloadFailed(let reason)):
      noteReload(reason)
      ports.credentials.reread()
    case .control(.readerIsGone(let why)):
      machine.handle(.drain(.stopped(why)), at: now)
    }
  }

  /// Whoever is asked about an entry has to know it first.
  private func receive(_ news: Expansion.News, _ now: Moment) {
    switch news {
    case .entries(let batch): machine.handle(.entries(batch), at: now)
    case .ended: machine.handle(.entriesEnded, at: now)
    }
    let entries = machine.manifest.entries
    wire.know(entries)
    worker = SourceWorker(worker, entries)
    observer.know(entries)
  }

  /// What has become of something that SIGHUP asked for.
  private func noteReload(_ news: String) { observer.observe(.warning(nil, "SIGHUP: \(news)")) }

  private func receive(_ result: SourceResult, _ now: Moment) {
    switch result {
    case .inspected(let entry, let source): machine.handle(.inspected(entry, source), at: now)
    case .hashed(let entry, let digests): machine.handle(.hashed(entry, digests), at: now)
    case .prepared(let id, let body): prepared(id, body, now)
    case .read(let id, let body): received(body, id, now)
    case .confirmed(let id, let result): confirmed(id, result, now)
    }
  }

  private func received(_ body: Result<PreparedBody, Failure>, _ id: BodyID, _ now: Moment) {
    if let entry = bodiesAhead.arrived(id, body), case .success(let body) = body, body.isPart {
      keepOpen(body, entry)
    }
    machine.handle(.bodyRead(id, body.map { _ in () }), at: now)
  }

  /// The parts of one upload share its file.
  private func keepOpen(_ body: PreparedBody, _ entry: EntryIndex) {
    guard case .file(let file, _) = body.content, files[entry]?.file == nil else { return }
    files[entry] = SharedFile(file: file)
  }

  private func prepared(
    _ id: RequestID, _ result: Result<PreparedBody, Failure>, _ now: Moment
  ) {
    // What was cancelled with all others has been answered.
    guard let exchange = exchanges[id.value] else { return }
    let request = exchange.request
    exchanges[id.value]?.isAtSource = false
    if exchange.isCancelled { return answerCancelled(id, now) }
    let body: PreparedBody
    do throws(Failure) { body = try result.get() } catch {
      answer(id, .failure(error), SentBody(), now)
      return
    }
    if body.isPart { keepOpen(body, request.entry) }
    exchanges[id.value]?.body = body
    transmit(id, request, body, now)
  }

  private func transmit(_ id: RequestID, _ request: RunRequest, _ body: PreparedBody, _ now: Moment)
  {
    exchanges[id.value]?.asked = now.wall
    do throws(Failure) {
      requests.append(try wire.request(request, body, token: UInt64(id.rawValue), at: now.wall))
    } catch {
      answer(id, .failure(error), SentBody(), now)
    }
  }

  private func receive(_ completion: HTTPCompletion, _ now: Moment) {
    let id = RequestID(Int(completion.token))
    bytesAnswered += completion.facts.bodyBytesCounted
    guard let exchange = exchanges[id.value] else { return }
    let meaning = wire.interpret(completion, exchange.request, asked: exchange.asked)
    if let callback = meaning.callbackFailure {
      observer.observe(
        .warning(exchange.request.entry, "stored, but the callback failed: \(callback)"))
    }
    // An object counts only if its source is the same after the last byte.
    guard case .putObject = exchange.request.operation, case .success(let reply) = meaning.result
    else { return answer(id, meaning.result, meaning.sent, now) }
    exchanges[id.value]?.answer = (reply, meaning.sent)
    if let result = worker.confirmationAtHand(exchange.request, in: exchange.body.device) {
      return confirmed(id, result, now)
    }
    if isCancelled { return answerCancelled(id, now) }
    exchanges[id.value]?.isAtSource = true
    jobs.append(.confirm(id, exchange.request))
  }

  private func confirmed(_ id: RequestID, _ result: Result<Void, Failure>, _ now: Moment) {
    guard let (reply, sent) = exchanges[id.value]?.answer else { return }
    let result = result.mapError { failure in
      var failure = failure
      failure.mayHaveTakenEffect = true  // the object is stored, whatever its source was
      return failure
    }
    answer(id, result.map { reply }, sent, now)
  }

  private func answer(
    _ id: RequestID, _ result: Result<Reply, Failure>, _ sent: SentBody, _ now: Moment
  ) {
    exchanges[id.value] = nil
    machine.handle(.answered(id, result, sent), at: now)
  }

  // Out

  private func carryOut() {
    var commands: [RunCommand] = []
    swap(&commands, &machine.commands)
    for command in commands {
      carryOut(command)
      if requests.count == Self.handful { ports.transport.submit(&requests) }
    }
    ports.transport.submit(&requests)
    ports.sources.submit(&jobs, to: worker)
    ports.store.post(draining: &storeCommands)
  }

  private func carryOut(_ command: RunCommand) {
    switch command {
    case .inspect(let entry): jobs.append(.inspect(entry))
    case .hash(let entry, let ranges, let source, let withMD5):
      jobs.append(.hash(entry, ranges: ranges, source: source, withMD5: withMD5))
    case .send(let id, let request): send(id, request)
    case .append(let record, let isAwaited):
      storeCommands.append(.append(record, isAwaited: isAwaited))
    case .beginCheckpoint(let identity, let intent, let uploadID):
      storeCommands.append(.beginCheckpoint(identity, intent, uploadID: uploadID))
    case .checkpointPart(let identity, let part):
      storeCommands.append(.checkpointPart(identity, part))
    case .loadCheckpoint(let entry, let identity, let uploadID):
      let parts = wire.checkpoint(identity, uploadID: uploadID)
      machine.handle(.checkpoint(entry, parts), at: moment)
    case .removeCheckpoint(let identity): storeCommands.append(.removeCheckpoint(identity))
    case .report(let event): observer.observe(event)
    case .readBody(let id, let request):
      bodiesAhead.expect(id, of: request.entry)
      jobs.append(.read(id, request, opened: files[request.entry]?.file))
    case .dropBody(let id): bodiesAhead.drop(id)
    case .release(let entry): files[entry] = nil
    case .refreshCredentials: ports.credentials.refresh()
    case .cancelRequest(let id):
      exchanges[id.value]?.isCancelled = true
      // It may be about to go.
      ports.transport.submit(&requests)
      ports.transport.cancel(UInt64(id.rawValue))
    case .cancelRequests:
      isCancelled = true
      ports.sources.cancel()
      answerWhatIsAtSources()
      // What was about to go is cancelled with the rest, not sent behind it.
      ports.transport.submit(&requests)
      ports.transport.cancelAll()
    case .finish(let end, let summary): outcome = (end, summary)
    }
  }

  /// Nobody waits for a file system any more, for it may never answer.
  private func answerWhatIsAtSources() {
    for index in exchanges.indices where exchanges[index]?.isAtSource == true {
      answerCancelled(RequestID(index), moment)
    }
  }

  private func answerCancelled(_ id: RequestID, _ now: Moment) {
    let wasSent = exchanges[id.value]?.answer != nil
    let failure = Failure(.transient, "cancelled", mayHaveTakenEffect: wasSent)
    answer(id, .failure(failure), SentBody(), now)
  }

  private func send(_ id: RequestID, _ request: RunRequest) {
    while exchanges.count <= id.value { exchanges.append(nil) }
    exchanges[id.value] = Exchange(request: request)
    if let name = request.body, let body = bodiesAhead.take(name) {
      exchanges[id.value]?.body = body
      transmit(id, request, body, moment)
      return
    }
    switch request.operation {
    case .putObject, .uploadPart, .completeMultipartUpload:
      exchanges[id.value]?.isAtSource = true
      jobs.append(.prepare(id, request, opened: files[request.entry]?.file))
    default: transmit(id, request, PreparedBody(content: .none), moment)
    }
  }
}
