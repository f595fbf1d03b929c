internal import Glibc
internal import Platform

/// The files below a directory, as far as a manifest can name them.
struct DirectorySurvey {
  struct File {
    /// Below the directory, with slashes.
    var path: String
    /// Bytes.
    var size: Int
  }

  /// More files than this in one manifest is beyond its purpose, and their names beyond its memory.
  static let maximumFiles = 1_000_000
  private static let maximumDepth = 64
  /// Of runs; nobody misses it.
  private static let stateDirectory = ".osbatch"

  /// By their paths' bytes.
  private(set) var files: [File] = []
  /// There are more files than `maximumFiles`.
  private(set) var isCut = false
  /// A pattern for all of it would find more than `files`.
  private(set) var isBeyondPattern = false
  /// What is there and is not among the files, and why.
  private(set) var leftOut: [(path: String, reason: String)] = []
  private let root: String

  /// Regular files, and symbolic links to them, as patterns find them: not what begins with a point, and no linked
  /// directories.
  init(of directory: String) throws(SystemError) {
    root = directory
    try walk("", depth: 0)
    files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  private mutating func walk(_ folder: String, depth: Int) throws(SystemError) {
    for name in try names(root + "/" + folder) where !isCut {
      let path = folder + String(decoding: name, as: UTF8.self)
      if name.first == UInt8(ascii: ".") {
        if path != Self.stateDirectory { leaveOut(path, "its name begins with a point") }
      } else if String(validating: name, as: UTF8.self) == nil {
        isBeyondPattern = true
        leaveOut(path, "its name is not UTF-8")
      } else {
        try take(path, depth: depth)
      }
    }
  }

  private mutating func take(_ path: String, depth: Int) throws(SystemError) {
    let opened = root + "/" + path
    let status: stat
    do throws(SystemError) { status = try Self.status(opened) } catch {
      let isGone = [ENOENT, ENOTDIR, ELOOP].contains(error.code)
      return leaveOut(path, isGone ? "it leads nowhere" : "\(error)")
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: add(File(path: path, size: Int(status.st_size)))
    case S_IFDIR where Self.isLink(opened): leaveOut(path, "it is a linked directory")
    case S_IFDIR where depth == Self.maximumDepth:
      isBeyondPattern = true
      leaveOut(path, "it lies below more than \(Self.maximumDepth) directories")
    case S_IFDIR: try walk(path + "/", depth: depth + 1)
    default: leaveOut(path, "it is not a file")
    }
  }

  private mutating func leaveOut(_ path: String, _ reason: String) {
    leftOut.append((path, reason))
  }

  private mutating func add(_ file: File) {
    if files.count == Self.maximumFiles { isCut = true } else { files.append(file) }
  }

  private static func status(_ path: String) throws(SystemError) -> stat {
    var status = stat()
    guard stat(path, &status) == 0 else { throw SystemError("look at", path) }
    return status
  }

  private static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// The names in a directory, sorted.
  private func names(_ path: String) throws(SystemError) -> [[UInt8]] {
    guard let stream = opendir(path) else { throw SystemError("list", path) }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if !name.elementsEqual(".".utf8), !name.elementsEqual("..".utf8) { names.append(name) }
    }
    guard errno == 0 else { throw SystemError("list", path) }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }
}
