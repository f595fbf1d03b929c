internal import BatchCore

/// One page for people: it needs no other file, no script and no network. What failed comes first.
enum HTMLReport {
  /// Entries that a section lists: more would make a page that no browser shows. The other forms
  /// have them all.
  static let sectionLimit = 10_000

  static func write(_ report: Report, to output: OutputStream) {
    output.write(head(report))
    for outcome in ReportOutcome.allCases where report.count(outcome) > 0 {
      write(outcome, report, to: output)
    }
    output.write("</main>\n</body>\n</html>\n")
  }

  // The top

  private static func head(_ report: Report) -> [UInt8] {
    let name = report.manifest.name
    var page = Markup(.html)
    page.raw(
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>
      """)
    page.text("\(name): \(report.count(.done) + report.count(.unchanged)) of \(report.count) done")
    page.raw("</title>\n<style>\n\(HTMLStyle.sheet)</style>\n</head>\n<body>\n<main>\n<h1>")
    page.isolated(name)
    page.raw("</h1>\n")
    page.paragraph(destinations(report))
    page.paragraph(history(report), class: "history")
    bar(report, &page)
    figures(report, &page)
    return page.bytes
  }

  private static func destinations(_ report: Report) -> String {
    let entries = Quantity.count(report.count, "entry", plural: "entries")
    let buckets = report.manifest.targets.map { target in
      target.name.isEmpty ? target.bucket : "\(target.name) (\(target.bucket))"
    }
    guard buckets.count > 1 else { return "\(entries) for the bucket \(buckets.joined())" }
    return "\(entries) for \(buckets.joined(separator: ", "))"
  }

  private static func history(_ report: Report) -> String {
    guard let run = report.run else { return "No run yet; reported at \(report.time)" }
    return "Run \(run.id) of \(run.started) \(run.ending); reported at \(report.time)"
  }

  /// The share of every outcome as a share of the width.
  private static func bar(_ report: Report, _ page: inout Markup) {
    guard report.count > 0 else { return }
    page.raw("<div class=\"bar\" aria-hidden=\"true\">")
    for outcome in ReportOutcome.allCases.reversed() where report.count(outcome) > 0 {
      page.raw("<i class=\"\(outcome.name)\" style=\"flex-grow:\(report.count(outcome))\"></i>")
    }
    page.raw("</div>\n")
  }

  private static func figures(_ report: Report, _ page: inout Markup) {
    page.raw("<dl>")
    for outcome in ReportOutcome.allCases.reversed() {
      let isZero = report.count(outcome) == 0 ? " zero" : ""
      page.raw("<div class=\"\(outcome.name)\(isZero)\"><dt>")
      page.text(outcome.name.description)
      page.raw("</dt><dd>")
      page.text(Quantity.grouped(report.count(outcome)))
      page.raw("</dd></div>")
    }
    page.raw("<div><dt>stored</dt><dd>")
    page.text(Quantity.bytes(report.bytesDone))
    page.raw("</dd></div></dl>\n")
  }

  // The entries

  private static func write(
    _ outcome: ReportOutcome, _ report: Report, to output: OutputStream
  ) {
    let count = report.count(outcome)
    var top = Markup(.html)
    top.raw("<details class=\"\(outcome.name)\"\(outcome == .done ? "" : " open")>\n<summary>")
    top.text(outcome.title)
    top.raw(" <span>")
    top.text(Quantity.grouped(count))
    top.raw(
      "</span></summary>\n<table>\n<thead><tr><th>Key</th><th>What is known</th>"
        + "<th class=\"number\">Size</th><th>Source</th></tr></thead>\n<tbody>\n")
    output.write(top.bytes)
    var rows = 0
    report.forEachEntry(of: outcome) { entry in
      output.write(row(entry))
      rows += 1
      return rows < sectionLimit && !output.isClosed
    }
    output.write("</tbody>\n</table>\n")
    if count > sectionLimit {
      output.write(
        "<p>These are the first \(Quantity.grouped(sectionLimit)) of \(Quantity.grouped(count)): "
          + "<code>osbatch report --format csv</code> lists all.</p>\n")
    }
    output.write("</details>\n")
  }

  private static func row(_ entry: ReportEntry) -> [UInt8] {
    var row = Markup(.html)
    row.raw("<tr><td class=\"key\">")
    row.isolated(entry.key)
    let names = [entry.target, entry.id].compactMap(\.self)
    for name in names {
      row.raw(" <small>")
      row.isolated(name)
      row.raw("</small>")
    }
    row.raw("</td><td>")
    row.isolated(entry.detail)
    if let crc64 = entry.crc64 {
      row.raw("<small>CRC64 <code>\(crc64)</code></small>")
    }
    row.raw("</td><td class=\"number\">")
    if let size = entry.size { row.text(Quantity.bytes(size)) }
    row.raw("</td><td class=\"key\">")
    row.isolated(entry.file)
    row.raw(" <small>line \(entry.line)")
    if let modified = entry.modified { row.raw(", modified \(modified)") }
    row.raw("</small></td></tr>\n")
    return row.bytes
  }
}

extension Markup {
  /// Text whose direction of writing does not touch what stands beside it.
  fileprivate mutating func isolated(_ text: String) {
    raw("<bdi>")
    self.text(text)
    raw("</bdi>")
  }

  fileprivate mutating func paragraph(_ text: String, class name: StaticString = "what") {
    raw("<p class=\"\(name)\">")
    isolated(text)
    raw("</p>\n")
  }
}

extension ReportOutcome {
  fileprivate var title: String {
    switch self {
    case .failed: "Failed"
    case .open: "Upload unfinished, continued by the next run"
    case .pending: "Not uploaded yet"
    case .unchanged: "Left as they are"
    case .done: "Done"
    }
  }
}
