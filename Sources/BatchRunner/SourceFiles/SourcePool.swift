internal import BatchCore
internal import CurlTransport
internal import Platform
internal import Synchronization

/// Threads that touch source files, so that a slow disk stalls neither the coordinator nor the event
/// loops. Each file system has its own, so that one that is slow, or does not answer, holds up no
/// sources of another. Confined to the coordinator's thread.
final class SourcePool {
  /// The threads of one file system. Reading whole files has threads of its own: what waits for a
  /// checksum must not keep bodies from being sent.
  private final class FileSystem {
    /// More threads than cores: most of their time is waiting for a disk.
    private static let quickThreads = 3
    private static let quickThreadLimit = 16
    private static let readingThreads = 2
    /// One after the other is sooner in the memory than all of them together; but one that hangs must not keep the others.
    private static let fetchingThreads = 2
    private static let fetchingThreadLimit = 16
    private static let fetchingPatience = Duration.seconds(1)
    /// Many looks at a directory's data, few bodies that requests wait for, since each result waits for
    /// those of its batch.
    private static let inspectionBatch = 32
    private static let smallBatch = 16
    private static let bodyBatch = 4

    /// What is in memory need not be fetched.
    private let isInMemory: Bool
    private let quick: WorkQueue<SourceBatch>
    private let reading: WorkQueue<SourceBatch>
    private let fetching: WorkQueue<SourceBatch>
    private var inspections: [SourceJob] = []
    private var small: [SourceJob] = []
    private var bodies: [SourceJob] = []
    private let fileSystemProgress = ReadProgress.OfFileSystem()

    init(isInMemory: Bool, _ perform: @escaping @Sendable (SourceBatch) -> Void) {
      self.isInMemory = isInMemory
      quick = WorkQueue(
        "source", threads: Self.quickThreads, limit: Self.quickThreadLimit, perform: perform)
      reading = WorkQueue(
        "reader", threads: Self.readingThreads, limit: Self.readingThreads, perform: perform)
      fetching = WorkQueue(
        "fetcher", threads: Self.fetchingThreads, limit: Self.fetchingThreadLimit,
        patience: Self.fetchingPatience, perform: perform)
    }

    func submit(_ job: SourceJob, to worker: SourceWorker) {
      switch job {
      case _ where worker.readsFiles(job): post([job], worker, reading)
      case .read(_, let request, _) where request.range.count > DiskQueue.smallBody:
        read(job, bytes: request.range.count, worker)
      case .inspect: collect(job, &inspections, Self.inspectionBatch, worker)
      case .read: collect(job, &small, Self.smallBatch, worker)
      case .prepare, .hash, .confirm: collect(job, &bodies, Self.bodyBatch, worker)
      }
    }

    private func read(_ job: SourceJob, bytes: Int, _ worker: SourceWorker) {
      guard !isInMemory else { return collect(job, &bodies, Self.bodyBatch, worker) }
      // What is asked for at once waits once: many of those wait at the same time.
      let queue = bytes > OpenSource.fetchAhead ? fetching : quick
      post([job], worker, queue)
    }

    private func collect(
      _ job: SourceJob, _ batch: inout [SourceJob], _ size: Int, _ worker: SourceWorker
    ) {
      batch.append(job)
      if batch.count == size { post(&batch, worker) }
    }

    func flush(to worker: SourceWorker) {
      post(&bodies, worker)
      post(&small, worker)
      post(&inspections, worker)
    }

    private func post(_ jobs: inout [SourceJob], _ worker: SourceWorker) {
      guard !jobs.isEmpty else { return }
      post(jobs, worker, quick)
      jobs.removeAll()
    }

    private func post(
      _ jobs: [SourceJob], _ worker: SourceWorker, _ queue: WorkQueue<SourceBatch>
    ) {
      queue.post(SourceBatch(jobs, worker, queue, fileSystemProgress))
    }

    /// What has not been done yet.
    var outstanding: [SourceBatch] {
      quick.outstanding + reading.outstanding + fetching.outstanding
    }

    func stop() {
      quick.stop()
      reading.stop()
      fetching.stop()
    }

