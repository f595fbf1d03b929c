/// Gathers the errors of one reading in bounded memory, whatever their number: the first ones in
/// the order of the file are kept, the rest only counted. The same error at the same place, reached
/// through several aliases, is one error.
struct DiagnosticCollector {
  private static let capacity = 512

  private(set) var count = 0
  private var kept: [(diagnostic: Diagnostic, unknown: UnknownWord?)] = []
  private var seen: Set<Int> = []

  /// `unknown` is the word that the error is about, when it is not known.
  mutating func report(_ diagnostic: Diagnostic, unknown: UnknownWord? = nil) {
    var hasher = Hasher()
    hasher.combine(diagnostic.file)
    hasher.combine(diagnostic.place)
    hasher.combine(diagnostic.reference)
    hasher.combine(diagnostic.message)
    guard seen.insert(hasher.finalize()).inserted else { return }
    count += 1
    kept.append((diagnostic, unknown))
    if kept.count >= Self.capacity { keepFirst() }
  }

  /// The first errors in the order of the file.
  mutating func first() -> [Diagnostic] {
    keepFirst()
    return kept.map { first in
      var diagnostic = first.diagnostic
      if let note = first.unknown?.note { diagnostic.notes.insert(note, at: 0) }
      return diagnostic
    }
  }

  private mutating func keepFirst() {
    let order = kept.indices.sorted { left, right in
      let (first, second) = (Self.key(kept[left].diagnostic), Self.key(kept[right].diagnostic))
      return (first.0, first.1, first.2, left) < (second.0, second.1, second.2, right)
    }
    kept = order.prefix(ManifestErrors.maximumShown).map { kept[$0] }
  }

  /// Errors of a list come where the manifest names it, those in a scalar behind those of it as a whole.
  private static func key(_ diagnostic: Diagnostic) -> (SourcePlace, SourcePlace, Int) {
    let none = SourcePlace(line: 0, column: 0)
    let place = diagnostic.place ?? none
    guard let manifestPlace = diagnostic.manifestPlace else {
      return (place, none, diagnostic.reference.map { $0.index + 1 } ?? 0)
    }
    return (manifestPlace, place, 0)
  }
}
