/// The rows of a list, each as the events of one mapping.
struct ListReader: ~Copyable {
  private var lines: ListLines
  private let format: ListFormat
  private let row = RowBuffer()
  private var columns: CSVColumns?
  private var cells: [CSVRow.Cell] = []
  private var events: [YAMLEvent] = []

  init(_ input: ManifestInput, _ format: ListFormat) {
    lines = ListLines(input)
    self.format = format
  }

  /// The next row; nil at the end. What the events point to stays until the next call. Behind an error
  /// that does not end the list the row that follows can be asked for.
  mutating func next() throws(RowProblem) -> [YAMLEvent]? {
    guard try lines.next(into: row, joiningQuotes: format == .csv) else { return nil }
    switch format {
    case .ndjson: try JSONRow.read(row, into: &events)
    case .csv:
      try CSVRow.read(row, into: &cells)
      try columns?.read(cells, row, into: &events)
    }
    return events
  }

  /// Reads the titles of a CSV list; what is wrong with them leaves nothing to go on with.
  mutating func readHeader() throws(RowProblem) -> [RowProblem] {
    guard format == .csv else { return [] }
    let header = RowBuffer()
    guard try lines.next(into: header, joiningQuotes: true) else {
      throw RowProblem(
        message: "the list is empty; its first row names the columns",
        place: SourcePlace(line: 1, column: 1), endsList: true)
    }
    try CSVRow.read(header, into: &cells)
    let columns = CSVColumns(header, cells)
    self.columns = columns
    return columns.problems
  }
}
