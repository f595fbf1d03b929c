internal import Glibc
internal import Platform

/// What signals do to commands that ask for credentials and have nothing to finish: what they do to any program, and the
/// command that prints credentials ends as well.
enum EndingSignals {
  /// Call it before any other thread exists.
  static func watch() {
    SignalWatcher.start { number in ChildProcess.endAll { die(of: CInt(number)) } }
  }

  /// As a program that never waited for the signal: shells end a script by how its programs end.
  private static func die(of number: CInt) -> Never {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, number)
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
    raise(number)
    _exit(128 + number)
  }
}
