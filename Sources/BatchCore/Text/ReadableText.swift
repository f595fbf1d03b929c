extension String {
  /// This text as a part of a line that people read. Names of files and what services answer come from strangers: what
  /// would command the terminal, begin another line or turn the direction of writing is shown by its number.
  package var readable: String {
    // Runs write many lines, and nearly none holds one of the bytes that such a character begins with.
    guard utf8.contains(where: Self.mayBeginUnreadable) else { return self }
    var text = ""
    for scalar in unicodeScalars { text += scalar.readable }
    return text
  }

  /// Also for the rest of Latin-1, of Arabic, of punctuation and of the last characters of the first plane.
  private static func mayBeginUnreadable(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte == 0xD8 || byte == 0xE2 || byte == 0xEF
  }
}

extension Unicode.Scalar {
  /// A line that people read may hold it: it is no control, separates no lines, does not turn the
  /// direction of writing, and may stand in every text (YAML 1.2, section 5.1).
  package var isReadable: Bool {
    switch value {
    case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069,
      0xFFFE...0xFFFF:
      false
    default: true
    }
  }

  /// As a line that people read can hold it.
  package var readable: String {
    switch self {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default: isReadable ? String(self) : "\\u{\(String(value, radix: 16))}"
    }
  }
}
