/// Percent-encoding as OSS expects it everywhere: letters, digits and `-._~` stay, every other byte
/// of the UTF-8 becomes `%` and two upper-case digits.
enum PercentEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// In an object's path `/` stays as it is; in queries it is encoded.
  static func append(_ text: String, keepingSlashes: Bool, to bytes: inout [UInt8]) {
    var text = text
    text.withUTF8 { text in
      for byte in text {
        if isUnreserved(byte) || (keepingSlashes && byte == UInt8(ascii: "/")) {
          bytes.append(byte)
        } else {
          bytes.append(UInt8(ascii: "%"))
          bytes.append(digits[Int(byte >> 4)])
          bytes.append(digits[Int(byte & 15)])
        }
      }
    }
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
  }

  /// Undoes the encoding that listings use with `encoding-type=url`; `+` is a space there. Bytes
  /// that are no UTF-8 become replacement characters: such a key is never one of ours.
  static func decode(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let high = rest.first.flatMap(hexadecimal),
        let low = rest.dropFirst().first.flatMap(hexadecimal)
      {
        bytes.append(high << 4 | low)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The byte that stands at `place`, however often it has been encoded, and where the next one begins.
  static func byte(at place: Int, of text: [UInt8]) -> (byte: UInt8, next: Int) {
    var (byte, next) = (text[place], place + 1)
    while byte == UInt8(ascii: "%"), next + 1 < text.count, let high = hexadecimal(text[next]),
      let low = hexadecimal(text[next + 1])
    {
      byte = high << 4 | low
      next += 2
    }
    return (byte, next)
  }

  private static func hexadecimal(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
