/// Looking for a text in a text, byte by byte. The standard library's own searches live in the module of its
/// regular expressions: whoever calls one is linked with all of them, 1 MB of code beside 6.5.
/// (For substrings, and not for all that is a text: other modules would get that unspecialized, at many times the price.)
extension Substring {
  /// Where `text`, which is not empty, stands first.
  package func firstPlace(of text: String) -> Range<Index>? {
    guard let letter = text.utf8.first else { preconditionFailure("an empty text is everywhere") }
    var start = utf8.startIndex
    while let first = utf8[start...].firstIndex(of: letter) {
      if utf8[first...].starts(with: text.utf8) {
        return first..<utf8.index(first, offsetBy: text.utf8.count)
      }
      start = utf8.index(after: first)
    }
    return nil
  }
}

extension String {
  /// Where `text`, which is not empty, stands first.
  package func firstPlace(of text: String) -> Range<Index>? { self[...].firstPlace(of: text) }
}
