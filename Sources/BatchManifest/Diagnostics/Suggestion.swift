/// The known word that an unknown one was probably meant to be.
package enum Suggestion {
  private static let longest = 64

  /// The nearest candidate, nil when none is near: at most a third of its letters may differ.
  package static func nearest(to word: String, among candidates: [String]) -> String? {
    guard word.utf8.count <= longest else { return nil }
    let typed = Array(word.lowercased().utf8)
    var best: (distance: Int, word: String)?
    for candidate in candidates {
      let known = Array(candidate.lowercased().utf8)
      let farthest = min(max(1, known.count / 3), known.count - 1)
      // So many letters have to be added or left out, whatever they are.
      guard abs(typed.count - known.count) <= farthest else { continue }
      let distance = editDistance(typed, known)
      guard distance <= farthest else { continue }
      if best.map({ distance < $0.distance }) ?? true { best = (distance, candidate) }
    }
    return best?.word
  }

  /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
  static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in left.indices {
      var current = [row + 1]
      for column in right.indices {
        let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
        var best = min(replaced, last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          best = min(best, beforeLast[column - 1] + 1)
        }
        current.append(best)
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}
