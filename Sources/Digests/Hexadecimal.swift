/// Two digits for each byte.
package enum Hexadecimal {
  private static let lower = Array("0123456789abcdef".utf8)
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
    for byte in bytes {
      text.append(lower[Int(byte >> 4)])
      text.append(lower[Int(byte & 15)])
    }
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
