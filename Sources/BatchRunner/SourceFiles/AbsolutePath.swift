internal import Glibc

/// Paths as facts: the same file named in different ways must count as the same source.
enum AbsolutePath {
  /// `path` from `directory`, with `.`, `..` and double slashes resolved by their text alone
  /// (symbolic links are not followed: a link that moves is a change of content, not of name).
  static func make(_ path: String, in directory: String) -> String {
    let whole = path.utf8.first == UInt8(ascii: "/") ? path : directory + "/" + path
    if !needsWork(whole) { return whole }
    var parts: [Substring] = []
    for part in whole.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// Falls back to the root where the working directory has been removed: paths then differ from
  /// before, which costs comparing contents, never a wrong skip.
  static var workingDirectory: String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
  }

  private static func needsWork(_ path: String) -> Bool {
    var path = path
    return path.withUTF8 { bytes in
      var isAfterSlash = false
      for byte in bytes {
        let isSlash = byte == UInt8(ascii: "/")
        if isAfterSlash, isSlash || byte == UInt8(ascii: ".") { return true }
        isAfterSlash = isSlash
      }
      return false
    }
  }
}
