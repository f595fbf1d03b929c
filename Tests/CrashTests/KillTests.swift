import BatchCore
import Foundation
import RunStore
import TestKit
import Testing

/// Killed at any moment, again and again, a run continues: the moments come from a seed.
@Suite struct KillTests {
  /// OSBATCH_KILLS asks for more seeds than the usual ones.
  private static let seeds =
    1...(ProcessInfo.processInfo.environment["OSBATCH_KILLS"].flatMap { UInt64($0) } ?? 40)

  @Test(arguments: seeds)
  func killedAtSeededMomentsItComesToItsEnd(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let scene = try CrashScene(
      small: 150, partCounts: (0..<4).map { _ in Int.random(in: 2...14, using: &random) })
    if seed.isMultiple(of: 4) { try scene.makeJournalWasteful() }
    for _ in 0..<Int.random(in: 1...5, using: &random) {
      guard try scene.kill(at: Moment(using: &random)) else { break }
    }
    try scene.finish()
  }
}

extension CrashScene {
  /// A journal without a record.
  func makeJournal() throws { try makeJournal(failures: 0) }

  /// Records of entries that failed once more and once more, so that the next start compacts.
  func makeJournalWasteful() throws { try makeJournal(failures: 3_000) }

  private func makeJournal(failures: Int) throws {
    let directory = RunDirectory(stage.directory(".osbatch/manifest.yaml"))
    try directory.prepare()
    var facts = RunFacts()
    let journal = try Journal.open(
      in: directory, lock: RunLock.acquire(in: directory), facts: &facts)
    let writer = StoreWriter(journal) { _ in }
    for number in 0..<failures {
      let identity = EntryIdentity(high: UInt64(number % 500), low: 1)
      writer.post(.append(.failed(identity, message: "the service was not in the mood")))
    }
    writer.close()
  }
}
