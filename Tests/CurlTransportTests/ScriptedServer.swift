import Glibc
import Platform

/// An HTTP/1.1 server on 127.0.0.1 with a thread per connection: its script is called for every
/// request once the head is here, and does with the connection what it likes.
final class ScriptedServer: Sendable {
  struct Statistics: Sendable {
    var connections = 0
    var openConnections = 0
    var mostOpenConnections = 0
    var requests = 0
    var requestsInFlight = 0
    var mostRequestsInFlight = 0
  }

  private struct State {
    var statistics = Statistics()
    var sockets: Set<CInt> = []
    var threads: [Thread] = []
  }

  let port: Int
  private let listener: CInt
  private let acceptor: Lock<Thread?> = Lock(nil)
  private let state = Lock(State())
  private let greeting: String
  private let script: @Sendable (Exchange) -> Void

  /// `greeting` is sent on every connection before anything is read.
  init(greeting: String = "", _ script: @escaping @Sendable (Exchange) -> Void) {
    self.greeting = greeting
    self.script = script
    listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    port = listenOnLoopback(listener)
    acceptor.withLock { [self] in $0 = Thread("test-acceptor") { self.accept() } }
  }

  /// Breaks every connection, and returns when no thread of the server runs any more.
  func stop() {
    shutdown(listener, CInt(SHUT_RDWR))
    acceptor.withLock { thread in
      thread?.join()
      thread = nil  // the threads and the server hold each other
    }
    let threads = state.withLock { state in
      for socket in state.sockets { shutdown(socket, CInt(SHUT_RDWR)) }
      defer { state.threads = [] }
      return state.threads
    }
    for thread in threads { thread.join() }
    close(listener)
  }

  var statistics: Statistics { state.withLock { $0.statistics } }

  func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

  private func accept() {
    while true {
      let socket = Glibc.accept(listener, nil, nil)
      guard socket >= 0 else { return }
      state.withLock { state in
        state.sockets.insert(socket)
        state.statistics.connections += 1
        state.statistics.openConnections += 1
        state.statistics.mostOpenConnections = max(
          state.statistics.mostOpenConnections, state.statistics.openConnections)
        let number = state.statistics.connections
        state.threads.append(Thread("test-connection") { [self] in serve(socket, number) })
      }
    }
  }

  private func serve(_ socket: CInt, _ number: Int) {
    let exchange = Exchange(socket: socket, connection: number)
    exchange.send(greeting)
    while exchange.readHead() {
      state.withLock { state in
        state.statistics.requests += 1
        state.statistics.requestsInFlight += 1
        state.statistics.mostRequestsInFlight = max(
          state.statistics.mostRequestsInFlight, state.statistics.requestsInFlight)
      }
      exchange.onReply = { [state] in state.withLock { $0.statistics.requestsInFlight -= 1 } }
      script(exchange)
      exchange.noteReply()
      if !exchange.isOpen { break }
    }
    state.withLock { state in
      state.sockets.remove(socket)
      state.statistics.openConnections -= 1
      close(socket)
    }
  }
}

private func listenOnLoopback(_ listener: CInt) -> Int {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
      precondition(bind(listener, pointer, length) == 0)
      precondition(listen(listener, 1024) == 0)
      precondition(getsockname(listener, pointer, &length) == 0)
    }
  }
  return Int(address.sin_port.bigEndian)
}
