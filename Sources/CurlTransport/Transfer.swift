internal import CLibCurl
internal import Glibc
internal import Platform

/// One easy handle and the request that it carries out now; reused for request after request.
/// Confined to its loop's thread. libcurl's callbacks reach it through an unretained pointer: the
/// loop's table keeps it alive until its handle is out of the multi handle.
final class Transfer {
  /// What a body that does not go on waits for.
  private enum Pause {
    case none, bandwidth, source
  }

  let easy = EasyHandle()
  private let port: LoopPort
  private let sockets: SocketTable
  private let settings: TransportSettings
  private let pacer: Pacer
  private let paused: PausedTransfers
  private let kept: KeptConnections
  /// What this request has added to the transport's count of body bytes.
  private var bytesCounted = 0
  private var pause = Pause.none
  private let errorText: UnsafeMutablePointer<CChar>
  private var headers = HeaderList()
  /// What the handle's options are set for: like requests in a row set only what differs.
  private var profile: Int?
  private var shape: RequestShape?
  private var isFresh = false

  private(set) var request: HTTPRequest?
  private var upload: UploadBody
  private var reply = ReplyCollector()
  private var sends = 0
  /// It has gone before, on a kept connection that died.
  private var isRepeated = false
  /// From the moment when it goes out on a connection.
  private var stall: StallWatch?
  /// The connection that libcurl uses for it now, while it does.
  private var socket: curl_socket_t?
  /// Why we, not libcurl, ended the request.
  private var stopReason: StopReason?

