internal import Glibc
internal import Platform

/// Takes SIGINT, SIGTERM and SIGHUP by waiting for them on a thread: no handler runs in between.
enum SignalWatcher {
  private static let watched = [SIGINT, SIGTERM, SIGHUP]

  private static var set: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in watched { sigaddset(&set, signal) }
    return set
  }

  /// Keeps the signals for the watcher: all threads that begin from now on inherit it.
  private static func block() {
    var blocked = set
    pthread_sigmask(SIG_BLOCK, &blocked, nil)
  }

  /// Calls `receive` with the number of every signal from now on, on a thread that ends with the
  /// process.
  /// Call it before any other thread exists.
  static func start(_ receive: @escaping @Sendable (Int) -> Void) {
    block()
    _ = Thread("signals") {
      var watched = set
      while true {
        var number: CInt = 0
        if sigwait(&watched, &number) == 0 { receive(Int(number)) }
      }
    }
  }
}
