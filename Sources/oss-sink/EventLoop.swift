internal import Glibc
internal import Platform

/// One thread with the connections that it has accepted. (Swift has no epoll without a shim in C; for
/// a benchmark's tens of connections poll costs no more.)
struct EventLoop {
  private let listener: CInt
  private let answers: Answers
  private var connections: [Connection?] = []
  private var waits: [pollfd]

  init(_ listener: CInt, _ answers: Answers) {
    self.listener = listener
    self.answers = answers
    waits = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
  }

  /// Serves until the process ends.
  mutating func run() -> Never {
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    while true {
      guard poll(&waits, nfds_t(waits.count), -1) > 0 else { continue }
      serveConnections(scratch)
      if waits[0].revents != 0 { accept() }
    }
  }

  private mutating func serveConnections(_ scratch: UnsafeMutableRawBufferPointer) {
    var isAnyClosed = false
    for index in connections.indices where waits[index + 1].revents != 0 {
      guard connections[index]?.proceed(scratch) == .closed else { continue }
      connections[index] = nil
      isAnyClosed = true
    }
    guard isAnyClosed else { return }
    let open = connections.indices.filter { connections[$0] != nil }
    waits = [waits[0]] + open.map { waits[$0 + 1] }
    connections.removeAll { $0 == nil }
  }

  /// Every thread is told of a new connection; one gets it.
  private mutating func accept() {
    let descriptor = Glibc.accept(listener, nil, nil)
    guard descriptor >= 0 else { return }
    var yes: CInt = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<CInt>.size))
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    connections.append(Connection(descriptor, answers))
    waits.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
  }
}
