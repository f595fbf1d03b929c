internal import CLibCurl
internal import Glibc
internal import Platform

/// What a loop's epoll instance watches libcurl's sockets for. libcurl drops a connection's socket with
/// the reply and asks for it again with the next request; in between epoll keeps it, so that a request
/// on a kept connection costs no call. Confined to its loop's thread.
final class SocketTable {
  private struct Socket {
    /// It is a connection's: libcurl tells when it is opened and closed.
    var isConnection = false
    /// Libcurl waits for its events.
    var isWanted = false
    /// What epoll looks for; 0: it does not have the socket.
    var watched: UInt32 = 0
  }

  private let epoll: CInt
  /// By number.
  private var sockets: [Socket] = []

  init(epoll: CInt) { self.epoll = epoll }

  /// libcurl wants to know of a socket's readiness, or no longer (`CURLMOPT_SOCKETFUNCTION`).
  func watch(_ number: curl_socket_t, _ interest: CInt) {
    makeRoom(for: number)
    var wanted: UInt32 = 0
    if interest & CURL_POLL_IN != 0 { wanted |= EPOLLIN.rawValue }
    if interest & CURL_POLL_OUT != 0 { wanted |= EPOLLOUT.rawValue }
    // (CURL_POLL_REMOVE is another bit.)
    if wanted == 0 { release(number) } else { watch(number, for: wanted) }
  }

  private func watch(_ number: curl_socket_t, for wanted: UInt32) {
    let place = Int(number)
    sockets[place].isWanted = true
    if sockets[place].watched == wanted { return }
    var event = epoll_event(events: wanted, data: epoll_data_t(fd: number))
    let (likely, other) =
      sockets[place].watched == 0
      ? (EPOLL_CTL_ADD, EPOLL_CTL_MOD) : (EPOLL_CTL_MOD, EPOLL_CTL_ADD)
    // Some versions of libcurl close a socket that was never connected without a word.
    guard
      epoll_ctl(epoll, likely, number, &event) == 0
        || epoll_ctl(epoll, other, number, &event) == 0
    else { preconditionFailure("epoll_ctl: \(SystemError("watch a socket"))") }
    sockets[place].watched = wanted
  }

  /// A connection that is only read may be used again; others could be written to all the time, or were never connected.
  private func release(_ number: curl_socket_t) {
    let place = Int(number)
    sockets[place].isWanted = false
    if sockets[place].isConnection, sockets[place].watched == EPOLLIN.rawValue { return }
    drop(number)
    sockets[place] = Socket()
  }

  /// Whether libcurl is to hear of an event. What comes on a connection between two requests is most
  /// often its end, which libcurl finds by itself before it uses the connection again.
  func isWanted(_ number: curl_socket_t) -> Bool {
    if sockets[Int(number)].isWanted { return true }
    drop(number)
    return false
  }

  private func drop(_ number: curl_socket_t) {
    sockets[Int(number)].watched = 0
    // It fails for a socket that is closed already, which epoll has forgotten by itself.
    epoll_ctl(epoll, EPOLL_CTL_DEL, number, nil)
  }

  private func makeRoom(for number: curl_socket_t) {
    let missing = Int(number) + 1 - sockets.count
    if missing > 0 { sockets.append(contentsOf: repeatElement(Socket(), count: missing)) }
  }

  /// It is a new connection's (`CURLOPT_SOCKOPTFUNCTION`).
  func opened(_ number: curl_socket_t) {
    makeRoom(for: number)
    sockets[Int(number)] = Socket(isConnection: true)
  }

  /// It is a connection's, which ends (`CURLOPT_CLOSESOCKETFUNCTION`). What close(2) gives.
  func close(_ number: curl_socket_t) -> CInt {
    makeRoom(for: number)
    // A child of ours that has it, too, would keep it with epoll.
    if sockets[Int(number)].watched != 0 { drop(number) }
    sockets[Int(number)] = Socket()
    return Glibc.close(number)
  }

  /// Has the connections that a handle opens tell of their sockets, as long as they live.
  func observe(_ easy: borrowing EasyHandle) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    easy.set(CURLOPT_SOCKOPTDATA, pointer: context)
    easy.setSocketOpened { context, number, _ in
      table(context).opened(number)
      return CURL_SOCKOPT_OK
    }
    easy.set(CURLOPT_CLOSESOCKETDATA, pointer: context)
    easy.setSocketClosing { context, number in table(context).close(number) }
  }
}

/// The table behind a callback's context pointer.
private func table(_ context: UnsafeMutableRawPointer?) -> SocketTable {
  guard let context else { preconditionFailure("libcurl lost a callback's context") }
  return Unmanaged<SocketTable>.fromOpaque(context).takeUnretainedValue()
}
