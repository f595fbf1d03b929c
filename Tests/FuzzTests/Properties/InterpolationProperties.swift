import BatchManifest

/// Text without a dollar sign is taken as it is, however it is written, and text that was put in is not looked at again.
enum InterpolationProperties {
  /// Two values that differ only in what would be expanded if anything were.
  private static let plain = "<value of the variable>"
  private static let tempting = "<value ${OF:?the} $variable $$>"

  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    let text = String(decoding: bytes.prefix(600), as: UTF8.self)
    let reading = read(text, variable: plain)
    try reading.requireShowable()
    if !text.isEmpty, !text.utf8.contains(0), !text.utf8.contains(UInt8(ascii: "$")) {
      try require(says(reading, text), "text without a variable was changed or refused")
    }
    try require(
      meaning(read(text, variable: plain, as: json)) == meaning(reading),
      "written as JSON it means something else")
    if text.unicodeScalars.allSatisfy(mayBeWritten) {
      try require(
        meaning(read(text, variable: plain, as: singleQuoted)) == meaning(reading),
        "in single quotes it means something else")
    }
    guard case .accepted(let statements) = reading,
      case .accepted(let others) = read(text, variable: tempting)
    else { return }
    try require(
      others.map(withPlainValue) == statements.map { Array($0.utf8) },
      "text that was put in was expanded")
  }

  /// Byte by byte: what follows the value may be an accent of its last character.
  private static func withPlainValue(_ statement: String) -> [UInt8] {
    var rest = Array(statement.utf8)[...]
    var bytes: [UInt8] = []
    while let byte = rest.first {
      if rest.starts(with: tempting.utf8) {
        bytes += plain.utf8
        rest = rest.dropFirst(tempting.utf8.count)
      } else {
        bytes.append(byte)
        rest = rest.dropFirst()
      }
    }
    return bytes
  }

  /// What is said, wherever it stands.
  private static func meaning(_ reading: ManifestReading) -> [String] {
    switch reading {
    case .accepted(let statements): statements
    case .refused(let errors): errors.diagnostics.map(\.message)
    }
  }

  /// As a header's value, which can hold most text.
  private static func read(
    _ text: String, variable: String, as style: (String) -> String = escaped
  ) -> ManifestReading {
    let manifest = """
      version: 1
      vars: {v: "${A}", w: "<${vars.v}>"}
      target: {bucket: backups}
      entries: [{file: a, key: k, metadata: {m: \(style(text))}}]

      """
    let environment = ["A": variable, "B": "b", "EMPTY": ""]
    return ManifestReading(Array(manifest.utf8), path: "fuzz/m.yaml", environment: environment)
  }

  private static func escaped(_ text: String) -> String {
    "\"" + text.unicodeScalars.map { "\\U" + digits($0.value, 8) }.joined() + "\""
  }

  /// In JSON an escape has four digits: beyond U+FFFF it takes two of them.
  private static func json(_ text: String) -> String {
    "\"" + text.utf16.map { "\\u" + digits(UInt32($0), 4) }.joined() + "\""
  }

  private static func digits(_ code: UInt32, _ width: Int) -> String {
    let digits = String(code, radix: 16)
    return String(repeating: "0", count: width - digits.count) + digits
  }

  private static func singleQuoted(_ text: String) -> String {
    "'" + text.unicodeScalars.map { $0 == "'" ? "''" : String($0) }.joined() + "'"
  }

  /// In one line and without an escape (YAML 1.2, sections 5.1 and 5.4).
  private static func mayBeWritten(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7E, 0x85, 0xA0...0xFFFD, 0x10000...: true
    default: false
    }
  }

  /// Where a header cannot hold the text, nothing is claimed. It is trimmed by bytes: a space is one whatever accent
  /// follows it.
  private static func says(_ reading: ManifestReading, _ text: String) -> Bool {
    guard case .accepted(let statements) = reading else {
      return text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
    }
    let value = text.unicodeScalars.drop { $0 == " " || $0 == "\t" }
    let end = value.lastIndex { $0 != " " && $0 != "\t" }
    let quoted = end.map { String(value[...$0]) } ?? ""
    return statements.contains { $0.contains(quoted.debugDescription) }
  }
}
