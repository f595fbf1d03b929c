/// Integers as YAML 1.2's core schema writes them (§10.3.2).
enum CoreInteger {
  static func isInteger(_ text: String) -> Bool {
    let (digits, radix) = split(text)
    return !digits.isEmpty && digits.utf8.allSatisfy { digit($0).map { $0 < radix } ?? false }
  }

  /// nil: not an integer, or too large for 64 bits.
  static func value(_ text: String) -> Int? {
    guard isInteger(text) else { return nil }
    let (digits, radix) = split(text)
    let sign = text.hasPrefix("-") ? "-" : ""
    return Int(sign + digits, radix: radix)
  }

  private static func split(_ text: String) -> (digits: Substring, radix: Int) {
    if text.hasPrefix("0o") { return (text.dropFirst(2), 8) }
    if text.hasPrefix("0x") { return (text.dropFirst(2), 16) }
    return (text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...], 10)
  }

  private static func digit(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
  }
}
