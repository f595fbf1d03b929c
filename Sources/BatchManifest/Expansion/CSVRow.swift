/// Takes a row of CSV (RFC 4180) apart.
struct CSVRow {
  struct Cell {
    var text: UnsafeBufferPointer<UInt8>
    var place: SourcePlace
  }

  private let row: RowBuffer
  private var index = 0
  private var places: RowPlaces

  static func read(_ row: RowBuffer, into cells: inout [Cell]) throws(RowProblem) {
    cells.removeAll(keepingCapacity: true)
    var reader = CSVRow(row)
    while true {
      cells.append(try reader.cell())
      guard reader.index < row.count else { return }
      guard row.bytes[reader.index] == comma else {
        throw RowProblem(
          message: "behind a cell in quotes a comma is expected",
          place: reader.places.place(of: reader.index, in: row))
      }
      reader.index += 1
    }
  }

  private static let comma = UInt8(ascii: ",")
  private static let quote = UInt8(ascii: "\"")

  private init(_ row: RowBuffer) {
    self.row = row
    places = RowPlaces(line: row.line)
  }

  private mutating func cell() throws(RowProblem) -> Cell {
    let place = places.place(of: index, in: row)
    if index < row.count, row.bytes[index] == Self.quote { return try quotedCell(place) }
    let start = index
    while index < row.count, row.bytes[index] != Self.comma {
      if row.bytes[index] == Self.quote {
        throw RowProblem(
          message: "a cell with a quote in it must stand in quotes, with the quote doubled",
          place: places.place(of: index, in: row))
      }
      index += 1
    }
    return Cell(text: row.text(start..<index), place: place)
  }

  private mutating func quotedCell(_ place: SourcePlace) throws(RowProblem) -> Cell {
    index += 1
    let start = index
    var end = index
    while index < row.count {
      let byte = row.bytes[index]
      index += 1
      if byte == Self.quote {
        guard index < row.count, row.bytes[index] == Self.quote else {
          return Cell(text: row.text(start..<end), place: place)
        }
        index += 1
      }
      if end != index - 1 {
        _ = places.place(of: index, in: row)
        row.bytes[end] = byte
      }
      end += 1
    }
    throw RowProblem(message: "the cell that begins here has no closing quote", place: place)
  }
}
