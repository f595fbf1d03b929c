internal import BatchCore
internal import Platform
internal import Synchronization

/// Threads that touch source files, so that a slow disk stalls neither the coordinator nor the event
/// loops. Reading whole files has threads of its own: what waits for a checksum must not keep bodies
/// from being sent.
final class SourcePool: Sendable {
  /// More threads than cores: most of their time is waiting for a disk.
  private static let quickThreads = 3
  private static let readingThreads = 2
  /// Jobs of one hand-over to one thread: many looks at a directory's data, few bodies that requests wait for,
  /// since each result waits for those of its batch.
  private static let inspectionBatch = 32
  private static let aheadBatch = 16
  private static let bodyBatch = 4

  private enum Order: Sendable {
    case work([SourceJob], SourceWorker)
    case stop
  }

  private let quick: Inbox<Order>
  private let reading: Inbox<Order>
  private let threads: [Thread]
  private let cancellation: SourceCancellation

  /// `deliver` is called on the pool's threads.
  init(
    cancellation: SourceCancellation, deliver: @escaping @Sendable ([SourceResult]) -> Void
  ) {
    let quick = Inbox<Order>()
    let reading = Inbox<Order>()
    (self.quick, self.reading) = (quick, reading)
    self.cancellation = cancellation
    let start = { (name: String, orders: Inbox<Order>) in
      Thread(name) {
        while case .work(let jobs, let worker) = orders.next() { deliver(jobs.map(worker.perform)) }
      }
    }
    threads =
      (1...Self.quickThreads).map { start("source \($0)", quick) }
      + (1...Self.readingThreads).map { start("reader \($0)", reading) }
  }

  /// Hands the jobs over, to be done as `worker` does them, and empties the array.
  func submit(_ jobs: inout [SourceJob], to worker: SourceWorker) {
    var inspections: [SourceJob] = []
    var ahead: [SourceJob] = []
    var bodies: [SourceJob] = []
    for job in jobs {
      switch job {
      case _ where worker.readsFiles(job): reading.post(.work([job], worker))
      case .inspect: collect(job, &inspections, Self.inspectionBatch, worker)
      case .readAhead: collect(job, &ahead, Self.aheadBatch, worker)
      case .prepare, .hash: collect(job, &bodies, Self.bodyBatch, worker)
      }
    }
    post(&bodies, worker)
    post(&ahead, worker)
    post(&inspections, worker)
    jobs.removeAll(keepingCapacity: true)
  }

  private func collect(
    _ job: SourceJob, _ batch: inout [SourceJob], _ size: Int, _ worker: SourceWorker
  ) {
    batch.append(job)
    if batch.count == size { post(&batch, worker) }
  }

  private func post(_ batch: inout [SourceJob], _ worker: SourceWorker) {
    guard !batch.isEmpty else { return }
    quick.post(.work(batch, worker))
    batch.removeAll()
  }

  /// What is not done yet ends soon, as cancelled.
  func cancel() { cancellation.cancel() }

  /// Ends the threads. Call it once.
  func stop() {
    cancel()
    for _ in 0..<Self.quickThreads { quick.post(.stop) }
    for _ in 0..<Self.readingThreads { reading.post(.stop) }
    for thread in threads { thread.join() }
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
