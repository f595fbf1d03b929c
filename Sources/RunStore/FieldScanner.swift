/// Takes a line apart that `LineBuffer` made. Every method answers nil for bytes that it does not
/// understand; it never traps, whatever the line holds.
struct FieldScanner {
  private let bytes: [UInt8]
  private var position: Int
  private let end: Int
  /// The line's own checksum.
  let checksum: UInt32

  private static let checksumDigits = 8
  private static let times = -9_223_372_036...9_223_372_036

  /// The fields of the line at `range` (without its LF); nil when its checksum is not right.
  /// `seed` is as in `LineBuffer.seal`.
  init?(sealed bytes: [UInt8], _ range: Range<Int>, seed: UInt32 = 0) {
    let end = range.upperBound - Self.checksumDigits - 1
    guard end > range.lowerBound, bytes[end] == UInt8(ascii: " "),
      let written = Self.hexadecimal(bytes, end + 1..<range.upperBound)
    else { return nil }
    checksum = LineChecksum.of(bytes, range.lowerBound..<end, seed: seed)
    guard UInt64(checksum) == written else { return nil }
    self.bytes = bytes
    self.position = range.lowerBound
    self.end = end
  }

  var isAtEnd: Bool { position == end }

  mutating func byte() -> UInt8? {
    guard position < end else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  /// The bytes up to the next space.
  private mutating func token() -> Range<Int> {
    let start = position
    while position < end, bytes[position] != UInt8(ascii: " ") { position += 1 }
    return start..<position
  }

  private mutating func field() -> Range<Int>? {
    guard byte() == UInt8(ascii: " ") else { return nil }
    return token()
  }

  mutating func words(_ expected: StaticString) -> Bool {
    let length = expected.utf8CodeUnitCount
    guard end - position >= length else { return false }
    let start = position
    position += length
    return expected.withUTF8Buffer { $0.elementsEqual(bytes[start..<start + length]) }
  }

  mutating func decimal() -> Int? {
    guard let field = field(), let first = field.first else { return nil }
    let isNegative = bytes[first] == UInt8(ascii: "-")
    let digits = isNegative ? field.dropFirst() : field
    guard let magnitude = Self.decimal(bytes, digits) else { return nil }
    if !isNegative { return Int(exactly: magnitude) }
    return magnitude <= Int.min.magnitude ? Int(truncatingIfNeeded: 0 &- magnitude) : nil
  }

  /// Seconds since 1970; as nanoseconds they are 64 bits, and leave room to be reckoned with.
  mutating func time() -> Int64? {
    guard let seconds = decimal(), Self.times.contains(seconds) else { return nil }
    return Int64(seconds)
  }

  mutating func unsignedDecimal() -> UInt64? {
    guard let field = field() else { return nil }
    return Self.decimal(bytes, field)
  }

  mutating func hexadecimal() -> UInt64? {
    guard let field = field() else { return nil }
    return Self.hexadecimal(bytes, field)
  }

  /// 32 digits: 128 bits.
  mutating func hexadecimalPair() -> (high: UInt64, low: UInt64)? {
    guard let field = field(), field.count == 32 else { return nil }
    let middle = field.lowerBound + 16
    guard let high = Self.hexadecimal(bytes, field.lowerBound..<middle),
      let low = Self.hexadecimal(bytes, middle..<field.upperBound)
    else { return nil }
    return (high, low)
  }

  /// The hexadecimal number that follows without a space.
  mutating func adjacentHexadecimal() -> UInt64? { Self.hexadecimal(bytes, token()) }

  /// `.some(nil)` for `-`.
  mutating func optionalHexadecimal() -> UInt64?? {
    guard let field = field() else { return nil }
    if isDash(field) { return .some(nil) }
    return Self.hexadecimal(bytes, field).map { .some($0) }
  }

  /// `.some(nil)` for `-`.
  mutating func optionalBase64() -> UInt64?? {
    guard let field = field() else { return nil }
    if isDash(field) { return .some(nil) }
    guard field.count == 11 else { return nil }
    var value: UInt64 = 0
    for index in field {
      guard let digit = Self.base64Digit(bytes[index]), value >> 58 == 0 else { return nil }
      value = value << 6 | UInt64(digit)
    }
    return .some(value)
  }

  mutating func text() -> String? {
    guard let field = field() else { return nil }
    guard bytes[field].contains(UInt8(ascii: "%")) else {
      return String(validating: bytes[field], as: UTF8.self)
    }
    var plain: [UInt8] = []
    plain.reserveCapacity(field.count)
    var index = field.lowerBound
    while index < field.upperBound {
      if bytes[index] == UInt8(ascii: "%") {
        guard index + 2 < field.upperBound,
          let byte = Self.hexadecimal(bytes, index + 1..<index + 3)
        else { return nil }
        plain.append(UInt8(byte))
        index += 3
      } else {
        plain.append(bytes[index])
        index += 1
      }
    }
    return String(validating: plain, as: UTF8.self)
  }

  private func isDash(_ field: Range<Int>) -> Bool {
    field.count == 1 && bytes[field.lowerBound] == UInt8(ascii: "-")
  }

  static func decimal(_ bytes: [UInt8], _ range: Range<Int>) -> UInt64? {
    guard !range.isEmpty else { return nil }
    var value: UInt64 = 0
    for index in range {
      let digit = bytes[index] &- UInt8(ascii: "0")
      let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = product.addingReportingOverflow(UInt64(digit))
      guard digit < 10, !tooLarge, !overflow else { return nil }
      value = sum
    }
    return value
  }

  private static func hexadecimal(_ bytes: [UInt8], _ range: Range<Int>) -> UInt64? {
    guard !range.isEmpty, range.count <= 16 else { return nil }
    var value: UInt64 = 0
    for index in range {
      let digit: UInt8
      switch bytes[index] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = bytes[index] - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = bytes[index] - UInt8(ascii: "a") + 10
      default: return nil
      }
      value = value << 4 | UInt64(digit)
    }
    return value
  }

  private static func base64Digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
  }
}