  /// `number` is its place in the loop's table.
  init(
    number: Int, port: LoopPort, sockets: SocketTable, settings: TransportSettings, pacer: Pacer,
    paused: PausedTransfers, kept: KeptConnections, readers: SourceReaders
  ) {
    self.port = port
    self.sockets = sockets
    self.settings = settings
    self.pacer = pacer
    self.paused = paused
    self.kept = kept
    upload = UploadBody(readers) { port.post(.sourceIsReady(transfer: number)) }
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit { errorText.deallocate() }

  /// Makes the handle ready for the multi handle. When it throws, the request has failed already:
  /// `cancel` is next.
  func begin(_ next: HTTPRequest, _ configuration: LoopConfiguration) throws(StopReason) {
    var next = next
    if next.url.last != 0 { next.url.append(0) }
    if !next.headerLines.isEmpty, next.headerLines.last != 0 { next.headerLines.append(0) }
    request = next
    sends = 0
    isRepeated = false
    bytesCounted = 0
    stopReason = nil
    clearAttempt()
    do throws(StopReason) {
      guard configuration.profiles.indices.contains(next.profile) else {
        throw StopReason(.internal("no connection profile \(next.profile)"))
      }
      try upload.begin(next.body, wantsChecksum: next.wantsChecksum)
      reply.begin(maximumBodyBytes: next.maximumReplyBytes)
      let wanted = try RequestShape(next.method, upload)
      configure(wanted, next.profile, configuration)
      use(freshConnection: next.method == .post && !kept.areTrusted(of: next.profile))
      apply(next, wanted.framing)
    } catch {
      stopReason = error
      throw error
    }
  }

  private func configure(_ wanted: RequestShape, _ index: Int, _ configuration: LoopConfiguration) {
    if profile != index {
      easy.configure(configuration.settings, configuration.profiles[index])
      setCallbacks()
      profile = index
      shape = nil
      isFresh = false
    }
    if shape != wanted {
      wanted.configure(easy)
      shape = wanted
    }
  }

  private func use(freshConnection: Bool) {
    guard freshConnection != isFresh else { return }
    easy.set(CURLOPT_FRESH_CONNECT, freshConnection ? 1 : 0)
    isFresh = freshConnection
  }

  private func clearAttempt() {
    stall = nil
    pause = .none
    errorText[0] = 0
  }

  private func apply(_ next: HTTPRequest, _ framing: RequestShape.Framing) {
    easy.set(CURLOPT_URL, pointer: stableAddress(next.url))
    easy.set(CURLOPT_HTTPHEADER, pointer: headers.link(next.headerLines))
    switch framing {
    case .whole:
      easy.set(CURLOPT_POSTFIELDSIZE_LARGE, offset: upload.length)
      easy.set(CURLOPT_POSTFIELDS, pointer: upload.wholeBody)
    case .streamed:
      easy.set(CURLOPT_INFILESIZE_LARGE, offset: upload.length)
    case .bodiless:
      break
    }
  }

  /// How the request ended, by libcurl's verdict and our own reasons; lets go of all it held.
  func finish(_ code: CURLcode) -> HTTPCompletion {
    guard let request else { preconditionFailure("a transfer ended without a request") }
    let result: Result<HTTPReply, TransportFailure>
    if code == CURLE_OK, stopReason == nil, !reply.headIsComplete {
      stopReason = StopReason(.receiveFailed, "the reply ended in the middle of its head")
    }
    if code == CURLE_OK, stopReason == nil {
      let status = easy.integer(CURLINFO_RESPONSE_CODE)
      result = .success(HTTPReply(status: status, head: reply.head, body: reply.body))
    } else {
      result = .failure(failure(code, request))
    }
    let completion = HTTPCompletion(token: request.token, result: result, facts: facts(request))
    self.request = nil
    pause = .none
    upload.end()
    reply.end()
    return completion
  }

  /// What libcurl has given up goes once more, on a connection that is its own from the start: where only kept ones have
  /// died under it, nothing is known but that they were dead. (libcurl counts such ends over all requests of a handle, and
  /// not those of one: RFC 9110 section 9.2.2 decides, as in `willSend`.) True: it is to be begun again.
  func goesAgain(after code: CURLcode) -> Bool {
    guard let request, keptConnectionDied(code) else { return false }
    kept.noteEnd(of: request.profile)
    guard request.method != .post else {
      stopReason = Self.diedWithoutReply
      return false
    }
    isRepeated = true
    clearAttempt()
    use(freshConnection: true)
    return true
  }

  /// No other connection was there for it, and nothing of a reply has come.
  private func keptConnectionDied(_ code: CURLcode) -> Bool {
    switch code {
    case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING:
      stopReason == nil && sends > 0 && reply.byteCount == 0
        && easy.integer(CURLINFO_NUM_CONNECTS) == 0
    default: false
    }
  }

  private static let diedWithoutReply = StopReason(
    .receiveFailed, "it closed a kept connection without a reply")

  /// Ends the request without a verdict of libcurl.
  func cancel(_ reason: StopReason = StopReason(.cancelled)) -> HTTPCompletion {
    stopReason = stopReason ?? reason
    return finish(CURLE_ABORTED_BY_CALLBACK)
  }

  // Stalls

  /// libcurl works with this socket for the request, or no longer.
  func uses(_ socket: curl_socket_t, _ isUsed: Bool) {
    if isUsed { self.socket = socket } else if self.socket == socket { self.socket = nil }
  }

  /// Why the request is to be given up, if it does not move any more.
  func stallReason(at now: Instant) -> StopReason? {
    guard request != nil else { return nil }
    let queued = socket.map { unacknowledgedBytes(of: $0) } ?? 0
    let handed = upload.isStreamed ? upload.length - upload.remaining : upload.length
    let progress = StallWatch.Progress(
      bodyBytes: max(0, handed - queued), isDelivered: handed == upload.length && queued == 0,
      replyBytes: reply.byteCount, isHeld: pause == .bandwidth)
    return stall?.look(progress, at: now).map { reason in
      guard pause == .source, let path = upload.path else { return StopReason(.stalled, reason) }
      return StopReason(
        .sourceReadFailed(code: ETIMEDOUT),
        "cannot read \(path): its file system has not answered for \(settings.stallLimit.inWords)")
    }
  }

  private func failure(_ code: CURLcode, _ request: HTTPRequest) -> TransportFailure {
    let text = libcurlText(code)
    let kind = stopReason?.kind ?? TransportFailure.Kind(code, text, wasSent: stall != nil)
    let message = kind.sentence(
      server: serverName(request.url), detail: stopReason?.detail ?? text)
    let wasSent = isRepeated || (sends > 0 && easy.integer(CURLINFO_REQUEST_SIZE) > 0)
    return TransportFailure(kind: kind, message: message, mayHaveTakenEffect: wasSent)
  }

  private func facts(_ request: HTTPRequest) -> TransferFacts {
    var facts = TransferFacts()
    if request.wantsChecksum { facts.checksum = upload.checksum }
    facts.sends = sends
    facts.bodyBytesCounted = bytesCounted
    guard sends > 0 else { return facts }
    facts.bodyBytesSent = easy.offset(CURLINFO_SIZE_UPLOAD_T)
    facts.openedConnection = easy.integer(CURLINFO_NUM_CONNECTS) > 0
    facts.duration = .microseconds(easy.offset(CURLINFO_TOTAL_TIME_T))
    return facts
  }

  /// libcurl's sentence about this transfer, or the code's general text when there is none.
  private func libcurlText(_ code: CURLcode) -> String {
    let general = errorText[0] == 0
    let text = general ? String(cString: curl_easy_strerror(code)) : String(cString: errorText)
    return withoutUserInfo(text.last == "\n" ? String(text.dropLast()) : text)
  }

  private func setCallbacks() {
    sockets.observe(easy)
    let context = Unmanaged.passUnretained(self).toOpaque()
    easy.set(CURLOPT_PRIVATE, pointer: context)
    easy.set(CURLOPT_ERRORBUFFER, pointer: errorText)
    easy.set(CURLOPT_PREREQDATA, pointer: context)
    easy.setPrerequest { context, _, _, _, _ in transfer(context).willSend() }
    easy.set(CURLOPT_READDATA, pointer: context)
    easy.set(CURLOPT_READFUNCTION) { transfer($3).read($0, $1 * $2) }
    easy.set(CURLOPT_SEEKDATA, pointer: context)
    easy.setSeek { context, offset, _ in transfer(context).rewind(to: Int(offset)) }
    easy.set(CURLOPT_HEADERDATA, pointer: context)
    easy.set(CURLOPT_HEADERFUNCTION) { transfer($3).receiveHead($0, $1 * $2) }
    easy.set(CURLOPT_WRITEDATA, pointer: context)
    easy.set(CURLOPT_WRITEFUNCTION) { transfer($3).receiveBody($0, $1 * $2) }
  }

  /// A connection is there and the request goes out on it now. libcurl repeats a request by itself
  /// when a kept connection dies before the first byte of a reply; that may do things twice, which
  /// only idempotent methods allow (RFC 9110 section 9.2.2).
  private func willSend() -> CInt {
    if sends > 0, let request {
      kept.noteEnd(of: request.profile)
      if request.method == .post {
        stopReason = Self.diedWithoutReply
        return CURL_PREREQFUNC_ABORT
      }
    }
    sends += 1
    stall = StallWatch(settings, thinkingTime: request?.thinkingTime ?? .zero, at: .now)
    upload.rewind()
    if shape?.framing == .whole { countBodyBytes(upload.length) }
    return CURL_PREREQFUNC_OK
  }

  private func read(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    do throws(StopReason) {
      var allowed = min(count, upload.remaining)
      if allowed > 0, pacer.isLimited {
        allowed = pacer.take(allowed)
        if allowed == 0 { return wait(for: .bandwidth) }
      }
      let room = UnsafeMutableRawBufferPointer(start: bytes, count: allowed)
      let taken = try upload.read(into: room)
      pacer.giveBack(allowed - (taken ?? 0))
      guard let taken else { return wait(for: .source) }
      countBodyBytes(taken)
      return taken
    } catch {
      stopReason = error
      return Int(CURL_READFUNC_ABORT)
    }
  }

  private func countBodyBytes(_ count: Int) {
    bytesCounted += count
    port.countBodyBytes(count)
  }

  private func wait(for reason: Pause) -> Int {
    pause = reason
    if reason == .bandwidth { paused.append(self) }
    return Int(CURL_READFUNC_PAUSE)
  }

  /// There may be bandwidth for it.
  func resume() { resume(after: .bandwidth) }

  /// There is more to send of its source.
  func sourceIsReady() { resume(after: .source) }

  /// Goes on after a pause, unless the request has ended meanwhile.
  private func resume(after reason: Pause) {
    guard pause == reason else { return }
    pause = .none
    let code = curl_easy_pause(easy.raw, CURLPAUSE_CONT)
    // Without a connection there is nothing to pause: it has broken in this turn. The request comes to the loop as
    // ended, or libcurl begins it anew.
    if code != CURLE_BAD_FUNCTION_ARGUMENT { easy.check(code) }
  }

  private func rewind(to offset: Int) -> CInt {
    guard offset == 0 else { return CURL_SEEKFUNC_FAIL }
    upload.rewind()
    return CURL_SEEKFUNC_OK
  }

  private func receiveHead(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    collect(count) { () throws(StopReason) in
      try reply.receiveHead(UnsafeRawBufferPointer(start: bytes, count: count))
    }
  }

  private func receiveBody(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    collect(count) { () throws(StopReason) in
      try reply.receiveBody(UnsafeRawBufferPointer(start: bytes, count: count))
    }
  }

  /// libcurl gives up when not all bytes are taken.
  private func collect(_ count: Int, _ take: () throws(StopReason) -> Void) -> Int {
    do throws(StopReason) {
      try take()
      return count
    } catch {
      stopReason = error
      return count > 0 ? 0 : 1
    }
  }
}

/// The transfer behind a callback's context pointer.
func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer {
  guard let context else { preconditionFailure("libcurl lost a callback's context") }
  return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
}

/// The transfer that an easy handle belongs to; nil: it is one of libcurl's own.
func transfer(of easy: UnsafeMutableRawPointer?) -> Transfer? {
  var context: UnsafeMutableRawPointer?
  osbatch_easy_getinfo_private(easy, &context)
  return context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

/// Bytes written to a TCP socket that the other side has not acknowledged (tcp(7), SIOCOUTQ).
private func unacknowledgedBytes(of socket: curl_socket_t) -> Int {
  var count = CInt(0)
  return ioctl(socket, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
}
