/// What the value of a manifest's key may be. Text is the scalar's source text, whatever YAML would
/// take it for.
package enum ValueKind: Sendable {
  case text
  /// Text for people: not empty, no control characters.
  case word
  /// Text with a file's name; relative ones are taken from the manifest's directory.
  case path
  case integer(ClosedRange<Int>)
  /// Bytes, with or without a unit.
  case size(ClosedRange<Int>)
  /// The word `auto`, or bytes.
  case automaticSize(ClosedRange<Int>)
  /// Bytes a second: a size, with or without `/s`.
  case rate
  /// `08:00`, from 00:00 to 24:00.
  case timeOfDay
  /// A rate, or a list of mappings of one kind.
  case rateOrList(MappingKind)
  case boolean
  case choice([String])
  /// A list of words, or a single one.
  case words
  /// A mapping of the user's names to texts.
  case texts
  case mapping(MappingKind)
  /// A mapping of the user's names to mappings of one kind, of which there must be so many.
  case mappings(MappingKind, atLeast: Int = 0)
  /// A list of mappings of one kind.
  case list(MappingKind)
  /// One of the words, or a mapping.
  case choiceOrMapping([String], MappingKind)

  static func choice<Value>(_ type: Value.Type) -> ValueKind
  where Value: RawRepresentable<String> & CaseIterable {
    .choice(type.allCases.map(\.rawValue))
  }

  /// What an integer or a size (in bytes) may be.
  var range: ClosedRange<Int> {
    switch self {
    case .integer(let range), .size(let range), .automaticSize(let range): range
    default: Int.min...Int.max
    }
  }

  /// The words of a choice.
  var words: [String] {
    switch self {
    case .choice(let words), .choiceOrMapping(let words, _): words
    default: []
    }
  }
}

/// The mappings of a manifest whose keys are given.
package enum MappingKind: Sendable, CaseIterable {
  case root, target, bandwidth, defaults, template, entry
  /// A row of a list.
  case row
  case encryption

  /// What may stand in it, in the order of the reference.
  package var keys: [KeyDescription] {
    switch self {
    case .root: RootKey.descriptions
    case .target: TargetKey.descriptions
    case .bandwidth: BandwidthKey.descriptions
    case .defaults, .template, .entry, .row:
      EntryKey.descriptions.filter { $0.places.contains(self) }
    case .encryption: EncryptionKey.descriptions
    }
  }

  /// What it is called in messages.
  var name: String {
    switch self {
    case .root: "a manifest"
    case .target: "a target"
    case .bandwidth: "a span of bandwidth"
    case .defaults: "defaults"
    case .template: "a template"
    case .entry: "an entry"
    case .row: "a row of a list"
    case .encryption: "encryption"
    }
  }

  /// Keys of which exactly one must be given.
  package var alternatives: [String] {
    switch self {
    case .root: [RootKey.target, .targets].map(\.name)
    case .entry: [EntryKey.file, .glob, .list].map(\.name)
    default: []
    }
  }

  /// Other keys that begin so belong to the user.
  package var ignoredPrefix: String? { self == .root ? "x-" : nil }
}

/// One key of the manifest's language: the one place where its rules stand, for the decoder, the
/// JSON Schema and the reference.
package struct KeyDescription: Sendable {
  /// What `null` as the value means.
  package enum Null: Sendable {
    /// An error: the key needs a value.
    case refused
    /// The same as without the key.
    case absent
    /// What was inherited is removed.
    case removes
  }

  package var name: String
  package var kind: ValueKind
  package var null: Null
  package var isRequired: Bool
  package var places: [MappingKind]
  /// What holds without the key, as the reference says it; empty when nothing does.
  package var standard: String
  /// One phrase: what the key is for.
  package var summary: String

  init(
    _ name: String, _ kind: ValueKind, null: Null = .absent, isRequired: Bool = false,
    in places: [MappingKind], standard: String = "", _ summary: String
  ) {
    self.name = name
    self.kind = kind
    self.null = null
    self.isRequired = isRequired
    self.places = places
    self.standard = standard
    self.summary = summary
  }
}
