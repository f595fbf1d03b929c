/// Something a user may want to know, in the order in which it became true. `done` is reported only
/// after it is durable.
package enum RunEvent: Sendable, Equatable {
  /// An upload of an earlier run goes on.
  case resumed(EntryIndex, partsKept: Int, parts: Int, bytesKept: Int)
  case part(EntryIndex, number: Int, parts: Int, bytes: Int)
  case retry(EntryIndex, request: String, cause: Failure, attempt: Int, delayMilliseconds: Int)
  /// An entry begins anew, with what was sent of it before thrown away.
  case restarted(EntryIndex, SendReason)
  case done(EntryIndex, size: Int, DoneFact, SendReason)
  case unchanged(EntryIndex, UnchangedReason)
  case failed(EntryIndex, Failure)
  /// The run ended before the entry's turn came, and why it did.
  case notRun(EntryIndex, String)
  /// It will not be run, for what it needs is not there.
  case blocked(EntryIndex, String)
  case warning(EntryIndex?, String)
}

package enum UnchangedReason: String, Sendable {
  case recorded = "same as recorded"
  case sameContent = "same content"
  /// `overwrite: never` and an object is there.
  case exists = "exists"
}

/// How a run ended, and why if not by finishing.
package enum RunEnd: Sendable, Equatable {
  /// Every entry has its outcome; failures show in the summary.
  case finished
  /// A signal; the exit code is the signal's.
  case interrupted(signal: Int)
  /// `--max-errors` or `--max-duration`, or credentials that could not be renewed.
  case stopped(String)
  /// The service refused the whole run, or this machine's settings leave no way to it any more.
  case fatal(Failure)
  /// No request ever succeeded.
  case unreachable(Failure)
  /// The state could not be written.
  case storeFailed(String)
}

/// The figures of a run; planned = done + unchanged + failed + notRun, always.
package struct RunSummary: Sendable, Equatable {
  package var planned = 0
  package var done = 0
  package var unchanged = 0
  package var failed = 0
  /// Bytes of bodies that the service acknowledged.
  package var bytesSent = 0
  /// Bytes of parts of earlier runs that did not have to be sent again.
  package var bytesKept = 0
  package var partsSent = 0
  package var partsKept = 0
  /// Every attempt counts.
  package var requests = 0
  /// What was sent once more: requests, and entries that began anew. As many as there are such events.
  package var retries = 0

  package init(planned: Int) { self.planned = planned }

  package var notRun: Int { planned - done - unchanged - failed }
  /// Every entry is done or unchanged.
  package var isComplete: Bool { failed == 0 && notRun == 0 }
}
