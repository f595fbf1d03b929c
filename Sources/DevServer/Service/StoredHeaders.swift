internal import NIOHTTP1

/// The request headers that are stored with an object, checked by the service's rules
/// (OSS API reference, "Request headers").
enum StoredHeaders {
  private static let maximumMetadataBytes = 8192
  private static let plainNames: Set = [
    "content-type", "cache-control", "content-disposition", "content-encoding", "content-language",
    "expires", "x-oss-storage-class", "x-oss-tagging", "x-oss-object-acl",
  ]
  private static let conditions = [
    "if-modified-since", "if-unmodified-since", "if-match", "if-none-match",
  ]
  static let encryptionPrefixes = [
    "x-oss-server-side-encryption", "x-oss-server-side-data-encryption",
  ]
  static let metadataPrefix = "x-oss-meta-"

  static func collect(_ request: Request) throws(ServiceError) -> [StoredHeader] {
    for name in conditions where request.headers.contains(name: name) {
      throw ServiceError(
        400, "NotImplemented",
        "A header you provided implies functionality that is not implemented."
      ).with("Header", name)
    }
    var stored: [StoredHeader] = []
    for (name, value) in request.headers where isStored(name.lowercased()) {
      stored.append(StoredHeader(name: name.lowercased(), value: value.trimmed))
    }
    for header in stored { try check(header) }
    let metadataBytes = stored.filter { $0.name.hasPrefix(metadataPrefix) }
      .reduce(0) { $0 + $1.name.utf8.count - metadataPrefix.utf8.count + $1.value.utf8.count }
    guard metadataBytes <= maximumMetadataBytes else {
      throw ServiceError.invalidArgument(
        "The user metadata is larger than \(maximumMetadataBytes) bytes.", "x-oss-meta-",
        String(metadataBytes))
    }
    return stored
  }

  /// UploadPart takes no encryption header.
  static func refuseEncryption(_ request: Request) throws(ServiceError) {
    for (name, value) in request.headers where isEncryption(name.lowercased()) {
      throw ServiceError.invalidArgument(
        "Encryption belongs to InitiateMultipartUpload, not to a part.", name, value)
    }
  }

  static func checkACL(_ value: String) throws(ServiceError) {
    guard ["private", "public-read", "public-read-write", "default"].contains(value) else {
      throw ServiceError.invalidArgument("no such object ACL.", "x-oss-object-acl", value)
    }
  }

  static func isEncryption(_ name: String) -> Bool {
    encryptionPrefixes.contains(where: name.hasPrefix)
  }

  private static func isStored(_ name: String) -> Bool {
    plainNames.contains(name) || name.hasPrefix(metadataPrefix) || isEncryption(name)
  }

  private static func check(_ header: StoredHeader) throws(ServiceError) {
    switch header.name {
    case "x-oss-object-acl": try checkACL(header.value)
    case "x-oss-tagging": _ = try ObjectTags(header.value)
    case "x-oss-storage-class":
      let classes = ["Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"]
      guard classes.contains(header.value) else {
        throw ServiceError.invalidArgument("no such storage class.", header.name, header.value)
      }
    case "x-oss-server-side-encryption", "x-oss-server-side-data-encryption":
      guard ["AES256", "KMS", "SM4"].contains(header.value) else {
        throw ServiceError(
          400, "InvalidEncryptionAlgorithmError",
          "The encryption request you specified is not valid. Supported: AES256, KMS, SM4."
        ).with("Algorithm", header.value)
      }
    case let name where name.hasPrefix(metadataPrefix):
      let rest = name.dropFirst(metadataPrefix.count)
      guard !rest.isEmpty, rest.utf8.allSatisfy(isMetadataLetter) else {
        throw ServiceError.invalidArgument(
          "Names of metadata are letters, digits and hyphens.", name, header.value)
      }
    default: break
    }
  }

  private static func isMetadataLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
