internal import CLibCurl
internal import Glibc
internal import Platform

/// What every transfer of a transport goes by.
struct LoopConfiguration: Sendable {
  let settings: TransportSettings
  let profiles: [ConnectionProfile]
  let pacer: Pacer
  let kept = KeptConnections()
  let readers: SourceReaders
  /// Takes what has ended, on the loop's thread; empties the array.
  let sink: @Sendable (inout [HTTPCompletion]) -> Void
}

/// One thread's event loop: sockets by epoll, HTTP by libcurl's socket interface, whose cost follows
/// the sockets that are ready, not all that are open. Made and used on its thread only; other
/// threads reach it through its port.
final class EventLoop {
  private static let eventsPerTurn = 128

  private let port: LoopPort
  private let configuration: LoopConfiguration
  /// (It goes before what stands below: it closes connections, which tell the table of sockets.)
  private let multi: MultiHandle
  private let sockets: SocketTable
  private let events: UnsafeMutableBufferPointer<epoll_event>
  /// Every handle there is; `idle` are those without a request.
  private var transfers: [Transfer] = []
  private var idle: [Transfer] = []
  /// Requests that wait for a handle: `waiting[nextWaiting...]`.
  private var waiting: [HTTPRequest] = []
  private var nextWaiting = 0
  /// Transfers, or the next request, wait for bandwidth until then.
  private let paused = PausedTransfers()
  private var bandwidthDue: Instant?
  private var resumesFirst = false
  private var completions: [HTTPCompletion] = []
  private var commands: [LoopCommand] = []
  /// When libcurl's next timer is due.
  private var timer: Instant?
  private var isStopping = false
  /// When the requests under way are next looked at for stalls.
  private var stallsDue: Instant?

  init(_ port: LoopPort, _ configuration: LoopConfiguration) {
    self.port = port
    self.configuration = configuration
    multi = MultiHandle(connections: port.connections)
    sockets = SocketTable(epoll: port.epoll.raw)
    events = .allocate(capacity: Self.eventsPerTurn)
    events.initialize(repeating: epoll_event())
  }

  deinit { events.deallocate() }

  /// Runs until it is told to stop.
  func run() {
    ignoreBrokenPipes()
    multi.observe(
      Unmanaged.passUnretained(self).toOpaque(),
      socket: { easy, socket, interest, context, _ in
        loop(context).sockets.watch(socket, interest)
        transfer(of: easy)?.uses(socket, interest != CURL_POLL_REMOVE)
        return 0
      },
      timer: { _, milliseconds, context in
        loop(context).setTimer(milliseconds)
        return 0
      })
    while !isStopping {
      let count = port.wait(into: &commands, events: events, milliseconds: timeout)
      for event in events[..<count] { act(on: event) }
      obeyCommands()
      shareBandwidth()
      fireTimer()
      noteNewlyPaused()
      collectFinished()
      endStalled()
      deliver()
      LibcurlMemory.trim(at: .now)
    }
  }

  /// Writing to a closed connection must be an error here, whatever the program does with the
  /// signal: it goes to the thread that wrote.
  private func ignoreBrokenPipes() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  private var timeout: CInt {
    if nextWaiting < waiting.count, !idle.isEmpty, bandwidthDue == nil { return 0 }
    guard let next = [timer, bandwidthDue, stallsDue].compactMap(\.self).min() else { return -1 }
    let nanoseconds = next.nanoseconds - Instant.now.nanoseconds
    return CInt(clamping: max(0, (nanoseconds + 999_999) / 1_000_000))
  }

  private func obeyCommands() {
    for command in commands {
      switch command {
      case .start(let request):
        waiting.append(request)
      case .cancel(let token):
        cancel(token)
      case .sourceIsReady(let number):
        transfers[number].sourceIsReady()
      case .cancelAll:
        cancelAll()
      case .stop:
        cancelAll()
        isStopping = true
      }
    }
    commands.removeAll(keepingCapacity: true)
  }

  /// What begins and what goes on take turns, so that neither starves the other.
  private func shareBandwidth() {
    bandwidthDue = nil
    resumesFirst.toggle()
    if resumesFirst { resumePaused() }
    startWaiting()
    if !resumesFirst { resumePaused() }
  }

  private func startWaiting() {
    while nextWaiting < waiting.count, mayStart(waiting[nextWaiting]),
      let transfer = idleTransfer()
    {
      start(waiting[nextWaiting], on: transfer)
      nextWaiting += 1
    }
    if nextWaiting == waiting.count, nextWaiting > 0 {
      waiting.removeAll(keepingCapacity: true)
      nextWaiting = 0
    }
  }

