internal import BatchCore

extension YAMLWriter {
  /// The settings that make `base` into `own`.
  mutating func add(_ own: ObjectSettings, over base: ObjectSettings) {
    if own.partSize != base.partSize {
      add(EntryKey.partSize, .literal(Self.text(own.partSize)))
    }
    if own.multipartThreshold != base.multipartThreshold {
      add(EntryKey.multipartThreshold, .literal(ByteSize(own.multipartThreshold).text))
    }
    addHeaders(HeaderChanges(from: base.headers, to: own.headers))
    if own.overwrite != base.overwrite {
      add(EntryKey.overwrite, .literal(own.overwrite.rawValue))
    }
    if own.checksum != base.checksum { add(EntryKey.checksum, .literal(own.checksum.rawValue)) }
    if own.contentMD5 != base.contentMD5 {
      add(EntryKey.contentMD5, .literal("\(own.contentMD5)"))
    }
    if own.retries != base.retries { add(EntryKey.retries, .literal("\(own.retries)")) }
  }

  private mutating func addHeaders(_ changes: HeaderChanges) {
    for (key, value) in changes.single { add(key, Self.value(value)) }
    add(EntryKey.headers, changes.headers)
    add(EntryKey.metadata, changes.metadata)
    add(EntryKey.tags, changes.tags)
    if changes.removesTags { add(EntryKey.tags, .null) }
  }

  private mutating func add(_ key: EntryKey, _ changes: [HeaderChanges.Change]) {
    guard !changes.isEmpty else { return }
    nest(key.name) { yaml in
      for change in changes { yaml.add(change.name, Self.value(change.value)) }
    }
  }

  private static func value(_ text: String?) -> Value { text.map { .text($0) } ?? .null }

  private static func text(_ size: ObjectSettings.PartSize) -> String {
    switch size {
    case .auto: "auto"
    case .fixed(let bytes): ByteSize(bytes).text
    }
  }
}
