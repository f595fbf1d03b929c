internal import BatchCore

/// Reasons as the journal has them (FORMAT.md, "Reasons"): words that stay what they are when the
/// sentences for people change.
extension SendReason {
  var word: String {
    switch self {
    case .new: "new"
    case .resumed: "resumed"
    case .forced: "forced"
    case .settingsChanged: "settings"
    case .sizeChanged: "size"
    case .sourceChanged: "source"
    case .contentChanged: "content"
    case .partSizeChanged: "part-size"
    case .uploadForgotten: "upload-forgotten"
    case .uploadDamaged: "upload-damaged"
    case .partsRefused: "parts-refused"
    case .notInBucket: "not-in-bucket"
    case .neededSentAgain: "needed-sent-again"
    case .changedWhileUploading: "changed-while-uploading"
    }
  }

  private static let words = Dictionary(
    uniqueKeysWithValues: SendReason.allCases.map { ($0.word, $0) })

  /// nil: a newer program's word.
  init?(word: String) {
    guard let reason = Self.words[word] else { return nil }
    self = reason
  }
}
