/// The bytes of one row, at an address that stays while its events are in use. Escapes are resolved in
/// place: what they stand for is never longer.
final class RowBuffer {
  private(set) var bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 4096)
  private(set) var count = 0
  /// Of the row's first byte, from 1.
  private(set) var line = 1

  deinit { bytes.deallocate() }

  func begin(line: Int) {
    count = 0
    self.line = line
  }

  func append(_ part: UnsafeBufferPointer<UInt8>) {
    if count + part.count > bytes.count {
      let larger = UnsafeMutableBufferPointer<UInt8>
        .allocate(capacity: max(bytes.count * 2, count + part.count))
      _ = larger.update(fromContentsOf: bytes[..<count])
      bytes.deallocate()
      bytes = larger
    }
    _ = bytes[count...].update(fromContentsOf: part)
    count += part.count
  }

  func removeLast(_ number: Int) { count -= number }

  func text(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: UnsafeBufferPointer(bytes)[range])
  }

  /// How many bytes there are before the first that is not UTF-8; nil: all of them are.
  var validPrefix: Int? {
    let text = text(0..<count)
    if text.allSatisfy({ $0 < 0x80 }) || String(validating: text, as: UTF8.self) != nil {
      return nil
    }
    var length = 0
    var decoder = UTF8()
    var iterator = text.makeIterator()
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      length += UTF8.width(scalar)
    }
    return length
  }
}

/// Turns ascending offsets of a row into places, in one walk.
struct RowPlaces {
  private var offset = 0
  private var line: Int
  private var column = 1

  init(line: Int) { self.line = line }

  mutating func place(of index: Int, in row: RowBuffer) -> SourcePlace {
    while offset < index {
      let byte = row.bytes[offset]
      offset += 1
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return SourcePlace(line: line, column: column)
  }
}
