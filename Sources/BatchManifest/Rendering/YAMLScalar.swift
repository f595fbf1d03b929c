/// Text as a scalar of YAML that every reader takes for this text, be it one of YAML 1.1 or of 1.2.
package enum YAMLScalar {
  /// What some reader takes for null or a Boolean (YAML 1.1, "Language-Independent Types").
  private static let words: Set<String> = [
    "null", "true", "false", "yes", "no", "on", "off", "y", "n",
  ]
  private static let longestWord = 5

  /// Text as it stands in a manifest, so that nothing in it is interpolated.
  package static func written(_ text: String) -> String {
    var bytes: [UInt8] = []
    append(Interpolation.written(text), to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  static func append(_ text: String, to bytes: inout [UInt8]) {
    if isPlain(text) {
      bytes.append(contentsOf: text.utf8)
    } else {
      appendQuoted(text, to: &bytes)
    }
  }

  /// Numbers and dates begin with what is no letter; indicators are none of these bytes.
  private static func isPlain(_ text: String) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, isLetter(first) || first == UInt8(ascii: "/"),
      bytes.allSatisfy({ isLetterOrDigit($0) || "/._-=@+".utf8.contains($0) })
    else { return false }
    return bytes.count > longestWord || !words.contains(text.lowercased())
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  /// In double quotes (YAML 1.2 §7.3.1). What cannot be seen is escaped, whether it has to be or not.
  private static func appendQuoted(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\":
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(UInt8(scalar.value))
      case "\n": bytes.append(contentsOf: "\\n".utf8)
      case "\t": bytes.append(contentsOf: "\\t".utf8)
      case "\r": bytes.append(contentsOf: "\\r".utf8)
      default:
        let isSeen = scalar.isASCII ? !isControl(UInt8(scalar.value)) : isVisible(scalar)
        bytes.append(contentsOf: isSeen ? Array(String(scalar).utf8) : Array(code(scalar).utf8))
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .privateUse,
      .surrogate, .unassigned:
      false
    default: true
    }
  }

  private static func code(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    let (letter, width) =
      scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
    return "\\" + letter + String(repeating: "0", count: width - digits.count) + digits
  }
}
