internal import BatchCore
internal import BatchRunner

/// Everything a run says to people, in one place. Lower case, no full stop, the subject first.
enum Sentences {
  /// A line for an event, nil when it is not worth one.
  static func line(_ event: RunEvent, _ manifest: Manifest, isVerbose: Bool) -> String? {
    func name(_ index: EntryIndex) -> String { manifest.label(index) }
    switch event {
    case .failed(let entry, let failure): return "failed: \(name(entry)): \(failure.message)"
    case .blocked(let entry, let reason): return "not run: \(name(entry)): \(reason)"
    case .warning(nil, let text): return "warning: \(text)"
    case .warning(let entry?, let text): return "warning: \(name(entry)): \(text)"
    case .restarted(let entry, let reason): return "again: \(name(entry)): \(reason.rawValue)"
    case .resumed(let entry, let kept, let parts, let bytes):
      return "resumed: \(name(entry)): \(kept) of \(parts) parts kept (\(Quantity.bytes(bytes)))"
    default: return isVerbose ? detail(event, name) : nil
    }
  }

  private static func detail(_ event: RunEvent, _ name: (EntryIndex) -> String) -> String? {
    switch event {
    case .part(let entry, let number, let parts, let bytes):
      "part: \(name(entry)): \(number) of \(parts) (\(Quantity.bytes(bytes)))"
    case .retry(let entry, let request, let cause, let attempt, let delay):
      "retry: \(name(entry)): \(request), attempt \(attempt + 1) in \(delay) ms: \(cause.message)"
    case .done(let entry, let size, let fact, let reason):
      "done: \(name(entry)): \(Quantity.bytes(size)), \(reason.rawValue)"
        + (fact.verified ? "" : ", unverified")
    case .unchanged(let entry, let reason): "unchanged: \(name(entry)): \(reason.rawValue)"
    case .notRun(let entry, let reason): "not run: \(name(entry)): \(reason)"
    default: nil
    }
  }

  /// Empty where it is not known how far the run is.
  private static func bar(_ share: Double?) -> String {
    guard let share else { return "" }
    let width = 20
    let full = min(width, Int(share * Double(width)))
    let percent = min(100, Int(share * 100))
    return "[" + String(repeating: "#", count: full)
      + String(repeating: ".", count: width - full) + "] \(percent)%, "
  }

  static func progress(_ progress: RunProgress, _ meter: ProgressMeter) -> String {
    "\(entries(progress)), \(bytes(progress, meter)), \(requests(progress))"
  }

  /// The same for a terminal, with a bar, and what is being sent; each line should fit into 80 columns.
  static func live(
    _ progress: RunProgress, _ meter: ProgressMeter, _ name: (EntryIndex) -> String
  ) -> [String] {
    [bar(meter.share) + bytes(progress, meter), "\(entries(progress)), \(requests(progress))"]
      + progress.active.map { active($0, name($0.entry)) }
  }

  private static func entries(_ progress: RunProgress) -> String {
    let summary = progress.summary
    let settled = summary.done + summary.unchanged + summary.failed
    return "\(settled) of "
      + (progress.isGrowing
        ? "\(Quantity.grouped(summary.planned))+ entries"
        : Quantity.count(summary.planned, "entry", plural: "entries"))
  }

  private static func bytes(_ progress: RunProgress, _ meter: ProgressMeter) -> String {
    var text = "\(Quantity.bytes(meter.moved)) of "
    text += (progress.hasInspectedAll ? "" : "at least ") + Quantity.bytes(progress.bytesPlanned)
    text += ", \(Quantity.bytes(meter.rate))/s"
    guard let rest = meter.remaining else { return text }
    return text + ", about \(Quantity.duration(milliseconds: rest)) left"
  }

  private static func requests(_ progress: RunProgress) -> String {
    let summary = progress.summary
    var text =
      progress.isWaiting
      ? "waiting for the service" : "\(progress.requestsInFlight) in flight"
    if summary.retries > 0 {
      text += ", \(Quantity.count(summary.retries, "retry", plural: "retries"))"
    }
    if summary.failed > 0 { text += ", \(summary.failed) failed" }
    return text
  }

  private static func active(_ object: ActiveObject, _ name: String) -> String {
    let size = Quantity.bytes(object.size)
    guard object.parts > 0 else { return "  \(size)  \(name)" }
    return "  \(object.partsStored) of \(object.parts) parts, \(size)  \(name)"
  }

  static func summary(
    _ summary: RunSummary, state: String, milliseconds: Int, unverified: Int
  ) -> String {
    var text =
      "\(state): \(Quantity.count(summary.planned, "entry", plural: "entries")): "
      + "\(summary.done) done, \(summary.unchanged) unchanged, \(summary.failed) failed, "
      + "\(summary.notRun) not run\n"
      + "sent \(Quantity.bytes(summary.bytesSent)) (\(Quantity.count(summary.partsSent, "part"))), "
      + "kept \(Quantity.bytes(summary.bytesKept)) (\(Quantity.count(summary.partsKept, "part"))), "
      + "\(Quantity.count(summary.requests, "request")), "
      + "\(Quantity.count(summary.retries, "retry", plural: "retries")), "
      + "\(Quantity.duration(milliseconds: milliseconds)), "
      + "\(Quantity.rate(summary.bytesSent, milliseconds: milliseconds))\n"
    if unverified > 0 {
      text += "\(Quantity.count(unverified, "object")) unverified: no checksum to compare\n"
    }
    return text
  }

  /// Why a run ended before its work did, and what to do.
  static func end(_ end: RunEnd) -> String? {
    switch end {
    case .finished: nil
    case .interrupted: "interrupted: run the same command again to continue"
    case .stopped(let reason): "stopped: \(reason): run the same command again to continue"
    case .fatal(let failure) where failure.kind == .misconfigured:
      "the run cannot go on: \(failure.message): mend that and run again to continue"
    case .fatal(let failure):
      "the service refuses this run: \(failure.message): mend that and run again to continue"
    case .unreachable(let failure): "cannot start: \(failure.message)"
    case .storeFailed(let message): message
    }
  }
}
