internal import Digests
internal import Glibc
internal import Platform

/// Builds lines of the state files in one reusable run of bytes: a kind letter, fields each after
/// one space, the checksum, LF (FORMAT.md, "Lines"). No Strings are made on the way.
struct LineBuffer {
  private(set) var bytes: [UInt8] = []
  private var lineStart = 0

  private static let base64Digits: StaticString =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

  /// The bytes of the line that was begun last.
  var lineLength: Int { bytes.count - lineStart }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    lineStart = 0
  }

  mutating func begin(_ kind: UInt8) {
    lineStart = bytes.count
    bytes.append(kind)
  }

  mutating func begin(words: StaticString) {
    lineStart = bytes.count
    words.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  /// Ends the line. `seed` is a checksum that the line's own continues, so that it is good only
  /// after what that checksum stands for. Returns the line's checksum.
  @discardableResult
  mutating func seal(seed: UInt32 = 0) -> UInt32 {
    let checksum = LineChecksum.of(bytes, lineStart..<bytes.count, seed: seed)
    bytes.append(UInt8(ascii: " "))
    Hexadecimal.appendLowercase(checksum, to: &bytes)
    bytes.append(UInt8(ascii: "\n"))
    return checksum
  }

  /// Ends the version line, whose form no version may change, and which has no checksum therefore.
  mutating func endUnsealed(decimal value: Int) {
    decimal(UInt64(value.magnitude))
    bytes.append(UInt8(ascii: "\n"))
  }

  mutating func field(decimal value: Int) {
    bytes.append(UInt8(ascii: " "))
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    decimal(UInt64(value.magnitude))
  }

  mutating func field(decimal value: UInt64) {
    bytes.append(UInt8(ascii: " "))
    decimal(value)
  }

  mutating func field(hexadecimal value: UInt64) {
    bytes.append(UInt8(ascii: " "))
    hexadecimal(value)
  }

  /// `-` when there is no value.
  mutating func field(hexadecimal value: UInt64?) {
    if let value { field(hexadecimal: value) } else { field(byte: UInt8(ascii: "-")) }
  }

  mutating func field(byte: UInt8) {
    bytes.append(UInt8(ascii: " "))
    bytes.append(byte)
  }

  /// 64 bits as 11 digits of base64url, the most significant first; `-` when there is no value.
  mutating func field(base64 value: UInt64?) {
    guard let value else { return field(byte: UInt8(ascii: "-")) }
    bytes.append(UInt8(ascii: " "))
    for shift in stride(from: 60, through: 0, by: -6) {
      bytes.append(Self.base64Digits.utf8Start[Int(value >> UInt64(shift) & 63)])
    }
  }

  /// Space, `%`, and control bytes become `%` and two digits; the rest stays what it is.
  mutating func field(text: String) {
    bytes.append(UInt8(ascii: " "))
    for byte in text.utf8 {
      if byte > 0x20, byte != 0x7F, byte != UInt8(ascii: "%") {
        bytes.append(byte)
      } else {
        bytes.append(UInt8(ascii: "%"))
        Hexadecimal.appendLowercase([byte], to: &bytes)
      }
    }
  }

  mutating func hexadecimal(_ value: UInt64) {
    Hexadecimal.appendLowercase(UInt32(value >> 32), to: &bytes)
    Hexadecimal.appendLowercase(UInt32(truncatingIfNeeded: value), to: &bytes)
  }

  /// No digit in front that means nothing; `0` for zero.
  mutating func hexadecimalWithoutZeros(_ value: UInt) {
    let digits = max(1, (UInt.bitWidth - value.leadingZeroBitCount + 3) / 4)
    let start = bytes.count
    hexadecimal(UInt64(value))
    bytes.removeSubrange(start..<bytes.count - digits)
  }

  private mutating func decimal(_ value: UInt64) {
    let most = 20  // digits of UInt64.max
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: most) { digits in
      var start = most
      var rest = value
      repeat {
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      } while rest > 0
      bytes.append(contentsOf: digits[start...])
    }
  }
}

extension FileDescriptor {
  func writeBytes(_ bytes: [UInt8], path: String) throws(SystemError) {
    try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) in
      try write(UnsafeRawBufferPointer(bytes), path: path)
    }
  }

  /// Reads at `offset` until `bytes` is full or the file ends; the count of bytes read.
  func readBytes(
    into bytes: inout [UInt8], from start: Int = 0, at offset: Int, path: String
  ) throws(SystemError) -> Int {
    try bytes.withUnsafeMutableBufferPointer { (bytes) throws(SystemError) in
      let room = UnsafeMutableBufferPointer(rebasing: bytes[start...])
      return try read(into: UnsafeMutableRawBufferPointer(room), at: offset, path: path)
    }
  }
}
