/// The source file of an entry, as `${file.…}` sees it.
struct SourceName {
  /// Of a glob's match what lies below the fixed part of the pattern, else the path as it was written.
  let path: String
  /// As it can be opened.
  let file: String

  subscript(field: ReferenceName.FileField) -> String {
    switch field {
    case .path: path
    case .name: name
    case .stem: String(stemAndExtension.stem)
    case .ext: String(stemAndExtension.ext)
    case .dir: path.utf8.lastIndex(of: Self.slash).map { String(path[..<$0]) } ?? ""
    }
  }

  private static let slash = UInt8(ascii: "/")

  private var name: String {
    guard let slash = path.utf8.lastIndex(of: Self.slash) else { return path }
    return String(path[path.utf8.index(after: slash)...])
  }

  /// A dot at the beginning makes a file hidden; it does not begin an extension.
  private var stemAndExtension: (stem: Substring, ext: Substring) {
    let name = name
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.utf8.startIndex else {
      return (name[...], "")
    }
    return (name[..<dot], name[name.utf8.index(after: dot)...])
  }
}
