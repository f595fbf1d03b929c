internal import CLibCurl

/// The one owner of a libcurl multi handle, confined to its loop's thread. Every easy handle must be
/// out of it before it goes.
struct MultiHandle: ~Copyable {
  let raw: UnsafeMutableRawPointer

  /// At most `connections` open ones, all of which are kept alive between requests.
  init(connections: Int) {
    guard let raw = curl_multi_init() else { preconditionFailure("curl_multi_init: out of memory") }
    self.raw = raw
    check(osbatch_multi_setopt_long(raw, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections))
    check(osbatch_multi_setopt_long(raw, CURLMOPT_MAXCONNECTS, connections))
    check(osbatch_multi_setopt_long(raw, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING)))
  }

  deinit { curl_multi_cleanup(raw) }

  typealias SocketCallback =
    @convention(c) (
      UnsafeMutableRawPointer?, curl_socket_t, CInt, UnsafeMutableRawPointer?,
      UnsafeMutableRawPointer?
    ) -> CInt
  typealias TimerCallback =
    @convention(c) (
      UnsafeMutableRawPointer?, Int, UnsafeMutableRawPointer?
    ) -> CInt

  func observe(
    _ context: UnsafeMutableRawPointer, socket: SocketCallback, timer: TimerCallback
  ) {
    check(osbatch_multi_setopt_pointer(raw, CURLMOPT_SOCKETDATA, context))
    check(osbatch_multi_setopt_socket(raw, socket))
    check(osbatch_multi_setopt_pointer(raw, CURLMOPT_TIMERDATA, context))
    check(osbatch_multi_setopt_timer(raw, timer))
  }

  func add(_ easy: borrowing EasyHandle) { check(curl_multi_add_handle(raw, easy.raw)) }
  func remove(_ easy: borrowing EasyHandle) { check(curl_multi_remove_handle(raw, easy.raw)) }

  /// Lets libcurl act on a socket's events, or on its timers (`CURL_SOCKET_TIMEOUT`).
  func act(on socket: curl_socket_t, events: CInt) {
    var running = CInt(0)
    check(curl_multi_socket_action(raw, socket, events, &running))
  }

  /// The next transfer that has ended, with libcurl's verdict.
  func nextFinished() -> (Transfer, CURLcode)? {
    var left = CInt(0)
    while let message = curl_multi_info_read(raw, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else {
        continue
      }
      guard let transfer = transfer(of: easy) else { continue }
      return (transfer, message.pointee.data.result)
    }
    return nil
  }

  /// These calls fail only by a mistake in this module or for want of memory.
  func check(_ code: CURLMcode) {
    precondition(code == CURLM_OK, String(cString: curl_multi_strerror(code)))
  }
}
