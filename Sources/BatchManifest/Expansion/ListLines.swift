internal import Glibc

/// The lines of a list one after the other, read in pieces: memory does not grow with the list.
struct ListLines: ~Copyable {
  /// A longer row is a mistake.
  private static let maximumRow = 1 << 20
  private static let chunkSize = 1 << 18

  private let input: ManifestInput
  private let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkSize, alignment: 16)
  private var start = 0
  private var end = 0
  private var offset = 0
  private var line = 0

  init(_ input: ManifestInput) { self.input = input }

  deinit { chunk.deallocate() }

  /// Puts the next row that is not empty into `row`; false at the end. With `joiningQuotes` a line
  /// break between two quotes belongs to the row (RFC 4180 §2.6).
  mutating func next(into row: RowBuffer, joiningQuotes: Bool) throws(RowProblem) -> Bool {
    while try readLine(into: row, isFirst: true) {
      while joiningQuotes, hasOpenQuote(row), try readLine(into: row, isFirst: false) {}
      trimEnd(row)
      if let length = row.validPrefix {
        var places = RowPlaces(line: row.line)
        throw RowProblem(
          message: "the list is not UTF-8 text here", place: places.place(of: length, in: row))
      }
      if row.text(0..<row.count).contains(where: { $0 != UInt8(ascii: " ") }) { return true }
    }
    return false
  }

  /// Adds a line with its end; false when there is none.
  private mutating func readLine(into row: RowBuffer, isFirst: Bool) throws(RowProblem) -> Bool {
    if isFirst { row.begin(line: line + 1) }
    var hasRead = false
    while true {
      if start == end, try !fill() {
        if hasRead { line += 1 }
        return hasRead
      }
      hasRead = true
      let length = Self.lineLength(UnsafeRawBufferPointer(rebasing: chunk[start..<end]))
      let stop = start + (length ?? end - start)
      let part = UnsafeRawBufferPointer(rebasing: chunk[start..<stop])
      row.append(part.assumingMemoryBound(to: UInt8.self))
      start = stop
      guard row.count <= Self.maximumRow else {
        throw RowProblem(
          message: "the row is longer than \(Self.maximumRow >> 20) MiB",
          place: SourcePlace(line: row.line, column: 1), endsList: true)
      }
      if length != nil {
        line += 1
        return true
      }
    }
  }

  /// With its line feed; nil: the line goes on behind these bytes.
  private static func lineLength(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress,
      let found = memchr(base, Int32(UInt8(ascii: "\n")), bytes.count)
    else { return nil }
    return UnsafeRawPointer(found) - base + 1
  }

  private mutating func fill() throws(RowProblem) -> Bool {
    let count: Int
    do throws(ManifestInput.Failure) {
      count = try input.read(into: chunk, at: offset)
    } catch {
      throw RowProblem(
        message: error.message, place: SourcePlace(line: line + 1, column: 1), endsList: true)
    }
    start = 0
    end = count
    if offset == 0 {
      let bytes = UnsafeRawBufferPointer(rebasing: chunk[..<count])
      if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { start = 3 }
      if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
        throw RowProblem(
          message: "the list is UTF-16 text; save it as UTF-8",
          place: SourcePlace(line: 1, column: 1), endsList: true)
      }
    }
    offset += count
    return start < end
  }

  private func hasOpenQuote(_ row: RowBuffer) -> Bool {
    !row.text(0..<row.count).lazy.filter { $0 == UInt8(ascii: "\"") }.count.isMultiple(of: 2)
  }

  private func trimEnd(_ row: RowBuffer) {
    if row.count > 0, row.bytes[row.count - 1] == UInt8(ascii: "\n") { row.removeLast(1) }
    if row.count > 0, row.bytes[row.count - 1] == UInt8(ascii: "\r") { row.removeLast(1) }
  }
}
