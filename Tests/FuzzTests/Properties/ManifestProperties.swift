import BatchManifest

/// A manifest is read the same each time, whatever its line ends; its errors lie inside the file, in
/// order, and can be shown on a terminal.
enum ManifestProperties {
  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    guard staysHere(bytes) else { return }
    let reading = read(bytes)
    try reading.requireShowable()
    if case .refused(let errors) = reading { try checkPlaces(errors, bytes) }
    try require(read(bytes) == reading, "a second reading gives something else")
    // NUL beside a line feed may be UTF-16. What is no text, or no text of YAML, is met a block at a time, so which
    // errors before it are still told depends on its offset.
    if !bytes.contains(UInt8(ascii: "\r")), !bytes.contains(0),
      let text = String(validating: bytes, as: UTF8.self), isText(text)
    {
      try require(
        read(withWindowsLineEnds(bytes)).words == reading.words,
        "with Windows line ends it means something else")
    }
  }

  /// c-printable of YAML 1.2, §5.1.
  private static func isText(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      switch scalar.value {
      case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xFEFE, 0xFF00...0xFFFD, 0x10000...:
        true
      default: false
      }
    }
  }

  private static func read(_ bytes: [UInt8]) -> ManifestReading {
    let environment = ["A": "a", "EMPTY": "", "DOLLAR": "$A ${A}"]
    return ManifestReading(bytes, path: "fuzz/m.yaml", environment: environment)
  }

  /// A pattern or list that begins elsewhere would read this machine's files: what may be one is not
  /// tried. Below the manifest, in a directory that does not exist, everything is.
  private static func staysHere(_ bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.contains("glob") || text.contains("list") else { return true }
    guard !text.contains(".."), !text.contains("\\") else { return false }
    var before: UInt8 = 0
    for byte in bytes {
      if byte == UInt8(ascii: "/"), !isInsideName(before) { return false }
      before = byte
    }
    return true
  }

  /// No text begins behind it.
  private static func isInsideName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "]"):
      true
    default: false
    }
  }

  private static func withWindowsLineEnds(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { $0 == UInt8(ascii: "\n") ? [UInt8(ascii: "\r"), $0] : [$0] }
  }

  private static func checkPlaces(
    _ errors: ManifestErrors, _ bytes: [UInt8]
  ) throws(BrokenProperty) {
    var last = SourcePlace(line: 1, column: 1)
    for diagnostic in errors.diagnostics {
      guard let place = diagnostic.place else { throw BrokenProperty("an error has no place") }
      try require(last <= place, "\(place) stands behind \(last)")
      last = place
      try place.requireInside(bytes, diagnostic.message)
      for note in diagnostic.notes { try note.place?.requireInside(bytes, note.message) }
    }
  }
}
