internal import BatchCore

/// One `name: text` of a mapping whose names are the user's.
struct TextPair {
  var name: String
  var namePlace: SourcePlace
  /// nil: `null`.
  var value: LateText?
  var valuePlace: SourcePlace
}

extension ManifestDecoder {
  /// The pairs of a mapping from text to text, in the order of the file, without the wrong ones.
  /// With `ignoringCase` names are one whatever their case, and are given in lower case.
  mutating func textPairs(
    _ start: YAMLEvent, _ name: String, ignoringCase: Bool
  ) throws(SyntaxError) -> [TextPair] {
    guard try isMapping(start, name) else { return [] }
    var cursor = MappingCursor(start)
    var seen = SeenNames()
    var pairs: [TextPair] = []
    while let key = try nextKey(&cursor) {
      let place = key.place
      let written = key.string
      let text = ignoringCase ? written.lowercased() : written
      switch seen.insert(text, level: cursor.level, place: place) {
      case .new: break
      case .overridden:
        try skipValue()
        continue
      case .repeated(let first):
        reportRepeatedName(written, at: place, first: first, ignoringCase: ignoringCase)
        try skipValue()
        continue
      }
      let value = try nextValue()
      let valuePlace = value.place
      if value.isNull {
        pairs.append(TextPair(name: text, namePlace: place, value: nil, valuePlace: valuePlace))
      } else if let found = try lateText(value, "the value of \(quoted(written))") {
        pairs.append(TextPair(name: text, namePlace: place, value: found, valuePlace: valuePlace))
      }
    }
    return pairs
  }

  /// Whether a mapping begins here; if not, that is reported and the node left out.
  mutating func isMapping(_ event: YAMLEvent, _ name: String) throws(SyntaxError) -> Bool {
    if event.kind == .mappingStart { return true }
    error("\(name) must be a mapping, not \(describe(event))", at: event.place)
    try events.skip(event)
    return false
  }

  private mutating func reportRepeatedName(
    _ name: String, at place: SourcePlace, first: SourcePlace, ignoringCase: Bool
  ) {
    let why = ignoringCase ? ": names are one whatever their case" : ""
    error(
      "\(quoted(name)) is given twice\(why)", at: place,
      notes: [Diagnostic.Note("first used here", at: first)])
  }
}

/// Which names of an open mapping were there, and where.
struct SeenNames {
  private var seen: [ExactText: (level: Int, place: SourcePlace)] = [:]

  mutating func insert(
    _ name: String, level: Int, place: SourcePlace
  ) -> SeenKeys<EntryKey>.Answer {
    let text = ExactText(name)
    guard let first = seen[text] else {
      seen[text] = (level, place)
      return .new
    }
    return first.level == level ? .repeated(first: first.place) : .overridden
  }
}
