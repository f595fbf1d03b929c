package import BatchCore
internal import Glibc
internal import Platform

/// The journal of a run, open for writing by the one holder of the lock: facts are read from it
/// once, at the open, and then only appended. The format is described in FORMAT.md.
package struct Journal: ~Copyable {
  let directory: RunDirectory
  private let lock: RunLock
  private let file: FileDescriptor
  /// The directory has been flushed since the open: a run that created the file may have been killed before it did that.
  private var hasDurableName = false
  private var sequence: Int
  private var lines = LineBuffer()
  /// Bytes that the kernel has.
  private var writtenBytes: Int
  /// Bytes that a failed flush leaves: what is durable, and how the run began, whose id must not be lost.
  private var keptBytes: Int

  /// A journal up to this size is not worth rewriting, in bytes.
  private static let compactionFloor = 64 << 10
  /// No `done` line is shorter: a bound that spares large journals the exact sum.
  private static let shortestDoneLine = 90

  /// The facts without the right to write, for `status`, `plan` and `verify`: nothing is changed,
  /// no lock is needed, a run may be writing.
  package static func facts(in directory: RunDirectory) throws(StoreError) -> RunFacts {
    try directory.inspect()
    var facts = try recorded(in: directory)
    facts.adopt(try CheckpointFiles.strays(in: directory, facts))
    return facts
  }

  private static func recorded(in directory: RunDirectory) throws(StoreError) -> RunFacts {
    guard var replay = try JournalFile.read(directory.journal) else { return RunFacts() }
    if replay.damage != nil {
      // A starting run may have cut a torn end, and appended, between two reads of ours. Damage
      // that is there twice is real.
      guard let second = try JournalFile.read(directory.journal) else { return RunFacts() }
      replay = second
    }
    return try intact(replay, directory)
  }

  /// Opens the journal, or creates it, and puts what it says into `facts`. A torn end is cut; a
  /// journal of mostly superseded records is compacted; uploads that only a checkpoint names are put on record, and checkpoints of
  /// no open upload are removed.
  /// What was read is durable when this returns.
  package static func open(
    in directory: RunDirectory, lock: consuming RunLock, facts: inout RunFacts
  ) throws(StoreError) -> Journal {
    try directory.inspect()
    try removeUnfinishedReplacement(directory)
    var sequence = try recover(directory, &facts)
    if facts.adopt(try CheckpointFiles.strays(in: directory, facts)) {
      sequence = try JournalFile.replace(in: directory, with: facts)
    }
    try CheckpointFiles.removeStrays(in: directory, facts)
    let file =
      sequence == nil
      ? try JournalFile.create(in: directory)
      : try opening { () throws(SystemError) in
        try FileDescriptor.open(directory.journal, O_WRONLY | O_APPEND | O_NOFOLLOW)
      }
    let bytes = try opening { () throws(SystemError) in
      Int(try file.status(directory.journal).st_size)
    }
    return Journal(directory, lock, file, bytes: bytes, sequence: sequence)
  }

  /// `sequence` is nil for one that has just been created.
  private init(
    _ directory: RunDirectory, _ lock: consuming RunLock, _ file: consuming FileDescriptor,
    bytes: Int, sequence: Int?
  ) {
    self.directory = directory
    self.lock = lock
    self.file = file
    self.sequence = sequence ?? 0
    writtenBytes = bytes
    keptBytes = bytes
  }

  private static func removeUnfinishedReplacement(_ directory: RunDirectory) throws(StoreError) {
    guard unlink(directory.newJournal) == 0 || errno == ENOENT else {
      throw .io(SystemError("remove", directory.newJournal))
    }
  }

  /// Makes the file whole and durable; the number of its last record, nil when there is none.
  private static func recover(
    _ directory: RunDirectory, _ facts: inout RunFacts
  ) throws(StoreError) -> Int? {
    guard let replay = try JournalFile.read(directory.journal) else {
      facts = RunFacts()
      return nil
    }
    facts = try intact(replay, directory)
    if replay.wholeBytes == 0 || isWasteful(replay.wholeBytes, facts) {
      return try JournalFile.replace(in: directory, with: facts)
    }
    let file = try opening { () throws(SystemError) in
      try cut(directory.journal, to: replay.wholeBytes)
    }
    do throws(SystemError) { try file.synchronize(directory.journal) } catch {
      // What could not be written can still be read, but only that; once more it would be believed.
      return try JournalFile.replace(in: directory, with: facts)
    }
    return replay.sequence
  }

  private static func cut(_ path: String, to size: Int) throws(SystemError) -> FileDescriptor {
    let file = try FileDescriptor.open(path, O_WRONLY | O_NOFOLLOW)
    if Int(try file.status(path).st_size) > size { try file.truncate(to: size, path: path) }
    return file
  }

  private static func intact(
    _ replay: JournalReplay, _ directory: RunDirectory
  ) throws(StoreError) -> RunFacts {
    guard let damage = replay.damage else { return replay.facts }
    throw .damaged(file: directory.journal, offset: damage.offset, detail: damage.detail)
  }

  private static func isWasteful(_ size: Int, _ facts: RunFacts) -> Bool {
    size > compactionFloor && size > 2 * shortestDoneLine * facts.doneCount
      && size > 2 * JournalFile.size(of: facts)
  }

  /// Adds a record to the batch that is written next.
  package mutating func add(_ record: JournalRecord) throws(StoreError) {
    lines.append(record, sequence: sequence + 1)
    guard lines.lineLength < LineReader.blockSize else {
      throw .recordTooLong(file: directory.journal, bytes: lines.lineLength)
    }
    sequence += 1
    if case .runStarted = record { keptBytes = writtenBytes + lines.bytes.count }
  }

  /// Writes the batch with one write and one flush; when this returns, it is durable. After an
  /// error nothing more may be written: what a failed flush left is not known to the kernel either.
  package mutating func commit() throws(StoreError) {
    try write()
    try flush()
  }

  /// Gives the batch to the kernel: now it outlives this process, but not yet the machine.
  mutating func write() throws(StoreError) {
    do throws(SystemError) {
      try file.writeBytes(lines.bytes, path: directory.journal)
    } catch {
      throw .writeFailed(error)
    }
    writtenBytes += lines.bytes.count
    lines.removeAll()
  }

  /// Makes durable what has been written.
  mutating func flush() throws(StoreError) {
    try settle()
    do throws(SystemError) {
      try requireName()
      try file.synchronizeData(directory.journal)
    } catch {
      withdraw()
      throw .writeFailed(error)
    }
    keptBytes = writtenBytes
  }

  /// What is written to a file that was removed is gone with this process, and to one that was moved no other run knows.
  private func requireName() throws(SystemError) {
    var named = stat()
    guard stat(directory.journal, &named) == 0 else {
      throw SystemError("write", directory.journal)
    }
    let own = try file.status(directory.journal)
    guard own.st_dev == named.st_dev, own.st_ino == named.st_ino else {
      throw SystemError("write", directory.journal, code: ENOENT)
    }
  }

  /// After a failed flush the kernel takes its copy of the records for written, and a later flush says that they are durable. So they
  /// are cut off, as a power loss would have done: the next run believes only what it could still read after one. (Best effort;
  /// the error that is told is the flush's.)
  private func withdraw() {
    _ = try? file.truncate(to: keptBytes, path: directory.journal)
  }

  /// Makes the journal's name durable, which need not wait for the first flush.
  mutating func settle() throws(StoreError) {
    guard !hasDurableName else { return }
    do throws(SystemError) {
      try FileDescriptor.synchronizeDirectory(directory.path)
    } catch {
      withdraw()
      throw .writeFailed(error)
    }
    hasDurableName = true
  }
}
