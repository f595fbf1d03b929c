/// How a list is written.
enum ListFormat: String, CaseIterable {
  case csv, ndjson

  /// By the file's name; nil when that does not tell.
  init?(path: String) {
    let name = path.lowercased()
    if name.hasSuffix(".csv") {
      self = .csv
    } else if name.hasSuffix(".ndjson") || name.hasSuffix(".jsonl") {
      self = .ndjson
    } else {
      return nil
    }
  }
}

/// A list whose rows are being decoded, or were.
struct ListInUse {
  /// As it can be opened.
  let path: String
  let directory: String
  /// Where the manifest names it.
  let place: SourcePlace
  /// The row of the entry table that its first row would get.
  let firstRow: Int
  /// In the list, where the row stands that is being decoded.
  var row: SourcePlace?
}

/// What is wrong with a row as such, whatever is in it.
struct RowProblem: Error {
  var message: String
  var place: SourcePlace
  var notes: [Diagnostic.Note] = []
  var unknown: UnknownWord?
  /// Nothing behind it can be read.
  var endsList = false
}
