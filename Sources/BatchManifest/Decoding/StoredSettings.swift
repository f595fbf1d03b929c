/// Settings that are stored with the object: each ends as a header of the layer.
extension ManifestDecoder {
  mutating func decodeHeaders(
    _ value: YAMLEvent, into layer: inout SettingsLayer
  ) throws(SyntaxError) {
    guard !value.isNull else { return layer.removesHeaders = true }
    for pair in try textPairs(value, "headers", ignoringCase: true) {
      if let problem = HeaderRules.problem(name: pair.name) {
        error(problem, at: pair.namePlace)
      } else {
        if pair.name.hasPrefix(SettingsLayer.metadataPrefix) {
          layer.metadataPlace = layer.metadataPlace ?? pair.namePlace
        }
        add(pair, as: pair.name, .headers, to: &layer)
      }
    }
  }

  mutating func decodeMetadata(
    _ value: YAMLEvent, into layer: inout SettingsLayer
  ) throws(SyntaxError) {
    guard !value.isNull else { return layer.removesMetadata = true }
    for pair in try textPairs(value, "metadata", ignoringCase: true) {
      if let problem = HeaderRules.problem(metadata: pair.name) {
        error(problem, at: pair.namePlace)
      } else {
        layer.metadataPlace = pair.namePlace
        add(pair, as: SettingsLayer.metadataPrefix + pair.name, .metadata, to: &layer)
      }
    }
  }

  mutating func decodeTags(
    _ value: YAMLEvent, into layer: inout SettingsLayer
  ) throws(SyntaxError) {
    guard !value.isNull else { return layer.removesTags = true }
    let place = value.place
    let pairs = try textPairs(value, "tags", ignoringCase: false)
    for pair in pairs {
      if let problem = Self.problem(tag: pair) {
        error(problem, at: pair.namePlace)
      } else {
        layer.tags[pair.name] = SettingsLayer.Tag(value: pair.value, place: pair.namePlace)
        if pair.value?.isLate == true { layer.hasLateText = true }
      }
    }
    layer.tagsPlace = pairs.first?.namePlace ?? place
    if let header = layer.headers[SettingsLayer.taggingHeader], !pairs.isEmpty {
      reportConflict(
        .key(.tags), layer.tagsPlace ?? place, SettingsLayer.taggingHeader, earlier: header)
    }
  }

  /// The value is looked at when it is known.
  private static func problem(tag pair: TextPair) -> String? {
    var tag = Tagging.Tag(key: pair.name, value: "")
    if case .text(let text) = pair.value { tag.value = text }
    return Tagging.problem(tag)
  }

  /// A key that stands for one header.
  mutating func decodeHeader(
    _ header: String, _ key: EntryKey, _ value: YAMLEvent, into layer: inout SettingsLayer
  ) throws(SyntaxError) {
    let place = value.place
    let text = value.isNull ? nil : try lateText(value, key.name)
    guard text != nil || value.isNull else { return }
    let pair = TextPair(
      name: key.name, namePlace: place, value: text, valuePlace: place)
    add(pair, as: header, .key(key), to: &layer)
  }

  /// `AES256`, or a mapping with the algorithm and its key. It replaces an inherited encryption as a
  /// whole.
  mutating func decodeEncryption(
    _ value: YAMLEvent, into layer: inout SettingsLayer
  ) throws(SyntaxError) {
    let place = value.place
    var parts: [EncryptionKey: TextPair] = [:]
    if value.kind == .mappingStart {
      parts = try encryptionParts(value)
    } else if !value.isNull {
      guard let text = try text(value, EntryKey.encryption.name) else { return }
      parts[.algorithm] = TextPair(
        name: "encryption", namePlace: place, value: .text(text), valuePlace: place)
    }
    for (key, header) in Self.encryptionHeaders {
      let absent = TextPair(name: "encryption", namePlace: place, value: nil, valuePlace: place)
      add(parts[key] ?? absent, as: header, .key(.encryption), to: &layer)
    }
  }

  private static var encryptionHeaders: [(EncryptionKey, String)] {
    [
      (.algorithm, "x-oss-server-side-encryption"),
      (.keyID, "x-oss-server-side-encryption-key-id"),
      (.dataEncryption, "x-oss-server-side-data-encryption"),
    ]
  }

