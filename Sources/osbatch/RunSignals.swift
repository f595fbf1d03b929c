internal import BatchCore
internal import BatchRunner
internal import Glibc
internal import Platform

/// What signals do to `run`. Until it has begun nothing is under way (a manifest is read, a lock is
/// waited for), and the first signal ends the program; from then on they are the run's.
final class RunSignals: Sendable {
  private enum Phase: Sendable {
    case starting(planned: Int)
    case running(RunControl, reload: @Sendable () -> Void)
    /// The run could not begin and is saying why.
    case refused
  }

  private let phase = Lock(Phase.starting(planned: 0))

  /// - Parameter whenStarting: says how it ended when a signal came before the run had begun.
  init(whenStarting: @escaping @Sendable (RunEnd, RunSummary) -> Void) {
    let terminal = ControllingTerminal()
    SignalWatcher.start { [phase] number in
      phase.withLock { phase in
        switch phase {
        case .starting(let planned):
          let end = RunEnd.interrupted(signal: number)
          let summary = RunSummary(planned: planned)
          whenStarting(end, summary)
          _exit(CInt(end.exitCode(summary).rawValue))
        case .running(_, let reload) where number == Int(SIGHUP) && !terminal.isGone: reload()
        case .running(let control, _): control.signal(number)
        case .refused: break
        }
      }
    }
  }

  func knowsPlanned(_ planned: Int) { phase.withLock { $0 = .starting(planned: planned) } }

  /// `reload`: what SIGHUP does while the terminal is there, or where there never was one.
  func begins(_ control: RunControl, reload: @escaping @Sendable () -> Void) {
    phase.withLock { $0 = .running(control, reload: reload) }
  }

  func isRefused() { phase.withLock { $0 = .refused } }
}

/// The terminal that the program was started from. SIGHUP means that it was closed, or, when it is still
/// there or never was, that somebody sent the signal.
private struct ControllingTerminal: Sendable {
  private let wasThere = Self.isThere

  var isGone: Bool { wasThere && !Self.isThere }

  private static var isThere: Bool {
    (try? FileDescriptor.open("/dev/tty", O_RDWR | O_NOCTTY)) != nil
  }
}
