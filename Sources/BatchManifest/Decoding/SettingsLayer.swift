internal import BatchCore

/// One level's word on a setting.
enum Setting<Value> {
  case inherited
  /// `null`: what was inherited is removed.
  case removed
  case given(Value)

  func over(_ base: Setting) -> Setting {
    if case .inherited = self { return base }
    return self
  }

  var value: Value? {
    if case .given(let value) = self { return value }
    return nil
  }
}

extension Setting: Sendable where Value: Sendable {}

/// The settings that one level (`defaults`, a template, or an entry) states. Everything that is stored with an
/// object is here in its header form already, so that a setting given in two ways meets itself.
struct SettingsLayer: Sendable {
  /// Under which key a header was given: `null` under that key takes back what came from there.
  enum Origin: Hashable {
    case headers, metadata
    case key(EntryKey)
  }

  struct Tag {
    /// nil: an inherited one is removed.
    var value: LateText?
    var place: SourcePlace
  }

  struct TargetName {
    var name: String
    var place: SourcePlace
  }

  struct Header {
    /// nil: an inherited one is removed.
    var value: LateText?
    var origin: Origin
    var place: SourcePlace
  }

  var partSize: Setting<ObjectSettings.PartSize> = .inherited
  var multipartThreshold: Setting<Int> = .inherited
  var overwrite: Setting<ObjectSettings.Overwrite> = .inherited
  var checksum: Setting<ObjectSettings.Checksum> = .inherited
  var contentMD5: Setting<Bool> = .inherited
  var retries: Setting<Int> = .inherited
  var priority: Setting<Int> = .inherited
  var target: Setting<TargetName> = .inherited
  /// By name in lower case.
  var headers: [String: Header] = [:]
  var labels: Setting<[PlacedWord]> = .inherited
  /// By tag key.
  var tags: [String: Tag] = [:]
  var removesHeaders = false
  var removesMetadata = false
  var removesTags = false
  /// Where this level gives tags, metadata or headers, for errors about their sums.
  var tagsPlace: SourcePlace?
  var metadataPlace: SourcePlace?
  /// Something of this level changes `ObjectSettings`.
  var changesSettings = false
  /// Something of this level is known only when the source file is.
  var hasLateText = false

  static let taggingHeader = "x-oss-tagging"
  static let metadataPrefix = "x-oss-meta-"

  func merged(over base: SettingsLayer) -> SettingsLayer {
    var result = self
    result.partSize = partSize.over(base.partSize)
    result.multipartThreshold = multipartThreshold.over(base.multipartThreshold)
    result.overwrite = overwrite.over(base.overwrite)
    result.checksum = checksum.over(base.checksum)
    result.contentMD5 = contentMD5.over(base.contentMD5)
    result.retries = retries.over(base.retries)
    result.priority = priority.over(base.priority)
    result.target = target.over(base.target)
    result.labels = labels.over(base.labels)
    result.tagsPlace = tagsPlace ?? base.tagsPlace
    result.metadataPlace = metadataPlace ?? base.metadataPlace
    result.changesSettings = changesSettings || base.changesSettings
    result.hasLateText = hasLateText || base.hasLateText
    result.headers = mergedHeaders(over: base)
    result.tags = mergedTags(over: base)
    return result
  }

  private func mergedHeaders(over base: SettingsLayer) -> [String: Header] {
    var result = base.headers
    if removesHeaders { result = result.filter { $0.value.origin != .headers } }
    if removesMetadata { result = result.filter { $0.value.origin != .metadata } }
    if !tags.isEmpty || removesTags { result[Self.taggingHeader] = nil }
    result.merge(headers) { _, own in own }
    return result
  }

  private func mergedTags(over base: SettingsLayer) -> [String: Tag] {
    if removesTags || headers[Self.taggingHeader] != nil { return tags }
    return base.tags.merging(tags) { _, own in own }
  }

  /// The settings of an object; what no level gave has its default. No late text is left.
  func resolved() -> ObjectSettings {
    var settings = ObjectSettings()
    settings.headers = headers.compactMap { name, header in
      header.text.map { HeaderField(name, $0) }
    }
    let given = givenTags
    if !given.isEmpty {
      settings.headers.append(HeaderField(Self.taggingHeader, Tagging.encode(given)))
    }
    settings.headers.sort()
    if let value = partSize.value { settings.partSize = value }
    if let value = multipartThreshold.value { settings.multipartThreshold = value }
    if let value = overwrite.value { settings.overwrite = value }
    if let value = checksum.value { settings.checksum = value }
    if let value = contentMD5.value { settings.contentMD5 = value }
    if let value = retries.value { settings.retries = value }
    return settings
  }

  var givenTags: [Tagging.Tag] {
    tags.compactMap { key, tag in tag.text.map { Tagging.Tag(key: key, value: $0) } }
      .sorted { $0.key < $1.key }
  }

  /// Bytes of all metadata names and values.
  var metadataSize: Int {
    headers.reduce(0) { sum, header in
      guard header.key.hasPrefix(Self.metadataPrefix), let value = header.value.text else {
        return sum
      }
      return sum + header.key.utf8.count - Self.metadataPrefix.utf8.count + value.utf8.count
    }
  }
}

extension SettingsLayer.Header {
  fileprivate var text: String? { SettingsLayer.text(value) }
}

extension SettingsLayer.Tag {
  fileprivate var text: String? { SettingsLayer.text(value) }
}

extension SettingsLayer {
  fileprivate static func text(_ value: LateText?) -> String? {
    guard case .text(let text) = value else { return nil }
    return text
  }
}

extension SettingsLayer {
  /// It says nothing.
  var isEmpty: Bool {
    if case .inherited = priority, case .inherited = target, case .inherited = labels {
      return !changesSettings
    }
    return false
  }
}