  private mutating func encryptionParts(
    _ start: YAMLEvent
  ) throws(SyntaxError) -> [EncryptionKey: TextPair] {
    var cursor = MappingCursor(start)
    var seen = SeenKeys(EncryptionKey.table)
    var parts: [EncryptionKey: TextPair] = [:]
    while let (key, value) = try nextPair(&cursor, &seen) {
      let place = value.place
      guard let text = try word(value, key.name) else { continue }
      let namePlace = seen.place(of: key) ?? place
      parts[key] = TextPair(
        name: key.name, namePlace: namePlace, value: .text(text), valuePlace: place)
    }
    if seen.place(of: .algorithm) == nil {
      error("encryption needs \"algorithm\"", at: cursor.place)
    }
    for part in [EncryptionKey.keyID, .dataEncryption] {
      guard let pair = parts[part], case .text(let algorithm) = parts[.algorithm]?.value else {
        continue
      }
      if algorithm != HeaderRules.Encryption.KMS.rawValue {
        error("\(pair.name) is for the algorithm KMS only", at: pair.namePlace)
      }
    }
    return parts
  }

  /// Puts a checked header into the layer.
  private mutating func add(
    _ pair: TextPair, as header: String, _ origin: SettingsLayer.Origin,
    to layer: inout SettingsLayer
  ) {
    if let earlier = layer.headers[header] {
      return reportConflict(origin, pair.namePlace, header, earlier: earlier)
    }
    if header == SettingsLayer.taggingHeader, let place = layer.tagsPlace, !layer.tags.isEmpty {
      let tags = SettingsLayer.Header(value: nil, origin: .key(.tags), place: place)
      return reportConflict(origin, pair.namePlace, header, earlier: tags)
    }
    var value = pair.value
    if case .text(let text) = pair.value {
      let trimmed = HeaderRules.trimmed(text)
      guard check(trimmed, of: header, named: pair.name, at: pair.valuePlace) else { return }
      value = .text(trimmed)
    }
    if value?.isLate == true { layer.hasLateText = true }
    layer.headers[header] = SettingsLayer.Header(
      value: value, origin: origin, place: pair.namePlace)
  }

  private mutating func check(
    _ value: String, of header: String, named name: String, at place: SourcePlace,
    notes: [Diagnostic.Note] = []
  ) -> Bool {
    if let problem = HeaderRules.problem(value: value) {
      error(problem, at: place, notes: notes)
      return false
    }
    if let words = HeaderRules.words[header], !words.contains(value) {
      reportChoice(value, name, words, at: place, notes: notes)
      return false
    }
    if header == SettingsLayer.taggingHeader, let problem = Tagging.problem(header: value) {
      error("the header \(quoted(header)) \(problem)", at: place, notes: notes)
      return false
    }
    return true
  }

  /// The layer with its late texts evaluated for one source file; wrong ones are reported and left
  /// out.
  mutating func settled(
    _ layer: SettingsLayer, file: SourceName, notes: [Diagnostic.Note]
  ) -> SettingsLayer {
    var result = layer
    result.hasLateText = false
    for (name, header) in layer.headers {
      guard let late = header.value, late.isLate else { continue }
      result.headers[name] = nil
      guard let text = text(late, file: file, notes: notes) else { continue }
      let value = HeaderRules.trimmed(text)
      if check(value, of: name, named: name, at: header.place, notes: notes) {
        result.headers[name] = SettingsLayer.Header(
          value: .text(value), origin: header.origin, place: header.place)
      }
    }
    for (key, tag) in layer.tags {
      guard let late = tag.value, late.isLate else { continue }
      result.tags[key] = nil
      guard let text = text(late, file: file, notes: notes) else { continue }
      if let problem = Tagging.problem(Tagging.Tag(key: key, value: text)) {
        error(problem, at: tag.place, notes: notes)
      } else {
        result.tags[key] = SettingsLayer.Tag(value: .text(text), place: tag.place)
      }
    }
    return result
  }

  /// The same thing twice on one level, in two ways.
  private mutating func reportConflict(
    _ origin: SettingsLayer.Origin, _ place: SourcePlace, _ header: String,
    earlier: SettingsLayer.Header
  ) {
    error(
      "\(Self.describe(origin, header)) repeats \(Self.describe(earlier.origin, header)):"
        + " give one of them", at: place,
      notes: [Diagnostic.Note("first given here", at: earlier.place)])
  }

  private static func describe(_ origin: SettingsLayer.Origin, _ header: String) -> String {
    switch origin {
    case .headers: "the header \(quoted(header))"
    case .metadata:
      "the metadata \(quoted(String(header.dropFirst(SettingsLayer.metadataPrefix.count))))"
    case .key(let key): quoted(key.name)
    }
  }
}
