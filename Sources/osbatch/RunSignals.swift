internal import BatchCore
internal import BatchRunner
internal import Glibc
internal import Platform

/// What signals do to `run`. Until it has begun nothing is under way (a manifest is read, a lock is
/// waited for), and the first signal ends the program; from then on they are the run's. An end that is asked for at once
/// waits for nobody for long: who reads what the program prints, for one, may have stopped doing so.
final class RunSignals: Sendable {
  private static let patience = Duration.seconds(5)

  private enum Phase: Sendable {
    case starting(planned: Int, report: @Sendable () -> Void)
    case running(RunControl, reload: @Sendable () -> Void)
    /// The run could not begin and is saying why.
    case refused
  }

  private struct State: Sendable {
    var phase = Phase.starting(planned: 0) {}
    /// Of the signals that ask for the end.
    var first: Int?
    var count = 0
  }

  private let state = Lock(State())

  /// - Parameter whenStarting: says how it ended when a signal came before the run had begun.
  init(whenStarting: @escaping @Sendable (RunEnd, RunSummary) -> Void) {
    let terminal = ControllingTerminal()
    SignalWatcher.start { [state] number in
      state.withLock { state in
        switch state.phase {
        case .starting(let planned, let report):
          let end = RunEnd.interrupted(signal: number)
          Self.endSoon(end)
          whenStarting(end, RunSummary(planned: planned))
          report()
          Self.end(end)
        case .running(_, let reload) where number == Int(SIGHUP) && !terminal.isGone:
          return reload()
        case .running(let control, _):
          OutputStream.expectEnd(at: .now)
          control.signal(number)
        case .refused: break
        }
        state.count += 1
        let first = state.first ?? number
        state.first = first
        if state.count == 2 { Self.endSoon(.interrupted(signal: first)) }
      }
    }
  }

  private static func end(_ end: RunEnd) -> Never {
    ChildProcess.endAll { _exit(CInt(end.exitCode(RunSummary(planned: 0)).rawValue)) }
  }

  /// As if it was killed, unless the program has ended by itself until then.
  private static func endSoon(_ end: RunEnd) {
    Thread.detached("end", isNeeded: false) {
      (Instant.now + patience).sleep()
      Self.end(end)
    }
  }

  /// `report`: what else is left of a run that never begins, on the signals' thread.
  func knowsPlanned(_ planned: Int, report: @escaping @Sendable () -> Void) {
    state.withLock { $0.phase = .starting(planned: planned, report: report) }
  }

  /// `reload`: what SIGHUP does while the terminal is there, or where there never was one.
  func begins(_ control: RunControl, reload: @escaping @Sendable () -> Void) {
    state.withLock { $0.phase = .running(control, reload: reload) }
  }

  func isRefused() { state.withLock { $0.phase = .refused } }
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
