internal import BatchCore

/// One JSON document (RFC 8259): `run` and `summary`, and then `entries`, each on a line of its own.
enum JSONReport {
  static func write(_ report: Report, to output: OutputStream) {
    output.write(beginning(report))
    var separator = "\n"
    report.forEachEntry { entry in
      output.write(separator)
      output.write(object(entry).closed())
      separator = ",\n"
      return !output.isClosed
    }
    output.write("\n]}\n")
  }

  /// All but the entries, which follow as the last member.
  private static func beginning(_ report: Report) -> [UInt8] {
    var document = JSONObject()
    document.add("version", 1)
    document.add("name", report.manifest.name)
    document.add("time", report.time)
    if let run = report.run { document.add("run", object(run)) }
    var summary = JSONObject()
    summary.add("planned", report.count)
    for outcome in ReportOutcome.allCases { summary.add(outcome.name, report.count(outcome)) }
    summary.add("bytes_done", report.bytesDone)
    document.add("summary", summary)
    return document.closed().dropLast() + Array(",\"entries\":[".utf8)
  }

  private static func object(_ run: ReportRun) -> JSONObject {
    var object = JSONObject()
    object.add("id", run.id)
    object.add("started", run.started)
    object.add("running", run.owner != nil)
    if let code = run.exitCode { object.add("exit_code", code) }
    return object
  }

  private static func object(_ entry: ReportEntry) -> JSONObject {
    var object = JSONObject()
    if let id = entry.id { object.add("id", id) }
    if let target = entry.target { object.add("target", target) }
    object.add("bucket", entry.bucket)
    object.add("key", entry.key)
    object.add("file", entry.file)
    object.add("line", entry.line)
    object.add("outcome", entry.outcome.name.description)
    if let size = entry.size { object.add("size", size) }
    if let crc64 = entry.crc64 { object.add("crc64", crc64) }
    if let isVerified = entry.isVerified { object.add("verified", isVerified) }
    if let modified = entry.modified { object.add("modified", modified) }
    if let parts = entry.parts { object.add("parts", parts) }
    if let error = entry.error { object.add("error", error) }
    if let reason = entry.reason { object.add("reason", reason) }
    return object
  }
}
