internal import BatchCore

/// What the columns of a CSV list are: keys of an entry, and for its mappings `headers.NAME`,
/// `metadata.NAME` and `tags.NAME`.
struct CSVColumns {
  private struct Column {
    var cell: Int
    /// The name behind the dot; empty for a key of the entry itself.
    var name: CSVRow.Cell
  }

  private struct Group {
    var key: EntryKey
    var title: CSVRow.Cell
    var columns: [Column]
  }

  /// Between the words of one cell.
  private static let wordSeparator = UInt8(ascii: ";")

  /// Keeps the bytes to which the titles point.
  private let header: RowBuffer
  private var groups: [Group] = []
  private let count: Int
  private(set) var problems: [RowProblem] = []

  init(_ header: RowBuffer, _ cells: [CSVRow.Cell]) {
    self.header = header
    count = cells.count
    var first: [ExactText: SourcePlace] = [:]
    for (index, cell) in cells.enumerated() {
      let title = String(decoding: cell.text, as: UTF8.self)
      if let place = first.updateValue(cell.place, forKey: ExactText(title)) {
        problems.append(
          RowProblem(
            message: "the column \(quoted(title)) is given twice", place: cell.place,
            notes: [Diagnostic.Note("first used here", at: place)]))
      } else if let problem = add(cell, index, title) {
        problems.append(problem)
      }
    }
  }

  private mutating func add(_ cell: CSVRow.Cell, _ index: Int, _ title: String) -> RowProblem? {
    let length = cell.text.firstIndex(of: UInt8(ascii: ".")) ?? cell.text.count
    let head = CSVRow.Cell(
      text: UnsafeBufferPointer(rebasing: cell.text[..<length]), place: cell.place)
    let tail = UnsafeBufferPointer(rebasing: cell.text[min(length + 1, cell.text.count)...])
    let key = EntryKey.rowTable.key(head.text)
    let isMapping = if case .texts = key?.description.kind { true } else { false }
    guard let key, isMapping || length == cell.text.count else {
      return RowProblem(
        message: "unknown column \(quoted(title))", place: cell.place,
        unknown: UnknownWord(title, among: EntryKey.rowTable.names))
    }
    guard isMapping == (length < cell.text.count) else {
      return RowProblem(
        message: "\(quoted(title)) holds several values: give each a column of its own, such as"
          + " \(title).NAME", place: cell.place)
    }
    let column = Column(cell: index, name: CSVRow.Cell(text: tail, place: cell.place))
    if let group = groups.firstIndex(where: { $0.key == key }) {
      groups[group].columns.append(column)
    } else {
      groups.append(Group(key: key, title: head, columns: [column]))
    }
    return nil
  }

  /// The row as the events of a mapping. An empty cell says nothing.
  func read(
    _ cells: [CSVRow.Cell], _ row: RowBuffer, into events: inout [YAMLEvent]
  ) throws(RowProblem) {
    let start = SourcePlace(line: row.line, column: 1)
    guard cells.count == count else {
      throw RowProblem(
        message: "the row has \(Self.cells(cells.count)), but there are \(count) columns",
        place: start)
    }
    events.removeAll(keepingCapacity: true)
    events.append(YAMLEvent(.mappingStart, at: start, origin: .csv))
    for group in groups { add(group, cells, &events) }
    events.append(YAMLEvent(.mappingEnd, at: start, origin: .csv))
  }

  private func add(_ group: Group, _ cells: [CSVRow.Cell], _ events: inout [YAMLEvent]) {
    guard let first = group.columns.first(where: { !cells[$0.cell].text.isEmpty }) else { return }
    let place = cells[first.cell].place
    events.append(name(group.title))
    switch group.key.description.kind {
    case .texts:
      events.append(YAMLEvent(.mappingStart, at: place, origin: .csv))
      for column in group.columns where !cells[column.cell].text.isEmpty {
        events.append(name(column.name))
        events.append(value(cells[column.cell].text, place: cells[column.cell].place))
      }
      events.append(YAMLEvent(.mappingEnd, at: place, origin: .csv))
    case .words:
      events.append(YAMLEvent(.sequenceStart, at: place, origin: .csv))
      for word in cells[first.cell].text.split(separator: Self.wordSeparator) {
        events.append(value(UnsafeBufferPointer(rebasing: word), place: place))
      }
      events.append(YAMLEvent(.sequenceEnd, at: place, origin: .csv))
    default: events.append(value(cells[first.cell].text, place: place))
    }
  }

  private func name(_ cell: CSVRow.Cell) -> YAMLEvent {
    YAMLEvent(.scalar, cell.text, isQuoted: true, at: cell.place, origin: .csv)
  }

  private func value(_ text: UnsafeBufferPointer<UInt8>, place: SourcePlace) -> YAMLEvent {
    YAMLEvent(.scalar, text, at: place, origin: .csv)
  }

  private static func cells(_ count: Int) -> String { "\(count) cell\(count == 1 ? "" : "s")" }
}
