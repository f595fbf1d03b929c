/// The keys of one kind of mapping, in the manifest's spelling.
protocol ManifestKey: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
  static var table: KeyTable<Self> { get }
}

/// What may stand in a mapping: found by comparing bytes, so that no String is made for a known key.
struct KeyTable<Key: ManifestKey>: Sendable {
  let keys: [Key]
  /// Keys that the manifest's language has and this version cannot do yet.
  let unsupported: [String]
  /// Keys that begin so belong to the user.
  let ignoredPrefix: String?

  init(
    _ keys: [Key] = Array(Key.allCases), unsupported: [String] = [], ignoredPrefix: String? = nil
  ) {
    self.keys = keys
    self.unsupported = unsupported
    self.ignoredPrefix = ignoredPrefix
  }

  func ignores(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    ignoredPrefix.map { name.starts(with: $0.utf8) } ?? false
  }

  func index(of name: UnsafeBufferPointer<UInt8>) -> Int? {
    keys.firstIndex {
      let known = $0.rawValue.utf8
      return known.count == name.count && known.elementsEqual(name)
    }
  }
}

enum RootKey: String, ManifestKey {
  case version, name, target, targets, concurrency, defaults, entries

  static let table = KeyTable<RootKey>(
    unsupported: ["vars", "bandwidth", "templates"], ignoredPrefix: "x-")
}

enum TargetKey: String, ManifestKey {
  case bucket, endpoint, region, prefix, addressing, signature
  case certificateAuthorityFile = "ca_file"

  static let table = KeyTable<TargetKey>()
}

/// The keys of an entry; all but `file`, `key` and `id` may stand in `defaults` too.
enum EntryKey: String, ManifestKey {
  case file, key, id, target, priority, retries, overwrite, checksum
  case headers, metadata, tags, acl, encryption
  case partSize = "part_size"
  case multipartThreshold = "multipart_threshold"
  case contentType = "content_type"
  case storageClass = "storage_class"
  case contentMD5 = "content_md5"

  private static let later = [
    "glob", "list", "needs", "labels", "optional", "exclude", "use",
  ]

  static let table = KeyTable<EntryKey>(unsupported: later)
  static let defaultsTable = KeyTable<EntryKey>(
    allCases.filter { ![.file, .key, .id].contains($0) }, unsupported: later)
}

enum EncryptionKey: String, ManifestKey {
  case algorithm
  case keyID = "key_id"
  case dataEncryption = "data_encryption"

  static let table = KeyTable<EncryptionKey>()
}
