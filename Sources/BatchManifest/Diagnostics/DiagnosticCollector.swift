/// Gathers the errors of one reading in bounded memory, whatever their number: the first ones in
/// the order of the file are kept, the rest only counted. The same error at the same place, reached
/// through several aliases, is one error.
struct DiagnosticCollector {
  private static let capacity = 512

  private(set) var count = 0
  private var kept: [Diagnostic] = []
  private var seen: Set<Int> = []

  mutating func report(_ diagnostic: Diagnostic) {
    var hasher = Hasher()
    hasher.combine(diagnostic.place)
    hasher.combine(diagnostic.message)
    guard seen.insert(hasher.finalize()).inserted else { return }
    count += 1
    kept.append(diagnostic)
    if kept.count >= Self.capacity { keepFirst() }
  }

  /// The first errors in the order of the file.
  mutating func first() -> [Diagnostic] {
    keepFirst()
    return kept
  }

  private mutating func keepFirst() {
    let order = kept.indices.sorted { (Self.key(kept[$0]), $0) < (Self.key(kept[$1]), $1) }
    kept = order.prefix(ManifestErrors.maximumShown).map { kept[$0] }
  }

  private static func key(_ diagnostic: Diagnostic) -> SourcePlace {
    diagnostic.place ?? SourcePlace(line: 0, column: 0)
  }
}
