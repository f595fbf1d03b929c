internal import Digests

/// The name under which an object lies in its directory.
enum FileNames {
  /// File systems allow 255 bytes; the rest is room for what a storage layer may append.
  private static let maximumLength = 200
  private static let digestBytes = 16

  /// The key percent-encoded, so that no byte of it means anything to the file system: `/`, a leading
  /// `.` and `~` are encoded too. A key too long for one name keeps its beginning, followed by `~`
  /// and a digest of the whole key.
  static func name(for key: ObjectKey) -> String {
    var name = ""
    for (index, byte) in key.bytes.enumerated() {
      switch byte {
      case UInt8(ascii: "~"): name += "%7E"
      case UInt8(ascii: ".") where index == 0: name += "%2E"
      default: name += PercentEncoding.encode(CollectionOfOne(byte))
      }
      if name.utf8.count > maximumLength { return shortened(name, key) }
    }
    return name
  }

  private static func shortened(_ name: String, _ key: ObjectKey) -> String {
    let digest = SHA256.digest(of: key.bytes).prefix(digestBytes)
    let beginning = name.utf8.prefix(maximumLength - 2 * digestBytes - 1)
    return String(decoding: beginning, as: UTF8.self) + "~" + Hexadecimal.lowercase(Array(digest))
  }
}
