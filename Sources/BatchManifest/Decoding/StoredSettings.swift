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
      if let problem = Tagging.problem(Tagging.Tag(key: pair.name, value: pair.value ?? "")) {
        error(problem, at: pair.namePlace)
      } else {
        layer.tags[pair.name] = .some(pair.value)
      }
    }
    layer.tagsPlace = pairs.first?.namePlace ?? place
    if let header = layer.headers[SettingsLayer.taggingHeader], !pairs.isEmpty {
      reportConflict(
        .key(.tags), layer.tagsPlace ?? place, SettingsLayer.taggingHeader, earlier: header)
    }
  }

  /// A key that stands for one header.
  mutating func decodeHeader(
    _ header: String, _ key: EntryKey, _ value: YAMLEvent, into layer: inout SettingsLayer
  ) throws(SyntaxError) {
    let place = value.place
    let text = value.isNull ? nil : try text(value, key.name)
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
        name: "encryption", namePlace: place, value: text, valuePlace: place)
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
        name: key.name, namePlace: namePlace, value: text, valuePlace: place)
    }
    if seen.place(of: .algorithm) == nil {
      error("encryption needs \"algorithm\"", at: cursor.place)
    }
    for part in [EncryptionKey.keyID, .dataEncryption] {
      guard let pair = parts[part], let algorithm = parts[.algorithm]?.value else { continue }
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
    guard let text = pair.value else {
      layer.headers[header] = SettingsLayer.Header(
        value: nil, origin: origin, place: pair.namePlace)
      return
    }
    let value = HeaderRules.trimmed(text)
    guard check(value, of: header, pair) else { return }
    layer.headers[header] = SettingsLayer.Header(
      value: value, origin: origin, place: pair.namePlace)
  }

  private mutating func check(_ value: String, of header: String, _ pair: TextPair) -> Bool {
    if let problem = HeaderRules.problem(value: value) {
      error(problem, at: pair.valuePlace)
      return false
    }
    if let words = HeaderRules.words[header], !words.contains(value) {
      reportChoice(value, pair.name, words, at: pair.valuePlace)
      return false
    }
    if header == SettingsLayer.taggingHeader, let problem = Tagging.problem(header: value) {
      error("the header \(quoted(header)) \(problem)", at: pair.valuePlace)
      return false
    }
    return true
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
