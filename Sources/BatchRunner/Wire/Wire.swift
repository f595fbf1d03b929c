internal import BatchCore
internal import Checksum
internal import CurlTransport
internal import Digests
internal import Glibc
internal import OSSProtocol
internal import Platform
internal import RunStore

/// Between the machine's words and HTTP: operations become signed requests, completions become replies
/// or failures. It keeps the signing clock right. Confined to its owner's thread. (A class, for a copy of its tables
/// would be made and dropped with every request.)
final class Wire {
  private var manifest: Manifest
  private let signers: [RequestSigner]
  private var interpreters: [ReplyInterpreter]
  private let settings: [PreparedSettings]
  /// The same where a damaged object of this run may be replaced although `overwrite: never`.
  private let replacing: [PreparedSettings]
  private let plain = PreparedSettings(ObjectSettings())
  private let directory: RunDirectory
  /// What requests are signed with from now on.
  var credentials: Credentials {
    didSet { hideSecrets() }
  }
  /// Those that may come back in what services say, the former credentials' as well.
  private var secrets = KnownSecrets()
  /// By target: seconds that signatures add to this machine's clock, since the service refused it as skewed.
  private var signingOffsets: [Int64]
  /// By target.
  private var clocks: [ServiceClock]

  init(
    _ manifest: Manifest, endpoints: [Endpoint], directory: RunDirectory,
    credentials: Credentials
  ) {
    self.manifest = manifest
    interpreters = endpoints.map(ReplyInterpreter.init)
    self.directory = directory
    self.credentials = credentials
    signers = endpoints.map(RequestSigner.init)
    signingOffsets = endpoints.map { _ in 0 }
    clocks = endpoints.map { _ in ServiceClock() }
    settings = manifest.entries.settings.map(PreparedSettings.init)
    replacing = manifest.entries.settings.map { settings in
      var settings = settings
      settings.overwrite = .always
      return PreparedSettings(settings)
    }
    hideSecrets()
  }

  private func hideSecrets() {
    secrets.insert(credentials)
    for index in interpreters.indices { interpreters[index].secrets = secrets }
  }

  /// More entries are known now.
  func know(_ entries: EntryTable) { manifest.entries = entries }

  /// One connection profile for each target. A `ca_file` that cannot be read is said before anything
  /// is sent, and not blamed on the service.
  static func profiles(_ manifest: Manifest) throws(StartError) -> [ConnectionProfile] {
    for target in manifest.targets {
      guard let path = target.certificateAuthorityFile, access(path, R_OK) != 0,
        let place = place(ofRoots: target)
      else { continue }
      throw StartError("\(place): \(SystemError("read", path))")
    }
    return manifest.targets.map { ConnectionProfile(caFile: $0.certificateAuthorityFile) }
  }

  /// Where the manifest names the file of roots; nil: it leaves that to the system.
  private static func place(ofRoots target: Target) -> String? {
    target.certificateAuthorityFile.map { _ in "ca_file (target of line \(target.line))" }
  }

  // Out

  /// The signed form of a request; `time` is in seconds since 1970 by this machine's clock.
  func request(
    _ request: RunRequest, _ body: PreparedBody, token: UInt64, at time: Int64
  ) throws(Failure) -> HTTPRequest {
    let index = manifest.entries.settingsIndex(request.entry)
    let prepared = request.replacesOwn ? replacing[index] : settings[index]
    let key = manifest.entries.key(request.entry)
    var subject = ObjectRequest(request.operation, key: key)
    subject.contentLength = body.length
    subject.contentMD5 = body.md5.map { Base64.encode($0) }
    if request.operation.storesHeaders {
      subject.contentType = prepared.contentType(
        file: manifest.entries.file(request.entry), key: key)
    }
    var signed = try sign(
      subject, target: manifest.entries.target(request.entry), prepared, token: token, at: time)
    body.content.replace(&signed.body)
    signed.thinkingTime = request.operation.thinkingTime(bodyBytes: signed.body.length)
    signed.wantsChecksum = settings[index].wantsChecksum && request.operation.sendsBody
    return signed
  }

  /// A request about a key that need not be in the manifest (any more).
  func request(
    _ operation: Operation, target: Int, key: String, token: UInt64, at time: Int64
  ) throws(Failure) -> HTTPRequest {
    try sign(
      ObjectRequest(operation, key: key), target: target, plain, token: token, at: time)
  }

  private func sign(
    _ subject: ObjectRequest, target: Int, _ settings: PreparedSettings, token: UInt64,
    at time: Int64
  ) throws(Failure) -> HTTPRequest {
    let signed = try signers[target].sign(
      subject, settings: settings, credentials: credentials, at: time + signingOffsets[target])
    var request = HTTPRequest(
      token: token, method: HTTPRequest.Method(signed.method), url: signed.url,
      headerLines: signed.headerLines)
    if !signed.body.isEmpty { request.body = .bytes(signed.body) }
    request.profile = target
    return request
  }

  // In

