internal import BatchCore
internal import CurlTransport
internal import Platform
internal import Synchronization

/// Threads that touch source files, so that a slow disk stalls neither the coordinator nor the event
/// loops. Each file system has its own, so that one that is slow, or does not answer, holds up no
/// sources of another. Confined to the coordinator's thread.
final class SourcePool {
  /// Some of the jobs of one hand-over for one thread, one after the other.
  private final class Batch: Sendable {
    let jobs: [SourceJob]
    let worker: SourceWorker
    private let current = Atomic(0)

    init(_ jobs: [SourceJob], _ worker: SourceWorker) {
      self.jobs = jobs
      self.worker = worker
    }

    func begin(_ index: Int) { current.store(index, ordering: .relaxed) }
    /// The file that a thread is at.
    var path: String { worker.path(jobs[current.load(ordering: .relaxed)]) }
  }

  /// The threads of one file system. Reading whole files has threads of its own: what waits for a
  /// checksum must not keep bodies from being sent.
  private final class Lane {
    /// More threads than cores: most of their time is waiting for a disk.
    private static let quickThreads = 3
    private static let quickThreadLimit = 16
    private static let readingThreads = 2
    /// Many looks at a directory's data, few bodies that requests wait for, since each result waits for
    /// those of its batch.
    private static let inspectionBatch = 32
    private static let aheadBatch = 16
    private static let bodyBatch = 4

    private let quick: WorkQueue<Batch>
    private let reading: WorkQueue<Batch>
    private var inspections: [SourceJob] = []
    private var ahead: [SourceJob] = []
    private var bodies: [SourceJob] = []

    init(_ perform: @escaping @Sendable (Batch) -> Void) {
      quick = WorkQueue(
        "source", threads: Self.quickThreads, limit: Self.quickThreadLimit, perform: perform)
      reading = WorkQueue(
        "reader", threads: Self.readingThreads, limit: Self.readingThreads, perform: perform)
    }

    func submit(_ job: SourceJob, to worker: SourceWorker) {
      switch job {
      case _ where worker.readsFiles(job): reading.post(Batch([job], worker))
      case .inspect: collect(job, &inspections, Self.inspectionBatch, worker)
      case .readAhead: collect(job, &ahead, Self.aheadBatch, worker)
      case .prepare, .hash, .confirm: collect(job, &bodies, Self.bodyBatch, worker)
      }
    }

    private func collect(
      _ job: SourceJob, _ batch: inout [SourceJob], _ size: Int, _ worker: SourceWorker
    ) {
      batch.append(job)
      if batch.count == size { post(&batch, worker) }
    }

    func flush(to worker: SourceWorker) {
      post(&bodies, worker)
      post(&ahead, worker)
      post(&inspections, worker)
    }

    private func post(_ jobs: inout [SourceJob], _ worker: SourceWorker) {
      guard !jobs.isEmpty else { return }
      quick.post(Batch(jobs, worker))
      jobs.removeAll()
    }

    func stop() {
      quick.stop()
      reading.stop()
    }

    /// The files that threads are still at.
    func finish(by deadline: Instant) -> [String] {
      (quick.finish(by: deadline) + reading.finish(by: deadline)).map(\.path)
    }
  }

  /// Results that are there do not wait longer than this for others of their batch.
  private static let deliveryLimit: Int64 = 1_000_000

  private let cancellation: SourceCancellation
  private let perform: @Sendable (Batch) -> Void
  private var lanes: [MountTable.Device: Lane] = [:]
  /// Most jobs are about the directory of the one before.
  private var directory: [UInt8] = []
  private var directoryLane: Lane?

  /// `deliver` is called on the pool's threads.
  init(
    cancellation: SourceCancellation, deliver: @escaping @Sendable ([SourceResult]) -> Void
  ) {
    self.cancellation = cancellation
    perform = { batch in
      var results: [SourceResult] = []
      results.reserveCapacity(batch.jobs.count)
      var deliveredAt = Instant.now.nanoseconds
      for (index, job) in batch.jobs.enumerated() {
        batch.begin(index)
        results.append(batch.worker.perform(job))
        let now = Instant.now.nanoseconds
        guard index + 1 == batch.jobs.count || now - deliveredAt > Self.deliveryLimit else {
          continue
        }
        deliver(results)
        results.removeAll()
        deliveredAt = now
      }
    }
  }

  /// Hands the jobs over, to be done as `worker` does them, and empties the array.
  func submit(_ jobs: inout [SourceJob], to worker: SourceWorker) {
    guard !jobs.isEmpty else { return }
    for job in jobs { lane(ofPath: worker.path(job), worker).submit(job, to: worker) }
    for lane in lanes.values { lane.flush(to: worker) }
    jobs.removeAll(keepingCapacity: true)
  }

  private func lane(ofPath path: String, _ worker: SourceWorker) -> Lane {
    var path = path
    return path.withUTF8 { bytes in
      let length = bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0
      let here = bytes[..<length]
      if let lane = directoryLane, directory.elementsEqual(here) { return lane }
      directory = Array(here)
      let lane = lane(of: worker.device(ofDirectory: directory))
      directoryLane = lane
      return lane
    }
  }

  private func lane(of device: MountTable.Device) -> Lane {
    if let lane = lanes[device] { return lane }
    let lane = Lane(perform)
    lanes[device] = lane
    return lane
  }

  /// What is not done yet ends soon, as cancelled.
  func cancel() { cancellation.cancel() }

  /// Ends the threads. Those that hang in the kernel are waited for as long as for the transport's; the
  /// paths of what they are at. Call it once.
  func stop() -> [String] {
    cancel()
    for lane in lanes.values { lane.stop() }
    let deadline = Instant.now + HTTPTransport.patience
    return lanes.values.flatMap { $0.finish(by: deadline) }
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
