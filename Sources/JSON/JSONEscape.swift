/// What stands for one character in a string: `\n`, `\u00e9`, or two `\u` for one beyond the first 65,536.
struct JSONEscape {
  let scalar: Unicode.Scalar
  /// The offset behind it.
  let end: Int

  /// `start` is the backslash's offset.
  init(_ bytes: UnsafeMutableBufferPointer<UInt8>, at start: Int) throws(JSONProblem) {
    let letter = start + 1 < bytes.count ? bytes[start + 1] : 0
    if let simple = Self.simple(letter) {
      scalar = simple
      end = start + 2
      return
    }
    guard letter == UInt8(ascii: "u"), let first = Self.digits(bytes, at: start + 2) else {
      throw JSONProblem(message: "this escape is not one of JSON", offset: start)
    }
    var code = first
    var end = start + 6
    if (0xD800...0xDBFF).contains(first) {
      guard end + 1 < bytes.count, bytes[end] == UInt8(ascii: "\\"),
        bytes[end + 1] == UInt8(ascii: "u"), let second = Self.digits(bytes, at: end + 2),
        (0xDC00...0xDFFF).contains(second)
      else { throw Self.halfPair(start) }
      code = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
      end += 6
    }
    guard let scalar = Unicode.Scalar(code) else { throw Self.halfPair(start) }
    self.scalar = scalar
    self.end = end
  }

  private static func halfPair(_ offset: Int) -> JSONProblem {
    JSONProblem(message: "half a surrogate pair is no character", offset: offset)
  }

  private static func simple(_ letter: UInt8) -> Unicode.Scalar? {
    switch letter {
    case UInt8(ascii: "n"): "\n"
    case UInt8(ascii: "r"): "\r"
    case UInt8(ascii: "t"): "\t"
    case UInt8(ascii: "b"): "\u{8}"
    case UInt8(ascii: "f"): "\u{C}"
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): Unicode.Scalar(letter)
    default: nil
    }
  }

  private static func digits(
    _ bytes: UnsafeMutableBufferPointer<UInt8>, at start: Int
  ) -> UInt32? {
    guard start + 4 <= bytes.count else { return nil }
    var code: UInt32 = 0
    for byte in bytes[start..<start + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      code = code << 4 | UInt32(digit)
    }
    return code
  }
}
