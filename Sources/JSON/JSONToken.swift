/// A mark, a name or a value of a JSON text, and where it stands.
package struct JSONToken: Sendable, Equatable {
  package enum Kind: Sendable {
    case objectStart, objectEnd, arrayStart, arrayEnd
    /// Of a member, in quotes.
    case name
    /// In quotes.
    case string
    /// `true`, `false`, `null` or a number.
    case literal
  }

  package var kind: Kind
  /// How many containers it lies in: 0 for the text's value itself.
  package var depth: Int
  /// Offsets of its bytes, those of the quotes among them.
  package var range: Range<Int>
  /// A name or a string in which not every character stands for itself.
  package var hasEscapes = false
}

/// Why bytes are no JSON text.
package struct JSONProblem: Error, Sendable, Equatable {
  /// Lower case, no full stop; nothing of the text is in it.
  package var message: String
  /// Of the byte that it is about; where something is missing at the end, the number of bytes.
  package var offset: Int
}
