/// The media type of an object by its name. The table is osbatch's own: the same file gets the same
/// type on every machine, whatever its size and whatever the host has installed.
package enum ContentTypes {
  package static let fallback = "application/octet-stream"

  private static let types = ContentTypeIndex(contentTypeTable)

  /// The type of the source file's name, else of the key, else the fallback.
  package static func type(file: String, key: String) -> String {
    type(ofName: file) ?? type(ofName: key) ?? fallback
  }

  /// By what follows the last dot of the last component; a leading dot only hides a file.
  private static func type(ofName path: String) -> String? {
    var path = path
    return path.withUTF8 { bytes in
      guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > 0,
        bytes[dot - 1] != UInt8(ascii: "/")
      else { return nil }
      return types[UnsafeBufferPointer(rebasing: bytes[(dot + 1)...])]
    }
  }
}
