internal import BatchCore
internal import Glibc
internal import Platform

/// Whole journals: read, and written anew with nothing superseded.
enum JournalFile {
  /// The replay of the journal at `path`, nil when there is none.
  static func read(
    _ path: String, pastDamage: Bool = false
  ) throws(StoreError) -> JournalReplay? {
    let file: FileDescriptor
    do throws(SystemError) {
      file = try FileDescriptor.open(path, O_RDONLY | O_NOFOLLOW)
    } catch {
      if error.code == ENOENT { return nil }
      throw .io(error)
    }
    return try JournalReplay.read(file, path: path, pastDamage: pastDamage)
  }

  /// A new journal without a record, open for appending. Neither it nor its name is durable yet; what a power loss may leave
  /// of it counts as empty.
  static func create(in directory: RunDirectory) throws(StoreError) -> FileDescriptor {
    try opening { () throws(SystemError) in
      let file = try FileDescriptor.open(
        directory.journal, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW)
      var lines = LineBuffer()
      lines.appendVersion()
      try file.writeBytes(lines.bytes, path: directory.journal)
      return file
    }
  }

  /// Replaces the journal by one with exactly these facts: written beside it, flushed, renamed, so
  /// that a crash leaves the old one or the new one. The number of its last record.
  static func replace(
    in directory: RunDirectory, with facts: RunFacts
  ) throws(StoreError) -> Int {
    let sequence = try write(facts, to: directory.newJournal)
    try opening { () throws(SystemError) in
      guard rename(directory.newJournal, directory.journal) == 0 else {
        throw SystemError("rename", directory.newJournal)
      }
      try FileDescriptor.synchronizeDirectory(directory.path)
    }
    return sequence
  }

  private static func write(_ facts: RunFacts, to path: String) throws(StoreError) -> Int {
    let file = try opening { () throws(SystemError) in
      try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)
    }
    var lines = LineBuffer()
    lines.appendVersion()
    var sequence = 0
    try opening { () throws(SystemError) in
      try facts.forEachRecord { (record) throws(SystemError) in
        sequence += 1
        lines.append(record, sequence: sequence)
        guard lines.bytes.count > LineReader.blockSize else { return }
        try file.writeBytes(lines.bytes, path: path)
        lines.removeAll()
      }
      try file.writeBytes(lines.bytes, path: path)
      try file.synchronize(path)
    }
    return sequence
  }

  /// The bytes of a journal with exactly these facts.
  static func size(of facts: RunFacts) -> Int {
    var lines = LineBuffer()
    lines.appendVersion()
    var size = lines.bytes.count
    var sequence = 0
    facts.forEachRecord { record in
      lines.removeAll()
      sequence += 1
      lines.append(record, sequence: sequence)
      size += lines.bytes.count
    }
    return size
  }
}
