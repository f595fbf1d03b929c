internal import BatchCore
internal import Glibc
internal import Platform

extension Journal {
  /// What `rebuild` did, for the user.
  package struct Rebuilt: Sendable, Equatable {
    /// Where the journal is now that was there before; nil: there was none.
    package var damagedFile: String?
    /// The first byte that could not be read, counted from 0; nil: all could, and yet records are missing.
    package var offset: Int?
    /// How many entries are on record as done after the rebuild.
    package var done: Int
  }

  /// Makes a damaged journal usable (`--rebuild-state`): every readable record is kept, checkpoints say
  /// which uploads there are besides, the damaged file stays as `journal.damaged-<n>`. nil: nothing is
  /// damaged or missing, as far as checkpoints tell, and nothing was changed. What the lost records said, the next run asks the service.
  package static func rebuild(
    in directory: RunDirectory, lock: borrowing RunLock
  ) throws(StoreError) -> Rebuilt? {
    let replay = try JournalFile.read(directory.journal, pastDamage: true)
    var facts = replay?.facts ?? RunFacts()
    let checkpoints = try CheckpointFiles.heads(in: directory)
    guard replay?.damage != nil || checkpoints.contains(where: facts.lacks) else { return nil }
    facts.doubt(checkpoints)
    let keptAs = replay == nil ? nil : try keepDamaged(directory)
    _ = try JournalFile.replace(in: directory, with: facts)
    return Rebuilt(damagedFile: keptAs, offset: replay?.damage?.offset, done: facts.doneCount)
  }

  /// Gives the damaged file a second name, so that at no moment there is no journal.
  private static func keepDamaged(_ directory: RunDirectory) throws(StoreError) -> String {
    var number = 1
    while link(directory.journal, directory.damagedJournal(number)) != 0 {
      guard errno == EEXIST else {
        throw .io(SystemError("link", directory.damagedJournal(number)))
      }
      number += 1
    }
    return directory.damagedJournal(number)
  }
}
