internal import BatchCore
internal import BatchRunner
internal import Glibc
internal import Platform

/// What signals do to `run`. Until it has begun nothing is under way (a manifest is read, a lock is
/// waited for), and the first signal ends the program; from then on they are the run's.
final class RunSignals: Sendable {
  private enum Phase: Sendable {
    case starting(planned: Int)
    case running(RunControl)
    /// The run could not begin and is saying why.
    case refused
  }

  private let phase = Lock(Phase.starting(planned: 0))

  /// - Parameter whenStarting: says how it ended when a signal came before the run had begun.
  init(whenStarting: @escaping @Sendable (RunEnd, RunSummary) -> Void) {
    SignalWatcher.start { [phase] number in
      phase.withLock { phase in
        switch phase {
        case .starting(let planned):
          let end = RunEnd.interrupted(signal: number)
          let summary = RunSummary(planned: planned)
          whenStarting(end, summary)
          _exit(CInt(end.exitCode(summary).rawValue))
        case .running(let control): control.signal(number)
        case .refused: break
        }
      }
    }
  }

  func knowsPlanned(_ planned: Int) { phase.withLock { $0 = .starting(planned: planned) } }

  func begins(_ control: RunControl) { phase.withLock { $0 = .running(control) } }

  func isRefused() { phase.withLock { $0 = .refused } }
}
