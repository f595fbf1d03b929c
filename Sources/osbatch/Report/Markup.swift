/// Builds XML 1.0 or HTML in which no text can become markup, and which holds only characters that the
/// language may hold. What it may not hold is shown: in XML by U+FFFD; in HTML, which people read,
/// control characters by their pictures (U+2400 and on).
struct Markup {
  enum Language { case xml, html }

  private(set) var bytes: [UInt8] = []
  private let language: Language

  init(_ language: Language) {
    self.language = language
    bytes.reserveCapacity(512)
  }

  /// Text that is markup already: never what comes from outside.
  mutating func raw(_ markup: String) { bytes.append(contentsOf: markup.utf8) }

  /// Text between tags.
  mutating func text(_ text: String) {
    for scalar in text.unicodeScalars { append(scalar) }
  }

  /// ` name="value"`.
  mutating func attribute(_ name: StaticString, _ value: String) {
    raw(" \(name)=\"")
    text(value)
    raw("\"")
  }

  private mutating func append(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "&": raw("&amp;")
    case "<": raw("&lt;")
    case ">": raw("&gt;")
    case "\"": raw("&quot;")
    case "'": raw("&#39;")
    case " "..."~": bytes.append(UInt8(truncatingIfNeeded: scalar.value))
    // Readers would make these a space, or a line feed.
    case "\t", "\n", "\r":
      if language == .xml { raw("&#\(scalar.value);") } else { picture(scalar) }
    case "\0"..<" ", "\u{7F}"..."\u{9F}": picture(scalar)
    case "\u{FFFE}", "\u{FFFF}": replace()
    default: bytes.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
    }
  }

  private mutating func picture(_ scalar: Unicode.Scalar) {
    switch (language, scalar.value) {
    case (.html, 0..<0x20): raw(String(Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}"))
    case (.html, 0x7F): raw("\u{2421}")
    // XML can hold these, as references.
    case (.xml, 0x7F...0x9F): raw("&#\(scalar.value);")
    default: replace()
    }
  }

  private mutating func replace() { raw("\u{FFFD}") }
}
