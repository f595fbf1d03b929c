/// A word that is not known. The known one that was probably meant is looked for when its error is shown: a manifest
/// may be wrong a million times, and the first few errors are shown.
struct UnknownWord: Sendable {
  private let word: String
  private let known: @Sendable () -> [String]

  init(_ word: String, among known: @escaping @autoclosure @Sendable () -> [String]) {
    self.word = word
    self.known = known
  }

  /// nil: no known word is near.
  var note: Diagnostic.Note? {
    Suggestion.nearest(to: word, among: known()).map { Diagnostic.Note(meaning: $0) }
  }
}

extension Diagnostic.Note {
  init(meaning known: String) { self.init("did you mean \(quoted(known))?") }
}
