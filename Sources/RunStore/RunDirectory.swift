internal import BatchCore
internal import Glibc
internal import Platform

/// The state directory of one manifest: where its files are, and whether it can be
/// trusted. It holds `lock`, `journal` and `checkpoints/`.
package struct RunDirectory: Sendable, Equatable {
  /// Without a slash at the end, so that a symbolic link is seen as one.
  package let path: String

  package init(_ path: String) {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.path = path
  }

  package var lock: String { path + "/lock" }
  package var journal: String { path + "/journal" }
  /// A journal being written; it becomes `journal` by a rename.
  var newJournal: String { path + "/journal.new" }
  package var checkpoints: String { path + "/checkpoints" }

  func damagedJournal(_ number: Int) -> String { path + "/journal.damaged-\(number)" }

  func checkpoint(_ identity: EntryIdentity) -> String {
    checkpoints + "/" + Self.checkpointName(identity)
  }

  static func checkpointName(_ identity: EntryIdentity) -> String {
    var line = LineBuffer()
    line.hexadecimal(identity.high)
    line.hexadecimal(identity.low)
    return String(decoding: line.bytes, as: UTF8.self)
  }

  /// Where the state of a manifest is: `--state-dir`, else OSBATCH_STATE_DIR, else
  /// `.osbatch/<manifest file name>` beside the manifest. nil: the manifest is standard input
  /// (`-`), and nobody named a directory. An empty name counts as none.
  package static func chosen(
    option: String?, environment: String?, manifest: String
  ) -> RunDirectory? {
    if let option, !option.isEmpty { return RunDirectory(option) }
    if let environment, !environment.isEmpty { return RunDirectory(environment) }
    guard manifest != "-" else { return nil }
    guard let slash = manifest.utf8.lastIndex(of: UInt8(ascii: "/")) else {
      return RunDirectory(".osbatch/" + manifest)
    }
    let name = manifest[manifest.utf8.index(after: slash)...]
    return RunDirectory(manifest[...slash] + ".osbatch/" + name)
  }

  /// Creates what is missing (0700), and refuses a directory that another user could have prepared or can
  /// change. New names above the directory are flushed; that of `checkpoints/` need not be, as nothing
  /// that is in it has to survive a power loss.
  package func prepare() throws(StoreError) {
    try opening { () throws(SystemError) in try Self.create(path) }
    try Self.inspect(path, link: .symbolicLink)
    guard mkdir(checkpoints, 0o700) == 0 || errno == EEXIST else {
      throw .io(SystemError("create", checkpoints))
    }
    try inspect()
  }

  /// Throws when the directory, or `checkpoints/` in it, is something else than a directory that only its
  /// owner, this user, can write. A directory that does not exist is nobody's danger; and in one that
  /// passes, nobody else can put a link where `checkpoints/` was.
  package func inspect() throws(StoreError) {
    try Self.inspect(path, link: .symbolicLink)
    try Self.inspect(checkpoints, link: .symbolicLinkInside)
  }

  private static func inspect(
    _ path: String, link: StoreError.UnsafeDirectory
  ) throws(StoreError) {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw .io(SystemError("examine", path))
    }
    let problem: StoreError.UnsafeDirectory? =
      switch status.st_mode & S_IFMT {
      case S_IFLNK: link
      case S_IFDIR where status.st_uid != geteuid(): .ownedBy(user: status.st_uid)
      case S_IFDIR where status.st_mode & 0o022 != 0:
        .writableByOthers(mode: status.st_mode & 0o7777)
      case S_IFDIR: nil
      default: .notADirectory
      }
    if let problem { throw .unsafeDirectory(path, problem) }
  }

  private static func create(_ path: String) throws(SystemError) {
    if mkdir(path, 0o700) == 0 {
      try FileDescriptor.synchronizeDirectory(parent(path))
      return
    }
    switch errno {
    case EEXIST: return
    case ENOENT where parent(path) != path:
      try create(parent(path))
      guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SystemError("create", path) }
      try FileDescriptor.synchronizeDirectory(parent(path))
    default: throw SystemError("create", path)
    }
  }

  private static func parent(_ path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
