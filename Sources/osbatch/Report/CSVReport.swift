internal import BatchCore

/// A table (RFC 4180): a header, and a row for each entry.
///
/// Spreadsheets take a cell that begins with `=`, `+`, `-`, `@`, a tab or a CR for a formula, and a key may come
/// from a file's name that a stranger chose. Such a text gets an apostrophe in front, which makes it
/// text there. So does one that has apostrophes before such a character: taking one apostrophe
/// away gives the text back.
enum CSVReport {
  private static let header =
    "id,target,bucket,key,file,line,outcome,size,crc64,verified,modified,parts,error,reason\r\n"

  static func write(_ report: Report, to output: OutputStream) {
    output.write(header)
    report.forEachEntry { entry in
      output.write(row(entry))
      return !output.isClosed
    }
  }

  private static func row(_ entry: ReportEntry) -> [UInt8] {
    var row: [UInt8] = []
    row.reserveCapacity(256)
    for text in [entry.id, entry.target, entry.bucket, entry.key, entry.file] {
      append(text ?? "", to: &row)
    }
    append(number: entry.line, to: &row)
    append(entry.outcome.name.description, to: &row)
    append(number: entry.size, to: &row)
    append(entry.crc64 ?? "", to: &row)
    append(entry.isVerified.map { $0 ? "true" : "false" } ?? "", to: &row)
    append(entry.modified ?? "", to: &row)
    append(number: entry.parts, to: &row)
    append(entry.error ?? "", to: &row)
    append(entry.reason ?? "", to: &row)
    row.removeLast()
    row.append(contentsOf: "\r\n".utf8)
    return row
  }

  private static func append(number: Int?, to row: inout [UInt8]) {
    if let number { row.append(contentsOf: String(number).utf8) }
    row.append(UInt8(ascii: ","))
  }

  private static func append(_ text: String, to row: inout [UInt8]) {
    let needsQuotes = text.utf8.contains { quoted.contains($0) }
    if needsQuotes { row.append(UInt8(ascii: "\"")) }
    if isFormula(text) { row.append(UInt8(ascii: "'")) }
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") { row.append(byte) }
      row.append(byte)
    }
    if needsQuotes { row.append(UInt8(ascii: "\"")) }
    row.append(UInt8(ascii: ","))
  }

  /// A space does no harm to RFC 4180, but some readers trim what is not quoted.
  private static let quoted = Array("\",\r\n\t '".utf8)

  private static func isFormula(_ text: String) -> Bool {
    guard let first = text.utf8.first(where: { $0 != UInt8(ascii: "'") }) else { return false }
    return "=+-@\t\r".utf8.contains(first)
  }
}
