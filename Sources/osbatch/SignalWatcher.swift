internal import Glibc
internal import Platform

/// Takes SIGINT, SIGTERM and SIGHUP by waiting for them on a thread: no handler runs in between. Those that whoever started
/// the program has it ignore (`nohup` SIGHUP, a script's `&` SIGINT) are not for it: an ignored signal that is blocked would
/// be kept for the thread all the same.
enum SignalWatcher {
  private static func isIgnored(_ signal: CInt) -> Bool {
    var action = sigaction()
    sigaction(signal, nil, &action)
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// Calls `receive` with the number of every signal from now on, on a thread that ends with the
  /// process.
  /// Call it before any other thread exists: all that begin from then on leave the signals to that one.
  static func start(_ receive: @escaping @Sendable (Int) -> Void) {
    let watched = [SIGINT, SIGTERM, SIGHUP].filter { !isIgnored($0) }
    guard !watched.isEmpty else { return }
    var set = sigset_t()
    sigemptyset(&set)
    for signal in watched { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    _ = Thread("signals") { [set] in
      var set = set
      while true {
        var number: CInt = 0
        if sigwait(&set, &number) == 0 { receive(Int(number)) }
      }
    }
  }
}
