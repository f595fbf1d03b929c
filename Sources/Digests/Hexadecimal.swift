/// Two digits for each byte.
package enum Hexadecimal {
  private static let upper = Array("0123456789ABCDEF".utf8)

  package static func lowercase(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    appendLowercase(bytes, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  package static func uppercase(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for byte in bytes {
      text.append(upper[Int(byte >> 4)])
      text.append(upper[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  package static func appendLowercase(_ bytes: [UInt8], to text: inout [UInt8]) {
    bytes.withUnsafeBytes { bytes in
      let whole = bytes.count & ~3
      for place in stride(from: 0, to: whole, by: 4) {
        appendLowercase(
          UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)), to: &text)
      }
      for byte in bytes[whole...] {
        let digits = lowercaseDigits(UInt32(byte))
        text.append(UInt8(truncatingIfNeeded: digits >> 8))
        text.append(UInt8(truncatingIfNeeded: digits))
      }
    }
  }

  /// Eight digits, the most significant first.
  package static func appendLowercase(_ value: UInt32, to text: inout [UInt8]) {
    withUnsafeBytes(of: lowercaseDigits(value).bigEndian) { text.append(contentsOf: $0) }
  }

  /// A value's eight digits as characters, the least significant in the lowest byte, all at once.
  private static func lowercaseDigits(_ value: UInt32) -> UInt64 {
    var digits = UInt64(value)
    digits = (digits << 16 | digits) & 0x0000_FFFF_0000_FFFF
    digits = (digits << 8 | digits) & 0x00FF_00FF_00FF_00FF
    digits = (digits << 4 | digits) & 0x0F0F_0F0F_0F0F_0F0F
    // From ten on a digit plus six reaches 16.
    let isLetter = (digits + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    let toLetter = UInt64(UInt8(ascii: "a") - UInt8(ascii: "0") - 10)
    return digits + 0x3030_3030_3030_3030 + isLetter * toLetter
  }

  /// The bytes of an even number of digits of either case, else nil.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    let digits = text.utf8.compactMap(value)
    guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  package static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