  /// What a completion means, and the body as it went out. `asked`: its request was not sent earlier, in seconds since 1970.
  func interpret(
    _ completion: HTTPCompletion, _ operation: Operation, target: Int, asked: Int64
  ) -> Answer {
    let facts = completion.facts
    var answer = Answer(
      result: .failure(Failure(.transient, "no answer")),
      sent: SentBody(bytes: facts.bodyBytesSent, crc64: facts.checksum))
    switch completion.result {
    case .failure(let failure):
      var failed = Failure(failure, hiding: secrets)
      if failure.kind == .rootsFile, let place = Self.place(ofRoots: manifest.targets[target]) {
        failed.message = "\(place): \(failed.message)"
      }
      answer.result = .failure(failed)
    case .success(let reply):
      let now = WallClock.seconds
      let raw = RawReply(
        status: reply.status, head: reply.head, body: reply.body, asked: asked, answered: now)
      let meaning = interpreters[target].interpret(raw, to: operation, &clocks[target])
      if let time = meaning.serviceTime { signingOffsets[target] = time - now }
      answer.result = meaning.outcome.mapError { placed($0, target) }
      answer.callbackFailure = meaning.callbackFailure
    }
    if facts.sends > 1, case .failure(var failure) = answer.result {
      // Repeated on a second connection: the answer may be about the first request's effect.
      failure.mayHaveTakenEffect = true
      answer.result = .failure(failure)
    }
    return answer
  }

  /// The same for a request of an entry: what HEAD shows is compared with the entry's settings.
  func interpret(_ completion: HTTPCompletion, _ request: RunRequest, asked: Int64) -> Answer {
    let entry = request.entry
    var answer = interpret(
      completion, request.operation, target: target(of: entry), asked: asked)
    guard case .success(.object(var object)) = answer.result,
      case .success(let reply) = completion.result
    else { return answer }
    let prepared = settings[manifest.entries.settingsIndex(entry)]
    let type = prepared.contentType(
      file: manifest.entries.file(entry), key: manifest.entries.key(entry))
    object.hasOtherHeaders = prepared.areContradicted(by: reply.head, contentType: type)
    answer.result = .success(.object(object))
    return answer
  }

  /// What is wrong for a whole bucket names it: the run may have several.
  private func placed(_ failure: Failure, _ target: Int) -> Failure {
    guard failure.kind == .fatal else { return failure }
    var failure = failure
    let place = manifest.targets[target]
    let name = place.name.isEmpty ? "" : ", target \(place.name)"
    failure.message = "bucket \(place.bucket)\(name): \(failure.message)"
    return failure
  }

  struct Answer {
    var result: Result<Reply, Failure>
    var sent: SentBody
    /// The object is stored, but the callback that its headers ask for failed.
    var callbackFailure: String?
  }

  func target(of entry: EntryIndex) -> Int { manifest.entries.target(entry) }

  /// What the checkpoint of an upload remembers of its parts.
  func checkpoint(_ identity: EntryIdentity, uploadID: String) -> [CheckpointPart] {
    Checkpoint.load(in: directory, identity, uploadID: uploadID)
  }
}

extension Operation {
  /// What the service may need to answer, beyond the usual: to check a large body, or to put many parts together.
  fileprivate func thinkingTime(bodyBytes: Int) -> Duration {
    switch self {
    case .completeMultipartUpload(_, let parts): .milliseconds(20 * parts.count)
    default: .seconds(bodyBytes >> 26)
    }
  }

  fileprivate var storesHeaders: Bool {
    switch self {
    case .putObject, .initiateMultipartUpload: true
    default: false
    }
  }
}

extension PreparedBody.Content {
  /// Nothing to send leaves what the operation itself sends.
  fileprivate func replace(_ body: inout HTTPRequest.Body) {
    switch self {
    case .none: break
    case .bytes(let bytes): body = .bytes(bytes)
    case .file(let file, let range):
      body = .file(file, offset: range.lowerBound, length: range.count)
    }
  }
}

extension HTTPRequest.Method {
  fileprivate init(_ method: Method) {
    switch method {
    case .get: self = .get
    case .put: self = .put
    case .post: self = .post
    case .delete: self = .delete
    case .head: self = .head
    }
  }
}

extension Failure {
  /// What a request without a reply means for the run.
  fileprivate init(_ failure: TransportFailure, hiding secrets: KnownSecrets) {
    let kind: Kind =
      switch failure.kind {
      case .resolve, .resolveProxy, .connect, .tlsHandshake: .unreachable
      case .tlsCertificate: .fatal
      case .proxySetting, .rootsFile: .misconfigured
      case .stalled, .sendFailed, .receiveFailed, .replyTooLarge, .malformedReply, .cancelled:
        .transient
      case .sourceReadFailed: .sourceUnreadable
      case .sourceTooShort: .sourceChanged
      case .internal: .rejected
      }
    // (Of a source no service has written anything, and its name may look like anything.)
    let isOfSource = kind == .sourceUnreadable || kind == .sourceChanged
    self.init(
      kind, isOfSource ? failure.message : secrets.removed(from: failure.message),
      mayHaveTakenEffect: failure.mayHaveTakenEffect)
  }
}
