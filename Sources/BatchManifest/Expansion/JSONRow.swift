internal import JSON

/// Reads one JSON object as the events of a mapping, each with its place.
struct JSONRow {
  /// Settings nest two levels deep.
  private static let maximumDepth = 8

  private let row: RowBuffer
  private var scanner: JSONScanner
  private var places: RowPlaces
  private var events: [YAMLEvent]

  /// The events are put into `events`, whose memory is used again.
  static func read(_ row: RowBuffer, into events: inout [YAMLEvent]) throws(RowProblem) {
    var reader = JSONRow(row, events)
    events = []
    try reader.readRow()
    events = reader.events
  }

  private init(_ row: RowBuffer, _ events: consuming [YAMLEvent]) {
    self.row = row
    scanner = JSONScanner(
      UnsafeMutableBufferPointer(rebasing: row.bytes[..<row.count]), maximumDepth: Self.maximumDepth
    )
    places = RowPlaces(line: row.line)
    self.events = events
    self.events.removeAll(keepingCapacity: true)
  }

  private mutating func readRow() throws(RowProblem) {
    guard scanner.nextByte() == UInt8(ascii: "{") else {
      throw problem("a row is a JSON object, such as {\"file\": \"a.gz\", \"key\": \"a.gz\"}")
    }
    repeat {
      do throws(JSONProblem) {
        add(try scanner.next())
      } catch {
        throw RowProblem(
          message: error.message, place: places.place(of: error.offset, in: row))
      }
    } while !scanner.isComplete
    if scanner.nextByte() != nil { throw problem("one row holds one JSON object") }
  }

  private mutating func add(_ token: JSONToken) {
    let place = places.place(of: token.range.lowerBound, in: row)
    switch token.kind {
    case .objectStart: add(.mappingStart, at: place)
    case .objectEnd: add(.mappingEnd, at: place)
    case .arrayStart: add(.sequenceStart, at: place)
    case .arrayEnd: add(.sequenceEnd, at: place)
    case .literal:
      // Its text is taken as it is.
      events.append(YAMLEvent(.scalar, row.text(token.range), at: place, origin: .json))
    case .name, .string:
      // The characters are counted before what they stand for takes their place.
      if token.hasEscapes { _ = places.place(of: token.range.upperBound, in: row) }
      events.append(
        YAMLEvent(.scalar, scanner.text(of: token), isQuoted: true, at: place, origin: .json))
    }
  }

  private mutating func add(_ kind: YAMLEvent.Kind, at place: SourcePlace) {
    events.append(YAMLEvent(kind, at: place, origin: .json))
  }

  private mutating func problem(_ message: String) -> RowProblem {
    RowProblem(message: message, place: places.place(of: scanner.offset, in: row))
  }
}