  /// A body that leaves in one piece waits here for its bandwidth; longer ones wait as they go.
  private func mayStart(_ request: HTTPRequest) -> Bool {
    let pacer = configuration.pacer
    guard pacer.isLimited, UploadBody.isWhole(request.body), request.body.length > 0,
      !idle.isEmpty || transfers.count < port.connections
    else { return true }
    if pacer.takeWhole(request.body.length) { return true }
    bandwidthDue = pacer.due
    return false
  }

  private func resumePaused() {
    guard !paused.isEmpty else { return }
    let due = configuration.pacer.due
    if due <= .now { paused.resume() }
    guard !paused.isEmpty else { return }
    bandwidthDue = min(bandwidthDue ?? due, max(due, configuration.pacer.due))
  }

  /// What began in this turn, or went on, may have used up the bandwidth since it was shared out.
  private func noteNewlyPaused() {
    guard !paused.isEmpty, bandwidthDue == nil else { return }
    bandwidthDue = configuration.pacer.due
  }

  private func idleTransfer() -> Transfer? {
    if let transfer = idle.popLast() { return transfer }
    guard transfers.count < port.connections else { return nil }
    let transfer = Transfer(
      number: transfers.count, port: port, sockets: sockets, settings: configuration.settings,
      pacer: configuration.pacer, paused: paused, kept: configuration.kept,
      readers: configuration.readers)
    transfers.append(transfer)
    return transfer
  }

  private func start(_ request: HTTPRequest, on transfer: Transfer) {
    do throws(StopReason) {
      try transfer.begin(request, configuration)
      multi.add(transfer.easy)
    } catch {
      end(transfer, transfer.cancel())
    }
  }

  private func end(_ transfer: Transfer, _ completion: HTTPCompletion) {
    completions.append(completion)
    idle.append(transfer)
  }

  private func collectFinished() {
    while let (transfer, code) = multi.nextFinished() {
      multi.remove(transfer.easy)
      if transfer.goesAgain(after: code) {
        multi.add(transfer.easy)
      } else {
        end(transfer, transfer.finish(code))
      }
    }
  }

  /// Looks at all requests now and then, while there are any.
  private func endStalled() {
    guard idle.count < transfers.count else {
      stallsDue = nil
      return
    }
    let now = Instant.now
    if let stallsDue, now < stallsDue { return }
    stallsDue = now + min(.seconds(1), configuration.settings.stallLimit / 4)
    for transfer in transfers {
      guard let reason = transfer.stallReason(at: now) else { continue }
      multi.remove(transfer.easy)
      end(transfer, transfer.cancel(reason))
    }
  }

  /// One request, wherever it is; nothing when it has ended.
  private func cancel(_ token: UInt64) {
    collectFinished()
    if let transfer = transfers.first(where: { $0.request?.token == token }) {
      multi.remove(transfer.easy)
      end(transfer, transfer.cancel())
    } else if let place = waiting[nextWaiting...].firstIndex(where: { $0.token == token }) {
      completions.append(.cancelled(waiting.remove(at: place)))
    }
  }

  private func cancelAll() {
    collectFinished()
    for transfer in transfers where transfer.request != nil {
      multi.remove(transfer.easy)
      end(transfer, transfer.cancel())
    }
    for request in waiting[nextWaiting...] { completions.append(.cancelled(request)) }
    waiting.removeAll(keepingCapacity: true)
    nextWaiting = 0
  }

  private func deliver() {
    guard !completions.isEmpty else { return }
    port.countRequests(-completions.count)
    configuration.sink(&completions)
    completions.removeAll(keepingCapacity: true)
  }

  private func act(on event: epoll_event) {
    if event.data.fd == port.wakeUp.raw { return port.acknowledgeWakeUp() }
    guard sockets.isWanted(event.data.fd) else { return }
    var action = CInt(0)
    if event.events & (EPOLLIN.rawValue | EPOLLHUP.rawValue) != 0 { action |= CURL_CSELECT_IN }
    if event.events & EPOLLOUT.rawValue != 0 { action |= CURL_CSELECT_OUT }
    if event.events & EPOLLERR.rawValue != 0 { action |= CURL_CSELECT_ERR }
    multi.act(on: event.data.fd, events: action)
  }

  private func setTimer(_ milliseconds: Int) {
    guard milliseconds >= 0 else { return timer = nil }
    timer = Instant(nanoseconds: Instant.now.nanoseconds + Int64(milliseconds) * 1_000_000)
  }

  private func fireTimer() {
    guard let due = timer, due <= .now else { return }
    timer = nil
    multi.act(on: CURL_SOCKET_TIMEOUT, events: 0)
  }
}

/// The loop behind a callback's context pointer.
private func loop(_ context: UnsafeMutableRawPointer?) -> EventLoop {
  guard let context else { preconditionFailure("libcurl lost a callback's context") }
  return Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue()
}
