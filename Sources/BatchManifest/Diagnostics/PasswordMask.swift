/// Errors of a manifest end in logs that others read, and an endpoint may have been written with a user and a password.
enum PasswordMask {
  private static let key = Array("endpoint".unicodeScalars)

  /// A line of a manifest without what stands before the last `@` of a URL, or of an endpoint without a scheme. Each character
  /// stays one, for the caret's sake. Where an `"` ends a text, what follows is not of it; elsewhere it may be, passwords hold
  /// anything.
  static func applied(to line: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var masked = line
    var start: Int?
    for (index, scalar) in line.enumerated() {
      if endsScheme(line, index) || (start == nil && endsKey(line, index)) {
        start = index + 1
      } else if let begin = start {
        switch scalar {
        case " ", "\t", "\"", "'":
          if index == begin { start = index + 1 } else if scalar == "\"" { start = nil }
        case "@":
          for place in begin..<index where line[place] != "@" { masked[place] = "*" }
          start = index
        default: break
        }
      }
    }
    return masked
  }

  /// `://` ends here.
  private static func endsScheme(_ line: [Unicode.Scalar], _ index: Int) -> Bool {
    line[index] == "/" && line[..<index].suffix(2) == [":", "/"]
  }

  /// `endpoint:`, in quotes or not, ends here.
  private static func endsKey(_ line: [Unicode.Scalar], _ index: Int) -> Bool {
    guard line[index] == ":" else { return false }
    var name = line[..<index]
    if let last = name.last, last == "\"" || last == "'" { name.removeLast() }
    return name.suffix(key.count) == key[...]
  }
}
