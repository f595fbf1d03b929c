package import BatchCore
internal import Platform
package import RunStore

/// Which run a command is about: a manifest can hold its date, time and id.
package enum RunChoice: Sendable {
  /// The one that would go on now; when the last ended with exit code 0, a new one.
  case next
  /// A new one in any case.
  case new
  /// The last one, ended or not; when there is none, a new one.
  case last

  /// The run on record, without the lock; a run may be going on. A journal that cannot be read counts
  /// as none here: whoever opens it next says what is wrong with it.
  package func start(in directory: RunDirectory) -> RunStart {
    let facts = self == .new ? nil : try? Journal.facts(in: directory)
    switch self {
    case .new: return .fresh()
    case .next: return facts?.unfinishedRun ?? .fresh()
    case .last: return facts?.run ?? .fresh()
    }
  }
}

extension RunFacts {
  /// A run goes on, under its id and time, until it has ended with exit code 0.
  var unfinishedRun: RunStart? { exitCode == ExitCode.success.rawValue ? nil : run }
}

extension RunStart {
  /// A run that begins now.
  package static func fresh() -> RunStart {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    let id = String(repeating: "0", count: 16 - digits.count) + digits
    return RunStart(id: id, time: WallClock.seconds, planned: 0)
  }
}
