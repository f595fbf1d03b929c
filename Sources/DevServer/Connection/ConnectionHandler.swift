internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// One connection: takes its requests one after the other, and answers each before the next begins.
/// Bodies are written to files here, on the event loop's thread: it has nothing better to do.
final class ConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart

  private enum Phase {
    case receiving
    /// The request is whole: it has its effect even when the client goes away now.
    case answering
    /// A fault withholds the answer.
    case silent
  }

  private let service: Service
  /// Runs what would hold up the other connections of the loop: assembling objects from parts.
  private let pool: NIOThreadPool
  private var exchange: Exchange?
  private var phase = Phase.receiving
  private var isCounted = false
  /// What a client that does not wait for replies has sent meanwhile.
  private var backlog: [HTTPServerRequestPart] = []

  init(service: Service, pool: NIOThreadPool) {
    self.service = service
    self.pool = pool
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let part = unwrapInboundIn(data)
    guard phase != .receiving else { return take(part, context) }
    backlog.append(part)
    setReading(false, context)
  }

  func channelInactive(context: ChannelHandlerContext) {
    if phase == .receiving { exchange?.discard() }
    if phase != .answering { end(status: nil) }
    if isCounted { service.monitor.connectionClosed() }
    isCounted = false
    context.fireChannelInactive()
  }

  /// Bytes that are not HTTP, or a peer that is gone: nothing more can be said on this connection.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is HTTPParserError {
      let refusal = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
      context.writeAndFlush(NIOAny(ByteBuffer(string: refusal)), promise: nil)
    }
    context.close(promise: nil)
  }

  private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
    switch part {
    case .head(let head): begin(head, context)
    case .body(let buffer):
      exchange?.receive(buffer)
      if exchange?.isCutOff == true { reset(context) }
    case .end:
      if exchange != nil { answerInTime(context) }
    }
  }

  private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    let exchange = Exchange(head, service)
    self.exchange = exchange
    countConnection(exchange)
    if exchange.isCutOff { return reset(context) }
    guard exchange.expectsContinue else { return }
    if exchange.isDiscarding {
      answerInTime(context)
    } else {
      let interim = ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")
      context.writeAndFlush(NIOAny(interim), promise: nil)
    }
  }

  /// Connections that only control the server are not counted.
  private func countConnection(_ exchange: Exchange) {
    guard !isCounted, exchange.request != nil else { return }
    isCounted = true
    service.monitor.connectionOpened()
  }

  /// When its faults let the request have its effect.
  private func answerInTime(_ context: ChannelHandlerContext) {
    phase = .answering
    guard let exchange, !exchange.isRefused, let since = exchange.request?.faults.heldSince else {
      return answerAfterDelay(context)
    }
    let loop = context.eventLoop
    let here = NIOLoopBound((self, context), eventLoop: loop)
    service.faults.hold(since: since) {
      loop.execute {
        let (handler, context) = here.value
        handler.answerAfterDelay(context)
      }
    }
  }

  private func answerAfterDelay(_ context: ChannelHandlerContext) {
    let delay = exchange?.request?.faults.delayMilliseconds ?? 0
    guard delay > 0 else { return answer(context) }
    context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(delay))) {
      self.answer(context)
    }
  }

  private func answer(_ context: ChannelHandlerContext) {
    guard let exchange else { return }
    let body = exchange.finishBody()
    switch exchange.subject {
    case .control(let method, let uri):
      let bytes: [UInt8] = if case .success(.bytes(let bytes)) = body { bytes } else { [] }
      let control = ControlEndpoint(service: service)
      send(.reply(control.answer(method: method, uri: uri, body: bytes)), context)
    case .unreadable(let error, let method):
      let reply = Reply(error, method: method, identifier: exchange.identifier, host: "")
      send(.reply(reply), context)
    case .operation(let request) where request.operation == .complete:
      let service = service
      pool.runIfActive(eventLoop: context.eventLoop) { service.answer(request, body) }
        .assumeIsolated().whenSuccess { self.send($0, context) }
    case .operation(let request): send(service.answer(request, body), context)
    }
  }

  private func send(_ answer: Answer, _ context: ChannelHandlerContext) {
    guard let exchange, context.channel.isActive else { return end(status: nil) }
    let writer = ReplyWriter(context: context)
    switch answer {
    case .silence: phase = .silent
    case .reset: reset(context)
    case .garbage(let bytes): sendLast(ByteBuffer(bytes: bytes), status: nil, context)
    case .dripping(let reply):
      phase = .silent
      drip(writer.start(reply, exchange, closes: true), context)
    case .truncated(let reply):
      let whole = writer.start(reply, exchange, closes: true)
      let half = whole.getSlice(at: whole.readerIndex, length: whole.readableBytes / 2)
      sendLast(half ?? whole, status: reply.status, context)
    case .misstated(let reply, let bytes):
      let start = writer.start(reply, exchange, closes: false, misstatedBy: bytes)
      sendLast(start, status: reply.status, context)
    case .reply(let reply):
      let closes = !exchange.isKeptAlive || (exchange.expectsContinue && exchange.isDiscarding)
      send(reply, closes: closes, writer, context)
    }
  }

  private func send(
    _ reply: Reply, closes: Bool, _ writer: ReplyWriter, _ context: ChannelHandlerContext
  ) {
    guard let exchange else { return }
    let start = writer.start(reply, exchange, closes: closes)
    if closes, case .none = reply.file { return sendLast(start, status: reply.status, context) }
    let written = writer.write(start)
    guard let (file, range) = reply.file else { return next(status: reply.status, context) }
    written.assumeIsolated().whenComplete { _ in
      writer.write(file, range) { isWhole in
        if closes || !isWhole {
          self.end(status: reply.status)
          context.close(promise: nil)
        } else {
          self.next(status: reply.status, context)
        }
      }
    }
  }

  private func sendLast(_ bytes: ByteBuffer, status: Int?, _ context: ChannelHandlerContext) {
    end(status: status)
    ReplyWriter(context: context).write(bytes).assumeIsolated().whenComplete { _ in
      context.close(promise: nil)
    }
  }

  private func drip(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    var rest = bytes
    guard context.channel.isActive else { return }
    guard let byte = rest.readSlice(length: 1) else { return context.close(promise: nil) }
    context.writeAndFlush(NIOAny(byte), promise: nil)
    context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { self.drip(rest, context) }
  }

  /// Goes on with what has arrived meanwhile, unless the client has gone: a request of which the rest will
  /// not come would never end.
  private func next(status: Int, _ context: ChannelHandlerContext) {
    end(status: status)
    guard context.channel.isActive else { return }
    phase = .receiving
    while phase == .receiving, !backlog.isEmpty { take(backlog.removeFirst(), context) }
    setReading(backlog.isEmpty, context)
  }

  private func end(status: Int?) {
    if let exchange, let number = exchange.number {
      service.monitor.end(number, status: status, bodyBytes: exchange.receivedBytes)
      if let request = exchange.request { service.faults.release(request.faults) }
    }
    exchange = nil
  }

  /// Ends the connection with a RST, as a crash or a firewall does.
  private func reset(_ context: ChannelHandlerContext) {
    exchange?.discard()
    end(status: nil)
    phase = .answering
    let abrupt = linger(l_onoff: 1, l_linger: 0)
    guard let provider = context.channel as? any SocketOptionProvider else {
      return context.close(promise: nil)
    }
    provider.setSoLinger(abrupt).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
  }

  private func setReading(_ isReading: Bool, _ context: ChannelHandlerContext) {
    context.channel.setOption(.autoRead, value: isReading).assumeIsolated().whenFailure { _ in
      context.close(promise: nil)
    }
  }
}

extension Reply {
  fileprivate var file: (OpenFile, Range<Int>)? {
    guard case .file(let file, let offset, let length) = body else { return nil }
    return (file, offset..<offset + length)
  }
}
