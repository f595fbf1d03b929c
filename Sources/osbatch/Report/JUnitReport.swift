internal import BatchCore

/// JUnit's XML, for continuous integration: a test case for each entry. What failed is a failure, what is
/// unfinished is skipped. Times of single entries are not on record, so none are given.
enum JUnitReport {
  static func write(_ report: Report, to output: OutputStream) {
    let name = report.manifest.name
    let skipped = report.count(.open) + report.count(.pending)
    var begin = Markup(.xml)
    begin.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    for element: StaticString in ["testsuites", "testsuite"] {
      begin.raw("<\(element)")
      begin.attribute("name", name)
      begin.attribute("tests", report.count)
      begin.attribute("failures", report.count(.failed))
      begin.attribute("errors", 0)
      begin.attribute("skipped", skipped)
      begin.raw(">\n")
    }
    begin.raw("<properties>")
    if let run = report.run {
      begin.property("run", run.id)
      begin.property("started", run.started)
      if let code = run.exitCode { begin.property("exit_code", code) }
    }
    begin.property("reported", report.time)
    begin.raw("</properties>\n")
    output.write(begin.bytes)
    report.forEachEntry { entry in
      output.write(testCase(entry, name))
      return !output.isClosed
    }
    output.write("</testsuite>\n</testsuites>\n")
  }

  private static func testCase(_ entry: ReportEntry, _ name: String) -> [UInt8] {
    var markup = Markup(.xml)
    markup.raw("<testcase")
    markup.attribute("classname", entry.target.map { "\(name).\($0)" } ?? name)
    markup.attribute("name", entry.key)
    markup.raw("><properties>")
    if let id = entry.id { markup.property("id", id) }
    markup.property("bucket", entry.bucket)
    markup.property("file", entry.file)
    markup.property("line", entry.line)
    markup.property("outcome", entry.outcome.name.description)
    if let size = entry.size { markup.property("size", size) }
    if let crc64 = entry.crc64 { markup.property("crc64", crc64) }
    if let isVerified = entry.isVerified { markup.property("verified", "\(isVerified)") }
    if let modified = entry.modified { markup.property("modified", modified) }
    if let parts = entry.parts { markup.property("parts", parts) }
    if let reason = entry.reason { markup.property("reason", reason) }
    markup.raw("</properties>")
    switch entry.outcome {
    case .failed:
      markup.raw("<failure")
      markup.attribute("message", entry.error ?? "")
      markup.raw(" type=\"failed\">")
      markup.text(entry.detail)
      markup.raw("</failure>")
    case .open, .pending:
      markup.raw("<skipped")
      markup.attribute("message", "\(entry.outcome.name): \(entry.detail)")
      markup.raw("/>")
    case .unchanged, .done: break
    }
    markup.raw("</testcase>\n")
    return markup.bytes
  }
}

extension Markup {
  fileprivate mutating func attribute(_ name: StaticString, _ value: Int) {
    attribute(name, String(value))
  }

  fileprivate mutating func property(_ name: StaticString, _ value: String) {
    raw("<property name=\"\(name)\"")
    attribute("value", value)
    raw("/>")
  }

  fileprivate mutating func property(_ name: StaticString, _ value: Int) {
    property(name, String(value))
  }
}
