internal import BatchCore

/// Errors of a manifest as text: `FILE:LINE:COL: error: TEXT`, the source line, a caret, the notes.
package enum DiagnosticRenderer {
  /// Columns of a source line that are shown; of a longer one the part around the caret.
  private static let maximumWidth = 120

  /// Every line ends with a line feed.
  package static func render(_ errors: ManifestErrors) -> String {
    var text = ""
    for diagnostic in errors.diagnostics { append(diagnostic, file: errors.file, to: &text) }
    let more = errors.count - errors.diagnostics.count
    if more > 0 { text += "… and \(more) more error\(more == 1 ? "" : "s")\n" }
    return text
  }

  private static func append(_ diagnostic: Diagnostic, file: String, to text: inout String) {
    let home = diagnostic.file ?? file
    text += "\(position(home, diagnostic.place))error: \(diagnostic.message.readable)\n"
    if let place = diagnostic.place, let line = diagnostic.sourceLine {
      let scalars = Array(line.unicodeScalars)
      let isOfList = diagnostic.file != nil
      appendExcerpt(
        isOfList ? scalars : PasswordMask.applied(to: scalars), column: place.column, to: &text)
    }
    for note in diagnostic.notes {
      let place =
        switch note.file {
        case .same: position(home, note.place)
        case .manifest: position(file, note.place)
        case .list(let path): position(path, note.place)
        }
      text += note.place == nil ? "" : place
      text += "note: \(note.message.readable)\n"
    }
  }

  private static func position(_ file: String, _ place: SourcePlace?) -> String {
    guard let place else { return "\(file.readable): " }
    return "\(file.readable):\(place.line):\(place.column): "
  }

  /// The line and the caret below its character. Tabs stay tabs in both, so the terminal's tab stops
  /// do not matter; a wide character takes two columns, a combining one none.
  private static func appendExcerpt(
    _ scalars: [Unicode.Scalar], column: Int, to text: inout String
  ) {
    guard column - 1 <= scalars.count else { return }
    let shown = window(scalars, around: column - 1)
    var caret = shown.lowerBound > 0 ? " " : ""
    if shown.lowerBound > 0 { text += "…" }
    for (index, scalar) in zip(shown, scalars[shown]) {
      let scalar = printable(scalar)
      text.unicodeScalars.append(scalar)
      guard index < column - 1 else { continue }
      caret += scalar == "\t" ? "\t" : String(repeating: " ", count: DisplayWidth.of(scalar))
    }
    if shown.upperBound < scalars.count { text += "…" }
    text += "\n\(caret)^\n"
  }

  private static func window(_ scalars: [Unicode.Scalar], around index: Int) -> Range<Int> {
    guard scalars.count > maximumWidth else { return scalars.indices }
    let start = max(0, min(index - maximumWidth / 2, scalars.count - maximumWidth))
    return start..<start + maximumWidth
  }

  /// One character for each, so that the caret stays below its own.
  private static func printable(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    scalar == "\t" || scalar.isReadable ? scalar : "\u{FFFD}"
  }
}
