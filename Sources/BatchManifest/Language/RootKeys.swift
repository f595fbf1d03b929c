internal import BatchCore

enum RootKey: Int, ManifestKey {
  case version, name, vars, target, targets, concurrency, bandwidth, defaults, templates, entries

  static let table = KeyTable<RootKey>(.root)

  static let descriptions = allCases.map(describe)

  private static func describe(_ key: RootKey) -> KeyDescription {
    switch key {
    case .version:
      KeyDescription(
        "version", .integer(1...1), null: .refused, isRequired: true, in: [.root],
        "the version of the manifest's language, always 1")
    case .name:
      KeyDescription(
        "name", .word, in: [.root], standard: "the file's name without its extension",
        "what the run is called in reports")
    case .vars:
      KeyDescription(
        "vars", .texts, in: [.root],
        "texts for ${vars.NAME}; names of letters, digits and _")
    case .target:
      KeyDescription(
        "target", .mapping(.target), null: .refused, in: [.root],
        "the bucket, and how it is reached")
    case .targets:
      KeyDescription(
        "targets", .mappings(.target, atLeast: 1), null: .refused, in: [.root],
        "several targets by name; each entry chooses one with target")
    case .concurrency:
      KeyDescription(
        "concurrency", .integer(1...Manifest.maximumConcurrency), in: [.root],
        standard: "\(Manifest.defaultConcurrency)",
        "requests in flight over the whole run, all targets together")
    case .bandwidth:
      KeyDescription(
        "bandwidth", .rateOrList(.bandwidth), in: [.root], standard: "no limit",
        "bytes of bodies a second over the whole run, or a timetable of them")
    case .defaults:
      KeyDescription(
        "defaults", .mapping(.defaults), in: [.root],
        "settings of every entry that does not say otherwise")
    case .templates:
      KeyDescription(
        "templates", .mappings(.template), in: [.root],
        "settings by name, for the entries that use them")
    case .entries:
      KeyDescription(
        "entries", .list(.entry), null: .refused, isRequired: true, in: [.root],
        "what is uploaded; [] is legal and does nothing")
    }
  }
}

enum BandwidthKey: Int, ManifestKey {
  case from, to, rate

  static let table = KeyTable<BandwidthKey>(.bandwidth)

  static let descriptions = allCases.map(describe)

  private static func describe(_ key: BandwidthKey) -> KeyDescription {
    switch key {
    case .from:
      KeyDescription(
        "from", .timeOfDay, null: .refused, isRequired: true, in: [.bandwidth],
        "the local time from which the rate holds, such as 08:00")
    case .to:
      KeyDescription(
        "to", .timeOfDay, null: .refused, isRequired: true, in: [.bandwidth],
        "the local time until which it holds; before from: that of the next day")
    case .rate:
      KeyDescription(
        "rate", .rate, null: .refused, isRequired: true, in: [.bandwidth],
        "bytes a second, such as 20MiB/s")
    }
  }
}

enum TargetKey: Int, ManifestKey {
  case bucket, endpoint, region, prefix, addressing, signature, certificateAuthorityFile

  static let table = KeyTable<TargetKey>(.target)

  static let descriptions = allCases.map(describe)

  private static func describe(_ key: TargetKey) -> KeyDescription {
    switch key {
    case .bucket:
      KeyDescription(
        "bucket", .text, null: .refused, isRequired: true, in: [.target],
        "3 to 63 lower-case letters, digits, hyphens; no hyphen at either end")
    case .endpoint:
      KeyDescription(
        "endpoint", .text, in: [.target], standard: "OSS_ENDPOINT, else from the region",
        "the service's address, with http:// or https://, without a scheme https; no path")
    case .region:
      KeyDescription(
        "region", .text, in: [.target], standard: "OSS_REGION, else from the endpoint",
        "the region's name, such as cn-hangzhou")
    case .prefix:
      KeyDescription(
        "prefix", .text, in: [.target], standard: "empty",
        "put before every key, as it is: end it with / for a folder")
    case .addressing:
      KeyDescription(
        "addressing", .choice(Target.Addressing.self), in: [.target], standard: "auto",
        "how the bucket stands in the URL; auto is path for IP addresses and localhost, else virtual"
      )
    case .signature:
      KeyDescription(
        "signature", .choice(Target.Signature.self), in: [.target], standard: "v4",
        "how requests are signed")
    case .certificateAuthorityFile:
      KeyDescription(
        "ca_file", .path, in: [.target], standard: "the system's",
        "a PEM file of private root certificates, relative to the manifest")
    }
  }
}

enum EncryptionKey: Int, ManifestKey {
  case algorithm, keyID, dataEncryption

  static let table = KeyTable<EncryptionKey>(.encryption)

  static let descriptions = allCases.map(describe)

  private static func describe(_ key: EncryptionKey) -> KeyDescription {
    switch key {
    case .algorithm:
      KeyDescription(
        "algorithm", .choice(HeaderRules.Encryption.self), null: .refused, isRequired: true,
        in: [.encryption], "who encrypts with which keys")
    case .keyID:
      KeyDescription(
        "key_id", .word, null: .refused, in: [.encryption], "the key of KMS that is used")
    case .dataEncryption:
      KeyDescription(
        "data_encryption", .choice([HeaderRules.Encryption.SM4.rawValue]), null: .refused,
        in: [.encryption], "the algorithm for the data under KMS")
    }
  }
}
