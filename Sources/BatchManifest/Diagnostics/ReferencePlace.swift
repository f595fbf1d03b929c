/// Where a `${` stands: the scalar is known, and which `${` of its text it is. Where that is in the file is looked for when an
/// error is shown, since nearly all are right.
package struct ReferencePlace: Hashable, Sendable {
  /// Of the scalar, with its tag and anchor.
  let start: SourcePlace
  /// Behind the scalar.
  let end: SourcePlace
  /// Of the `${` of the scalar's text, from 0.
  let index: Int
  /// All of them.
  let count: Int
}

extension SourceText {
  /// Gives errors and notes about references the places of these; those of their scalars stay where that is not certain.
  func findReferences(of diagnostics: inout [Diagnostic]) {
    let references = diagnostics.flatMap { [$0.reference] + $0.notes.map(\.reference) }
    let places = places(of: Set(references.compactMap { $0 }))
    for index in diagnostics.indices {
      diagnostics[index].find(places)
    }
  }

  /// The places of those for which the source is certain: it has as many `${` as the text that it stands for.
  private func places(of references: Set<ReferencePlace>) -> [ReferencePlace: SourcePlace] {
    guard !references.isEmpty else { return [:] }
    var searches = Dictionary(grouping: references, by: \.start).values.map(ReferenceSearch.init)
    searches.sort { $0.start > $1.start }
    var found: [ReferencePlace: SourcePlace] = [:]
    forEachPlace { byte, place in
      while let search = searches.last, search.end <= place {
        found.merge(search.found) { first, _ in first }
        searches.removeLast()
      }
      guard let next = searches.indices.last else { return false }
      if searches[next].start <= place { searches[next].look(at: byte, place) }
      return true
    }
    for search in searches { found.merge(search.found) { first, _ in first } }
    return found
  }
}

extension Diagnostic {
  fileprivate mutating func find(_ places: [ReferencePlace: SourcePlace]) {
    if let found = reference.take().flatMap({ places[$0] }) { place = found }
    for index in notes.indices {
      if let found = notes[index].reference.take().flatMap({ places[$0] }) {
        notes[index].place = found
      }
    }
  }
}

/// Looks for the `${` of one scalar in its source. No style makes something else of a `${`, so those of the source come in the
/// same order in the text. The text can only have more of them by an escape (`"\x24{"`, or a line that goes on between the two),
/// and fewer by a comment, behind a tag, an anchor or the sign of a block.
private struct ReferenceSearch {
  private let references: [ReferencePlace]
  let start: SourcePlace
  let end: SourcePlace
  private let count: Int
  private var places: [Int: SourcePlace] = [:]
  private var seen = 0
  private var last: (byte: UInt8, place: SourcePlace)?
  private var hasProperties = false
  private var hasBackslash = false

  init(_ references: [ReferencePlace]) {
    self.references = references
    (start, end, count) = (references[0].start, references[0].end, references[0].count)
  }

  mutating func look(at byte: UInt8, _ place: SourcePlace) {
    if last == nil { hasProperties = byte == UInt8(ascii: "!") || byte == UInt8(ascii: "&") }
    if byte == UInt8(ascii: "\\") { hasBackslash = true }
    if byte == UInt8(ascii: "{"), let last, last.byte == UInt8(ascii: "$") {
      places[seen] = last.place
      seen += 1
    }
    last = (byte, place)
  }

  /// Where both an escape and a comment may be, equal numbers prove nothing.
  var found: [ReferencePlace: SourcePlace] {
    guard seen == count, !(hasProperties && hasBackslash) else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: references.compactMap { reference in
        places[reference.index].map { (reference, $0) }
      })
  }
}
