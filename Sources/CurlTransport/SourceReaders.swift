internal import Platform
internal import Synchronization

/// Threads that read bodies for the event loops where reading may wait: each file system has its own,
/// so that one that is slow, or does not answer, holds up nobody who sends from another.
final class SourceReaders: Sendable {
  /// What a body's block is read by.
  struct Job: Sendable {
    let body: ReadAhead
    let block: Int
  }

  /// The readers of one file system.
  final class FileSystem: Sendable {
    /// Blocks that all bodies together may have read ahead, beside one for each: 4 MiB.
    private static let blockLimit = 16
    /// One or two serve what the kernel has in memory; where every read waits, many waits at once are
    /// the only way to speed (20 ms and 128 KiB a read are 6 MB/s for one).
    private static let threads = 2
    private static let threadLimit = 16

    fileprivate let queue: WorkQueue<Job>
    private let blocks = Atomic<Int>(0)
    /// To be read into again: what goes back to the system in pieces of this size may not be had again at once.
    private let spare = Lock<[ReadAhead.Block]>([])

    init() {
      queue = WorkQueue("read ahead", threads: Self.threads, limit: Self.threadLimit) { job in
        job.body.fill(job.block)
      }
    }

    func post(_ job: Job) { queue.post(job) }

    /// Takes one of the blocks, if any is left or it `mustBe`.
    func takeBlock(mustBe: Bool) -> Bool {
      if blocks.add(1, ordering: .relaxed).newValue <= Self.blockLimit || mustBe { return true }
      giveBack(1)
      return false
    }

    func giveBack(_ count: Int) { blocks.subtract(count, ordering: .relaxed) }

    func giveBack(_ block: ReadAhead.Block) {
      giveBack(1)
      spare.withLock { if $0.count < Self.blockLimit { $0.append(block) } }
    }

    func emptyBlock() -> ReadAhead.Block { spare.withLock { $0.popLast() } ?? ReadAhead.Block() }
  }

  private let fileSystems = Lock<[MountTable.Device: FileSystem]>([:])

  func fileSystem(_ device: MountTable.Device) -> FileSystem {
    fileSystems.withLock { fileSystems in
      if let fileSystem = fileSystems[device] { return fileSystem }
      let fileSystem = FileSystem()
      fileSystems[device] = fileSystem
      return fileSystem
    }
  }

  /// Ends the threads; those that hang in the kernel at `deadline` are left to it. The paths of what
  /// they are reading.
  func stop(by deadline: Instant) -> [String] {
    let all = fileSystems.withLock { Array($0.values) }
    for fileSystem in all { fileSystem.queue.stop() }
    return all.flatMap { $0.queue.finish(by: deadline) }.map(\.body.path)
  }
}
