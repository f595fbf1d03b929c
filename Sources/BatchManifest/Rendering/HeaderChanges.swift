internal import BatchCore

/// What turns one set of headers into another, by the keys of the manifest that say it.
struct HeaderChanges {
  /// A value of nil: it goes.
  typealias Change = (name: String, value: String?)

  /// Keys that stand for one header.
  var single: [(key: EntryKey, value: String?)] = []
  var metadata: [Change] = []
  var headers: [Change] = []
  var tags: [Change] = []
  /// All tags go, however they were given.
  var removesTags = false

  init(from base: [HeaderField], to own: [HeaderField]) {
    for name in Set((base + own).map(\.name)).sorted() {
      let old = base.first { $0.name == name }
      let new = own.first { $0.name == name }
      if old != new { add(name, old?.value, new?.value) }
    }
  }

  private mutating func add(_ name: String, _ old: String?, _ new: String?) {
    if name == SettingsLayer.taggingHeader {
      addTags(old, new)
    } else if name.hasPrefix(SettingsLayer.metadataPrefix) {
      metadata.append((String(name.dropFirst(SettingsLayer.metadataPrefix.count)), new))
    } else if let key = EntryKey.allCases.first(where: { $0.header == name }) {
      single.append((key, new))
    } else {
      headers.append((name, new))
    }
  }

  private mutating func addTags(_ old: String?, _ new: String?) {
    guard let new else { return removesTags = true }
    guard let tags = Tagging.tags(encodedAs: new) else {
      return headers.append((SettingsLayer.taggingHeader, new))
    }
    let inherited = old.flatMap(Tagging.tags(encodedAs:)) ?? []
    self.tags = tags.filter { !inherited.contains($0) }.map { ($0.key, $0.value) }
    for tag in inherited where !tags.contains(where: { $0.key == tag.key }) {
      self.tags.append((tag.key, nil))
    }
  }
}