    /// The files that threads are still at.
    func finish(by deadline: Instant) -> [String] {
      (quick.finish(by: deadline) + reading.finish(by: deadline) + fetching.finish(by: deadline))
        .map(\.path)
    }
  }

  private let cancellation: SourceCancellation
  private let perform: @Sendable (SourceBatch) -> Void
  private var fileSystems: [MountTable.Device: FileSystem] = [:]
  /// Most jobs are about the directory of the one before.
  private var directory: [UInt8] = []
  private var directoryFileSystem: FileSystem?
  private let stallLimit: Duration
  /// When it is next looked whether jobs have stalled; nil: there are none.
  private(set) var due: Instant?
  /// What happened before does not count: the whole program was stopped for a while, and no source is to blame.
  private var awakeSince = Instant(nanoseconds: 0)

  /// `stallLimit`: a job whose source gives nothing for so long is given up. `deliver` is called on the pool's threads.
  init(
    stallLimit: Duration, cancellation: SourceCancellation,
    deliver: @escaping @Sendable ([SourceResult]) -> Void
  ) {
    self.stallLimit = stallLimit
    self.cancellation = cancellation
    perform = { $0.perform(deliver) }
  }

  /// Hands the jobs over, to be done as `worker` does them, and empties the array.
  func submit(_ jobs: inout [SourceJob], to worker: SourceWorker) {
    guard !jobs.isEmpty else { return }
    for job in jobs { fileSystem(ofPath: worker.path(job), worker).submit(job, to: worker) }
    for fileSystem in fileSystems.values { fileSystem.flush(to: worker) }
    jobs.removeAll(keepingCapacity: true)
    if due == nil { due = .now + interval }
  }

  /// Answers the jobs of whose sources nothing has come for the stall limit. A thread that hangs in one stays where it
  /// is: what it brings, if it comes back, nobody takes.
  func giveUpStalled(at now: Instant) -> [SourceResult] {
    guard let due, due <= now else { return [] }
    let outstanding = fileSystems.values.flatMap(\.outstanding)
    self.due = outstanding.isEmpty ? nil : now + interval
    if due + interval < now { awakeSince = now }
    var results: [SourceResult] = []
    for batch in outstanding {
      let stalled = batch.giveUp(at: now, after: stallLimit, awakeSince: awakeSince)
      results += stalled.map { batch.worker.refuse($0, stall(batch.worker.path($0))) }
    }
    return results
  }

  private func stall(_ path: String) -> Failure {
    Failure(
      .sourceUnreadable,
      "cannot read \(path): its file system has not answered for \(stallLimit.inWords)")
  }

  private var interval: Duration { min(.seconds(1), stallLimit / 4) }

  private func fileSystem(ofPath path: String, _ worker: SourceWorker) -> FileSystem {
    var path = path
    return path.withUTF8 { bytes in
      let length = bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0
      let here = bytes[..<length]
      if let fileSystem = directoryFileSystem, directory.elementsEqual(here) { return fileSystem }
      directory = Array(here)
      let fileSystem = fileSystem(of: worker.device(ofDirectory: directory), worker)
      directoryFileSystem = fileSystem
      return fileSystem
    }
  }

  private func fileSystem(of device: MountTable.Device, _ worker: SourceWorker) -> FileSystem {
    if let fileSystem = fileSystems[device] { return fileSystem }
    let fileSystem = FileSystem(isInMemory: worker.isInMemory(device), perform)
    fileSystems[device] = fileSystem
    return fileSystem
  }

  /// What is not done yet ends soon, as cancelled.
  func cancel() { cancellation.cancel() }

  /// Ends the threads. Those that hang in the kernel are waited for as long as for the transport's; the
  /// paths of what they are at. Call it once.
  func stop() -> [String] {
    cancel()
    for fileSystem in fileSystems.values { fileSystem.stop() }
    let deadline = Instant.now + HTTPTransport.patience
    return fileSystems.values.flatMap { $0.finish(by: deadline) }
  }
}

/// Tells those who read files that nobody needs it any more.
final class SourceCancellation: Sendable {
  private let isSet = Atomic(false)

  func cancel() { isSet.store(true, ordering: .relaxed) }

  func check() throws(Failure) {
    if isSet.load(ordering: .relaxed) { throw Failure(.transient, "cancelled") }
  }
}
