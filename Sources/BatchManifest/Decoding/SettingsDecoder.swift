internal import BatchCore

/// The keys that `defaults`, templates and entries may hold.
extension ManifestDecoder {
  mutating func decodeSetting(
    _ key: EntryKey, _ value: YAMLEvent, into layer: inout SettingsLayer
  ) throws(SyntaxError) {
    let name = key.name
    switch key {
    case .priority:
      layer.priority = try setting(value) { decoder, event throws(SyntaxError) in
        try decoder.integer(event, name, in: key.range)
      }
    case .target:
      let place = value.place
      layer.target = try setting(value) { decoder, event throws(SyntaxError) in
        try decoder.text(event, name).map { SettingsLayer.TargetName(name: $0, place: place) }
      }
    case .labels:
      layer.labels = try setting(value) { decoder, event throws(SyntaxError) in
        try decoder.words(event, name)
      }
    default:
      layer.changesSettings = true
      try decodeObjectSetting(key, value, into: &layer)
    }
  }

  private mutating func decodeObjectSetting(
    _ key: EntryKey, _ value: YAMLEvent, into layer: inout SettingsLayer
  ) throws(SyntaxError) {
    let name = key.name
    switch key {
    case .partSize:
      layer.partSize = try setting(value) { decoder, event throws(SyntaxError) in
        try decoder.partSize(event, key)
      }
    case .multipartThreshold:
      layer.multipartThreshold = try setting(value) { decoder, event throws(SyntaxError) in
        try decoder.size(event, name, in: key.range)
      }
    case .overwrite:
      layer.overwrite = try setting(value) { decoder, event throws(SyntaxError) in
        try decoder.choice(event, name)
      }
    case .checksum:
      layer.checksum = try setting(value) { decoder, event throws(SyntaxError) in
        try decoder.choice(event, name)
      }
    case .contentMD5:
      layer.contentMD5 = try setting(value) { decoder, event throws(SyntaxError) in
        try decoder.boolean(event, name)
      }
    case .retries:
      layer.retries = try setting(value) { decoder, event throws(SyntaxError) in
        try decoder.integer(event, name, in: key.range)
      }
    default: try decodeStoredSetting(key, value, into: &layer)
    }
  }

  /// What is stored with the object, and so becomes headers.
  private mutating func decodeStoredSetting(
    _ key: EntryKey, _ value: YAMLEvent, into layer: inout SettingsLayer
  ) throws(SyntaxError) {
    switch key {
    case .headers: try decodeHeaders(value, into: &layer)
    case .metadata: try decodeMetadata(value, into: &layer)
    case .tags: try decodeTags(value, into: &layer)
    case .encryption: try decodeEncryption(value, into: &layer)
    default:
      guard let header = key.header else { return try events.skip(value) }
      try decodeHeader(header, key, value, into: &layer)
    }
  }

  /// A wrong value is reported and counts as not given.
  private mutating func setting<Value>(
    _ event: YAMLEvent,
    _ decode: (inout ManifestDecoder, YAMLEvent) throws(SyntaxError) -> Value?
  ) throws(SyntaxError) -> Setting<Value> {
    if event.isNull { return .removed }
    return try decode(&self, event).map { .given($0) } ?? .inherited
  }

  private mutating func partSize(
    _ event: YAMLEvent, _ key: EntryKey
  ) throws(SyntaxError) -> ObjectSettings.PartSize? {
    if event.kind == .scalar, event.text.elementsEqual("auto".utf8) { return .auto }
    return try size(event, key.name, in: key.range).map { .fixed($0) }
  }
}
