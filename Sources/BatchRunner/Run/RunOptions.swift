package import BatchCore
package import RunStore

/// What one invocation of a run asks for beyond its manifest.
package struct RunOptions: Sendable {
  package var stateDirectory: RunDirectory
  /// How long to wait for another run that holds the lock.
  package var lockTimeout: Duration = .zero
  /// Which entries the command is about, given what is on record of each; asked once that is known.
  package var select: Select = RunOptions.everything
  /// Replaces the manifest's budget.
  package var concurrency: Int?
  /// Replaces the manifest's bandwidth.
  package var bandwidth: Bandwidth?
  package var force = false
  package var newRun = false
  package var rebuildState = false
  package var maximumErrors: Int?
  package var maximumDuration: Duration?
  /// How long to wait for a service that was there and is away.
  package var maximumOutage = Duration.nanoseconds(RunMachine.defaultOutageLimit)
  /// A request that does not move for this long is given up, and so is a source that gives nothing; nil: the usual.
  package var stallLimit: Duration?
  /// The program's version, for the User-Agent.
  package var version: String
  package var environment: [String: String]
  /// The run whose date, time or id stands in the manifest that was read; nil: the manifest has none
  /// of them.
  package var manifestRun: RunStart?
  /// The profile of ossutil's configuration that was named; nil: the default one.
  package var profile: String?

  package typealias Select =
    @Sendable (Manifest, (EntryIndex) -> Selector.State) throws(StartError) -> Selection

  package static let everything: Select = { (_, _) throws(StartError) in .everything }

  package init(stateDirectory: RunDirectory, version: String, environment: [String: String]) {
    self.stateDirectory = stateDirectory
    self.version = version
    self.environment = environment
  }
}

/// Why nothing could begin, in a sentence, with the exit code that says so.
package struct StartError: Error, Sendable {
  package var code: ExitCode
  package var message: String
  /// The manifest holds the date or id of another run than the one that has to go on now.
  package private(set) var asksToReadAgain = false

  package init(_ message: String, code: ExitCode = .cannotStart) {
    self.code = code
    self.message = message
  }

  static var otherRun: StartError {
    var error = StartError(
      "another run of this state has begun or ended since the manifest was read: run again")
    error.asksToReadAgain = true
    return error
  }

  package init(_ error: StoreError) {
    message = error.description
    if case .locked = error { code = .locked } else { code = .cannotStart }
  }
}

/// Told of everything a run does, on the coordinator's thread: to return late is to hold up the run.
package protocol RunObserver: AnyObject {
  /// The manifest's table has grown: before anything is told of what is new in it.
  func know(_ entries: EntryTable)
  func observe(_ event: RunEvent)
  /// Called about this often while the run goes on; nil: never.
  var progressInterval: Duration? { get }
  func observe(_ progress: RunProgress)
}

/// Where a run stands.
package struct RunProgress: Sendable {
  package var summary: RunSummary
  /// More entries are being looked for: `summary.planned` is of those that have been found.
  package var isGrowing: Bool
  /// Of all objects that have to be sent, as far as is known.
  package var bytesPlanned: Int
  /// `bytesPlanned` is final.
  package var hasInspectedAll: Bool
  /// Bytes that have left of bodies whose requests have no answer yet.
  package var bytesUnderWay: Int
  /// The largest objects of which something is being sent.
  package var active: [ActiveObject]
  package var requestsInFlight: Int
  /// Requests that may be in flight: the budget, or fewer while the service asks for less.
  package var limit: Int
  /// The service is away, and the run waits for it.
  package var isWaiting: Bool
}

/// From outside into a run that is under way; any thread may call it.
package struct RunControl: Sendable {
  let post: @Sendable (RunControlMessage) -> Void

  /// A first signal lets requests in flight end, a second ends them.
  package func signal(_ number: Int) { post(.signal(number)) }

  /// The manifest was read again: its bandwidth holds from now on, nil: none.
  package func reload(_ bandwidth: Bandwidth?) { post(.reload(bandwidth)) }

  /// The manifest could not be read again: the run goes on as it is, and says so.
  package func reloadFailed(_ reason: String) { post(.reloadFailed(reason)) }

  /// Nobody reads the run's output any more: it stops quietly.
  package func readerIsGone(_ why: String) { post(.readerIsGone(why)) }
}

enum RunControlMessage: Sendable {
  case signal(Int), readerIsGone(String)
  case reload(Bandwidth?)
  case reloadFailed(String)
}
