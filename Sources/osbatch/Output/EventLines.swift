internal import BatchCore
internal import BatchRunner
internal import Checksum

/// Events as lines of JSON. One object a line, nothing else on stdout.
struct EventLines {
  var manifest: Manifest

  private func object(_ type: String, _ index: EntryIndex) -> JSONObject {
    var object = JSONObject(type: type)
    object.add(index, of: manifest)
    return object
  }

  func start(planned: Int, concurrency: Int) -> [UInt8] {
    var line = JSONObject(type: "start")
    line.add("name", manifest.name)
    line.add("planned", planned)
    if manifest.entries.isGrowing { line.add("expanding", true) }
    line.add("concurrency", concurrency)
    return line.line()
  }

  func event(_ event: RunEvent) -> [UInt8] {
    switch event {
    case .resumed(let entry, let kept, let parts, let bytes):
      var line = object("resume", entry)
      line.add("parts_kept", kept)
      line.add("parts", parts)
      line.add("bytes_kept", bytes)
      return line.line()
    case .part(let entry, let number, let parts, let bytes):
      var line = object("part", entry)
      line.add("part", number)
      line.add("parts", parts)
      line.add("bytes", bytes)
      return line.line()
    case .retry(let entry, let request, let cause, let attempt, let delay):
      var line = object("retry", entry)
      line.add("request", request)
      line.add("cause", cause.message)
      if !cause.code.isEmpty { line.add("code", cause.code) }
      line.add("attempt", attempt)
      line.add("delay_ms", delay)
      return line.line()
    case .restarted(let entry, let reason):
      var line = object("retry", entry)
      line.add("request", "object")
      line.add("reason", reason.rawValue)
      return line.line()
    default: return outcome(event)
    }
  }

  private func outcome(_ event: RunEvent) -> [UInt8] {
    switch event {
    case .done(let entry, let size, let fact, let reason):
      var line = object("done", entry)
      line.add("bytes", size)
      // A string: JSON numbers are doubles to many readers.
      if let crc64 = fact.crc64 { line.add("crc64", String(crc64.value)) }
      line.add("verified", fact.verified)
      line.add("reason", reason.rawValue)
      return line.line()
    case .unchanged(let entry, let reason):
      var line = object("unchanged", entry)
      line.add("reason", reason.rawValue)
      return line.line()
    case .failed(let entry, let failure):
      var line = object("failed", entry)
      line.add("error", failure.message)
      if !failure.code.isEmpty { line.add("code", failure.code) }
      if failure.status > 0 { line.add("status", failure.status) }
      if !failure.requestID.isEmpty { line.add("request_id", failure.requestID) }
      return line.line()
    case .notRun(let entry, let reason), .blocked(let entry, let reason):
      var line = object("not_run", entry)
      line.add("reason", reason)
      return line.line()
    case .warning(let entry, let text):
      var line = entry.map { object("warning", $0) } ?? JSONObject(type: "warning")
      line.add("message", text)
      return line.line()
    default: return []
    }
  }

  func progress(_ progress: RunProgress, milliseconds: Int) -> [UInt8] {
    var line = JSONObject(type: "progress")
    line.add("planned", progress.summary.planned)
    if progress.isGrowing { line.add("expanding", true) }
    line.add("done", progress.summary.done)
    line.add("unchanged", progress.summary.unchanged)
    line.add("failed", progress.summary.failed)
    line.add("bytes_sent", progress.summary.bytesSent)
    line.add("bytes_under_way", progress.bytesUnderWay)
    line.add("bytes_kept", progress.summary.bytesKept)
    line.add("bytes_planned", progress.bytesPlanned)
    line.add("in_flight", progress.requestsInFlight)
    line.add("limit", progress.limit)
    if progress.isWaiting { line.add("waiting", true) }
    line.add("retries", progress.summary.retries)
    line.add("seconds", milliseconds: milliseconds)
    return line.line()
  }

  /// `error` says why nothing could begin.
  static func summary(
    _ summary: RunSummary, state: String, milliseconds: Int, error: String? = nil
  ) -> [UInt8] {
    var line = JSONObject(type: "summary")
    line.add("state", state)
    line.add("planned", summary.planned)
    line.add("done", summary.done)
    line.add("unchanged", summary.unchanged)
    line.add("failed", summary.failed)
    line.add("not_run", summary.notRun)
    line.add("bytes_sent", summary.bytesSent)
    line.add("bytes_kept", summary.bytesKept)
    line.add("parts_sent", summary.partsSent)
    line.add("parts_kept", summary.partsKept)
    line.add("requests", summary.requests)
    line.add("retries", summary.retries)
    line.add("seconds", milliseconds: milliseconds)
    if let error { line.add("error", error) }
    return line.line()
  }
}
