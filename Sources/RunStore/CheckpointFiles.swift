internal import BatchCore
internal import Glibc
internal import Platform

/// Writes checkpoints: one file per unfinished multipart upload, of which only the ones used last
/// are held open, so that thousands of uploads do not exhaust descriptors. Nothing here is flushed:
/// what a power loss takes is listed again.
struct CheckpointFiles: ~Copyable {
  private final class OpenFile {
    let file: FileDescriptor
    var lastUse = 0

    init(_ file: consuming FileDescriptor) { self.file = file }
  }

  private let directory: RunDirectory
  private let openLimit: Int
  /// The header's checksum of every checkpoint begun.
  private var seeds: [EntryIdentity: UInt32] = [:]
  private var openFiles: [EntryIdentity: OpenFile] = [:]
  private var uses = 0
  private var line = LineBuffer()

  init(_ directory: RunDirectory, openLimit: Int) {
    self.directory = directory
    self.openLimit = openLimit
  }

  /// Begins the checkpoint of this upload, with no part: who resumes an upload adds those that it
  /// keeps, so that a checkpoint never holds a part twice.
  mutating func begin(
    _ identity: EntryIdentity, _ intent: UploadIntent, uploadID: String
  ) throws(SystemError) {
    openFiles[identity] = nil
    let path = directory.checkpoint(identity)
    let file = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW)
    line.removeAll()
    seeds[identity] = line.appendCheckpointHeader(identity, intent, uploadID: uploadID)
    try file.writeBytes(line.bytes, path: path)
    keep(file, identity)
  }

  /// Adds a part to a checkpoint begun; without one, the part costs a listing after a crash.
  mutating func append(_ part: CheckpointPart, to identity: EntryIdentity) throws(SystemError) {
    guard let seed = seeds[identity], let open = try openFile(identity) else { return }
    line.removeAll()
    line.append(part, seed: seed)
    try open.file.writeBytes(line.bytes, path: directory.checkpoint(identity))
  }

  /// nil: somebody has deleted the checkpoint, which is no harm.
  private mutating func openFile(_ identity: EntryIdentity) throws(SystemError) -> OpenFile? {
    if let open = openFiles[identity] {
      uses += 1
      open.lastUse = uses
      return open
    }
    let path = directory.checkpoint(identity)
    do throws(SystemError) {
      return keep(try FileDescriptor.open(path, O_WRONLY | O_APPEND | O_NOFOLLOW), identity)
    } catch {
      if error.code == ENOENT { return nil }
      throw error
    }
  }

  @discardableResult
  private mutating func keep(
    _ file: consuming FileDescriptor, _ identity: EntryIdentity
  ) -> OpenFile {
    if openFiles.count >= openLimit,
      let oldest = openFiles.min(by: { $0.value.lastUse < $1.value.lastUse })
    {
      openFiles[oldest.key] = nil
    }
    uses += 1
    let open = OpenFile(file)
    open.lastUse = uses
    openFiles[identity] = open
    return open
  }

  mutating func closeAll() { openFiles.removeAll() }

  mutating func remove(_ identity: EntryIdentity) throws(SystemError) {
    openFiles[identity] = nil
    seeds[identity] = nil
    let path = directory.checkpoint(identity)
    guard unlink(path) == 0 || errno == ENOENT else { throw SystemError("remove", path) }
  }

  /// Removes what a crash left behind: checkpoints of uploads that are no longer open.
  static func removeStrays(
    in directory: RunDirectory, _ facts: RunFacts
  ) throws(StoreError) {
    let wanted = Set(facts.open.keys.map(RunDirectory.checkpointName))
    try opening { () throws(SystemError) in
      for name in try checkpointNames(in: directory) where !wanted.contains(name) {
        let path = directory.checkpoints + "/" + name
        guard unlink(path) == 0 || errno == ENOENT else { throw SystemError("remove", path) }
      }
    }
  }

  /// The uploads that only their checkpoints name: the records about them have not come to be written, or were lost.
  static func strays(
    in directory: RunDirectory, _ facts: RunFacts
  ) throws(StoreError) -> [CheckpointHead] {
    let known = facts.open.filter { $0.value.uploadID != nil }.keys
    return try heads(in: directory, but: Set(known.map(RunDirectory.checkpointName)))
  }

  /// The uploads that the checkpoints in a directory belong to. What cannot be read, or is gone by now as its upload is done, says
  /// nothing.
  static func heads(
    in directory: RunDirectory, but known: Set<String> = []
  ) throws(StoreError) -> [CheckpointHead] {
    try opening { () throws(SystemError) in
      var heads: [CheckpointHead] = []
      for name in try checkpointNames(in: directory) where !known.contains(name) {
        guard let head = try? Checkpoint.head(directory.checkpoints + "/" + name),
          RunDirectory.checkpointName(head.identity) == name
        else { continue }
        heads.append(head)
      }
      return heads
    }
  }

  private static func checkpointNames(in directory: RunDirectory) throws(SystemError) -> [String] {
    try names(in: directory.checkpoints).filter(isCheckpointName)
  }

  /// Only files that this program named are its to remove.
  private static func isCheckpointName(_ name: String) -> Bool {
    name.utf8.count == 32
      && name.utf8.allSatisfy {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
      }
  }

  private static func names(in path: String) throws(SystemError) -> [String] {
    guard let stream = opendir(path) else {
      if errno == ENOENT { return [] }
      throw SystemError("list", path)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      names.append(
        withUnsafeBytes(of: entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    guard errno == 0 else { throw SystemError("list", path) }
    return names
  }
}
