internal import BatchCore

/// The keys of an entry and of the levels that it inherits from.
enum EntryKey: Int, ManifestKey {
  case file, glob, list, key, id, use
  case exclude, followSymlinks, optional, format
  case needs, labels, target
  case partSize, multipartThreshold
  case headers, contentType, metadata, tags, acl, storageClass, encryption
  case overwrite, checksum, contentMD5, retries, priority

  static let table = KeyTable<EntryKey>(.entry)
  static let rowTable = KeyTable<EntryKey>(.row)
  static let defaultsTable = KeyTable<EntryKey>(.defaults)
  static let templateTable = KeyTable<EntryKey>(.template)

  static let descriptions = allCases.map { describe($0) }

  /// The header that the key stands for, of those that stand for one.
  var header: String? {
    switch self {
    case .contentType: "content-type"
    case .acl: "x-oss-object-acl"
    case .storageClass: "x-oss-storage-class"
    default: nil
    }
  }

  private static let everywhere: [MappingKind] = [.entry, .row, .template, .defaults]

  private static func describe(_ key: EntryKey) -> KeyDescription {
    switch key {
    case .file:
      KeyDescription(
        "file", .path, null: .refused, in: [.entry, .row],
        "the source, relative to the manifest; at most 4,095 bytes")
    case .key:
      KeyDescription(
        "key", .text, null: .refused, in: [.entry, .row],
        "the object's key behind the prefix; together 1 to 1,023 bytes of UTF-8")
    case .id:
      KeyDescription(
        "id", .word, in: [.entry, .row], standard: "none",
        "a name for reports and selection; unique, at most 1,024 bytes")
    case .use:
      KeyDescription(
        "use", .words, in: [.entry],
        "the names of the templates that it inherits from; a later one wins")
    case .needs:
      KeyDescription(
        "needs", .words, in: [.entry, .row],
        "what must be done first: ids, tag:LABEL, or \"*\" for everything that does not wait for \"*\""
      )
    default: describeSource(key)
    }
  }

  private static func describeSource(_ key: EntryKey) -> KeyDescription {
    switch key {
    case .glob:
      KeyDescription(
        "glob", .path, null: .refused, in: [.entry],
        "a pattern of files, relative to the manifest: one entry for each match")
    case .list:
      KeyDescription(
        "list", .path, null: .refused, in: [.entry],
        "a file with an entry in each row, CSV or NDJSON, relative to the manifest")
    case .exclude:
      KeyDescription(
        "exclude", .words, in: [.entry],
        "of a glob: patterns of what is left out, below the fixed part of the glob")
    case .followSymlinks:
      KeyDescription(
        "follow_symlinks", .boolean, in: [.entry], standard: "false",
        "of a glob: also look into directories that are symbolic links")
    case .optional:
      KeyDescription(
        "optional", .boolean, in: [.entry], standard: "false",
        "no error when the glob matches nothing or the file is not there")
    case .format:
      KeyDescription(
        "format", .choice(ListFormat.self), in: [.entry], standard: "from the list's name",
        "how the list is written")
    default: describeSetting(key)
    }
  }

  private static func describeSetting(_ key: EntryKey) -> KeyDescription {
    switch key {
    case .labels: setting("labels", .words, "words to select by, with tag:LABEL")
    case .target: setting("target", .text, "the name of one of the targets")
    case .partSize:
      setting(
        "part_size", .automaticSize(UploadPlan.minimumPartSize...UploadPlan.maximumPartSize),
        standard: "auto", "bytes of each part of a multipart upload")
    case .multipartThreshold:
      // What is too large for one Put must be multipart.
      setting(
        "multipart_threshold", .size(0...UploadPlan.maximumPutSize),
        standard: ByteSize(ObjectSettings().multipartThreshold).text,
        "larger files are sent in parts")
    case .overwrite:
      setting(
        "overwrite", .choice(ObjectSettings.Overwrite.self), standard: "always",
        "never: an object that is there stays")
    case .checksum:
      setting(
        "checksum", .choice(ObjectSettings.Checksum.self), standard: "crc64",
        "the proof that what arrived is what was read")
    case .contentMD5:
      setting(
        "content_md5", .boolean, standard: "false",
        "also send Content-MD5, at the price of reading the source once more")
    case .retries:
      setting(
        "retries", .integer(0...ObjectSettings.maximumRetries),
        standard: "\(ObjectSettings.defaultRetries)",
        "how often a request is repeated after a failure that may pass")
    case .priority:
      setting(
        "priority", .integer(Int(Int32.min)...Int(Int32.max)), standard: "0", "higher goes first")
    default: describeStored(key)
    }
  }

  private static func describeStored(_ key: EntryKey) -> KeyDescription {
    switch key {
    case .contentType:
      setting(
        "content_type", .text, standard: "from the file's name", "the header Content-Type")
    case .metadata:
      setting(
        "metadata", .texts,
        "x-oss-meta-…; names of letters, digits, hyphens; together at most 8 KiB")
    case .tags:
      setting(
        "tags", .texts,
        "object tags: at most 10, keys to 128 and values to 256 characters: letters, digits, space"
          + " and + - = . _ : /")
    case .acl:
      setting(
        "acl", .choice(HeaderRules.ObjectACL.self), standard: "the bucket's",
        "the object's access rule")
    case .storageClass:
      setting(
        "storage_class", .choice(HeaderRules.StorageClass.self), standard: "the bucket's",
        "the object's storage class")
    case .encryption:
      setting(
        "encryption",
        .choiceOrMapping(HeaderRules.Encryption.allCases.map(\.rawValue), .encryption),
        standard: "the bucket's", "server-side encryption")
    default: setting("headers", .texts, "HTTP headers that are stored with the object")
    }
  }

  /// What every level may give.
  private static func setting(
    _ name: String, _ kind: ValueKind, standard: String = "", _ summary: String
  ) -> KeyDescription {
    KeyDescription(
      name, kind, null: .removes, in: everywhere, standard: standard, summary)
  }
}
