/// What reads bytes from outside, and what must hold whatever those bytes are. libFuzzer
/// (`scripts/fuzz`) looks for bytes that break it; `CorpusTests` tries the seeds, and all that was
/// ever found, in every test run.
enum FuzzTarget: String, CaseIterable {
  /// A manifest.
  case manifest
  /// A list of entries: the first byte says of which form, and whether its rows need keys.
  case list
  /// A text in which `${…}` may stand.
  case interpolation
  /// A reply of the service: one letter for the operation, one for the status, the head, an empty
  /// line, the body.
  case replies
  /// A journal. A line that ends with ` !` gets its right checksum, which no fuzzer would guess.
  case journal
  /// Records that are written and read back: numbers and texts are taken from the bytes.
  case records
  /// A checkpoint, its lines as those of the journal.
  case checkpoint
  /// A JSON text behind a byte that says how much of it a shorter one keeps.
  case json
  /// What a credential process prints, or the metadata service answers.
  case credentials
  /// A `.ossutilconfig`.
  case configuration

  func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    switch self {
    case .manifest: try ManifestProperties.check(bytes)
    case .list: try ListProperties.check(bytes)
    case .interpolation: try InterpolationProperties.check(bytes)
    case .replies: try ReplyProperties.check(bytes)
    case .journal: try JournalProperties.check(bytes)
    case .records: try RecordProperties.check(bytes)
    case .checkpoint: try CheckpointProperties.check(bytes)
    case .json: try JSONProperties.check(bytes)
    case .credentials: try CredentialProperties.check(bytes)
    case .configuration: try ConfigurationProperties.check(bytes)
    }
  }
}

/// What did not hold, in a sentence.
struct BrokenProperty: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

func require(
  _ condition: Bool, _ description: @autoclosure () -> String
) throws(BrokenProperty) {
  if !condition { throw BrokenProperty(description()) }
}
