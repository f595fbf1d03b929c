internal import BatchCore

/// Which headers a manifest may set, and to what (RFC 9110 §5.5–5.6.2; OSS API reference, "Request headers").
enum HeaderRules {
  /// Servers refuse larger headers.
  static let maximumValueLength = 8192
  static let maximumMetadataSize = 8192

  enum ObjectACL: String, CaseIterable {
    case `private`
    case publicRead = "public-read"
    case publicReadWrite = "public-read-write"
    case `default`
  }

  enum StorageClass: String, CaseIterable {
    case Standard, IA, Archive, ColdArchive, DeepColdArchive
  }

  enum Encryption: String, CaseIterable { case AES256, KMS, SM4 }

  /// Headers whose values are one of a few words.
  static let words: [String: [String]] = [
    "x-oss-object-acl": EntryKey.acl.description.kind.words,
    "x-oss-storage-class": EntryKey.storageClass.description.kind.words,
    "x-oss-server-side-encryption": EncryptionKey.algorithm.description.kind.words,
    "x-oss-server-side-data-encryption": EncryptionKey.dataEncryption.description.kind.words,
  ]

  /// Why `name`, in lower case, cannot be a header here; nil: it can.
  static func problem(name: String) -> String? {
    guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else {
      return "\(quoted(name)) is not a header name: letters, digits and !#$%&'*+-.^_`|~ only"
    }
    if name.hasPrefix("x-oss-copy-source") {
      return "the header \(quoted(name)) cannot be given: osbatch uploads files, it does not copy"
    }
    if let reason = OwnedHeaders.reasons[name] {
      return "the header \(quoted(name)) cannot be given: \(reason)"
    }
    guard name.hasPrefix(SettingsLayer.metadataPrefix) else { return nil }
    return problem(metadata: String(name.dropFirst(SettingsLayer.metadataPrefix.count)))
  }

  /// Why `name` cannot be a metadata name; nil: it can.
  static func problem(metadata name: String) -> String? {
    if !name.isEmpty, name.utf8.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }) {
      return nil
    }
    return "\(quoted(name)) is not a metadata name: letters, digits and hyphens only"
  }

  /// Why `value` cannot be sent; nil: it can.
  static func problem(value: String) -> String? {
    if value.utf8.count > maximumValueLength {
      let limit = grouped(maximumValueLength)
      return "the value has \(grouped(value.utf8.count)) bytes; a header can have \(limit)"
    }
    let tab = UInt8(ascii: "\t")
    guard value.utf8.contains(where: { isControl($0) && $0 != tab }) else { return nil }
    return "a header's value must not hold line breaks or other control characters"
  }

  /// Spaces and tabs around a value are not part of it.
  static func trimmed(_ value: String) -> String {
    let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    guard value.utf8.first.map(isSpace) == true || value.utf8.last.map(isSpace) == true else {
      return value
    }
    let start = value.utf8.drop(while: isSpace)
    return String(decoding: start.reversed().drop(while: isSpace).reversed(), as: UTF8.self)
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    isLetterOrDigit(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
  }
}
