/// What the process returns. Frozen: scripts depend on it.
package enum ExitCode: Int, Sendable {
  case success = 0
  case someFailed = 1
  case usage = 2
  case manifestInvalid = 3
  case cannotStart = 4
  case stopped = 5
  case verifyFoundDifference = 10
  case locked = 11
  case interrupted = 130
  case terminated = 143
}

extension RunEnd {
  /// What the process returns; `summary` is that of the same run.
  package func exitCode(_ summary: RunSummary) -> ExitCode {
    switch self {
    case .finished: summary.isComplete ? .success : .someFailed
    case .interrupted(let signal): signal == 15 ? .terminated : .interrupted
    case .stopped, .fatal: .stopped
    case .unreachable: .cannotStart
    case .storeFailed: summary.requests == 0 ? .cannotStart : .stopped
    }
  }

  /// The summary's `state`.
  package func state(_ summary: RunSummary) -> String {
    switch self {
    case .finished: summary.isComplete ? "done" : "partial"
    case .interrupted, .stopped: "stopped"
    case .fatal, .unreachable, .storeFailed: "failed"
    }
  }
}
