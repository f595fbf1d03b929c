internal import CLibCurl
internal import Glibc
internal import Platform
internal import Synchronization

/// What the coordinator may tell an event loop.
enum LoopCommand: Sendable {
  case start(HTTPRequest)
  /// The one with this token, if it has not ended.
  case cancel(UInt64)
  /// A transfer that had nothing to send, by its number, may go on.
  case sourceIsReady(transfer: Int)
  case cancelAll
  /// Cancel all, close the connections and end.
  case stop
}

/// What an event loop and the other threads share: the way in, the wake-up, the counters.
final class LoopPort: Sendable {
  /// This loop's part of the budget.
  let connections: Int
  let inbox = Inbox<LoopCommand>()
  let epoll: FileDescriptor
  /// An eventfd that epoll watches.
  let wakeUp: FileDescriptor
  private let isWaiting = Atomic<Bool>(false)
  private let requests = Atomic<Int>(0)
  private let bytes = Atomic<Int>(0)

  init(connections: Int) throws(SystemError) {
    self.connections = connections
    epoll = try owned(epoll_create1(CInt(EPOLL_CLOEXEC)), "create an epoll instance")
    wakeUp = try owned(
      eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK)), "create an event descriptor")
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: wakeUp.raw))
    guard epoll_ctl(epoll.raw, EPOLL_CTL_ADD, wakeUp.raw, &event) == 0 else {
      throw SystemError("watch the event descriptor")
    }
  }

  /// Requests given to the loop whose completion has not been made.
  var requestsInFlight: Int { requests.load(ordering: .relaxed) }
  /// Body bytes handed to the network so far.
  var bodyBytes: Int { bytes.load(ordering: .relaxed) }

  var free: Int { connections - requestsInFlight }

  func countBodyBytes(_ count: Int) { bytes.add(count, ordering: .relaxed) }
  func countRequests(_ count: Int) { requests.add(count, ordering: .relaxed) }

  func post(_ command: LoopCommand) {
    var commands = [command]
    post(draining: &commands)
  }

  func post(draining commands: inout [LoopCommand]) {
    guard !commands.isEmpty else { return }
    inbox.post(draining: &commands)
    // A loop that does not wait looks into the inbox before it does.
    if isWaiting.exchange(false, ordering: .sequentiallyConsistent) { eventfd_write(wakeUp.raw, 1) }
  }

  /// Called on the loop's thread. Waits for sockets and posts, at most `milliseconds` (-1: no
  /// limit), unless there is a command in the inbox; then takes what is there.
  func wait(
    into commands: inout [LoopCommand], events: UnsafeMutableBufferPointer<epoll_event>,
    milliseconds: CInt
  ) -> Int {
    isWaiting.store(true, ordering: .sequentiallyConsistent)
    inbox.take(into: &commands)
    let timeout = commands.isEmpty ? milliseconds : 0
    let count = epoll_wait(epoll.raw, events.baseAddress, CInt(events.count), timeout)
    isWaiting.store(false, ordering: .relaxed)
    return max(0, Int(count))  // a signal that interrupts is nothing to act upon
  }

  /// Takes back the wake-up.
  func acknowledgeWakeUp() {
    var count = eventfd_t()
    eventfd_read(wakeUp.raw, &count)
  }
}

private func owned(_ raw: CInt, _ operation: String) throws(SystemError) -> FileDescriptor {
  guard raw >= 0 else { throw SystemError(operation) }
  return FileDescriptor(owning: raw)
}
