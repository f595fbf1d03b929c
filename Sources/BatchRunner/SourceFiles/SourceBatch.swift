internal import BatchCore
internal import Platform

/// Some of the jobs of one hand-over for one thread, one after the other. Each is answered once: by the thread
/// that does it, or, when nothing has come of its source for too long, by whoever gives it up.
final class SourceBatch: Sendable {
  private struct State {
    /// The job that the thread is at.
    var current = 0
    /// The jobs before this one have been answered, or are another batch's.
    var settled = 0
    var isGivenUp = false
  }

  /// Results that are there do not wait longer than this for others of their batch.
  private static let deliveryLimit: Int64 = 1_000_000
  /// A job that has taken longer has waited for its file system: those behind it wait at the same time, not in turn.
  private static let quickLimit: Int64 = 5_000_000

  let jobs: [SourceJob]
  let worker: SourceWorker
  private let queue: WorkQueue<SourceBatch>
  private let fileSystemProgress: ReadProgress.OfFileSystem
  private let progress: ReadProgress
  private let state = Lock(State())

  init(
    _ jobs: [SourceJob], _ worker: SourceWorker, _ queue: WorkQueue<SourceBatch>,
    _ fileSystemProgress: ReadProgress.OfFileSystem
  ) {
    self.jobs = jobs
    self.worker = worker
    self.queue = queue
    self.fileSystemProgress = fileSystemProgress
    progress = ReadProgress(fileSystemProgress)
  }

  /// The file that a thread is at.
  var path: String { worker.path(jobs[state.withLock { $0.current }]) }

  /// Called on the thread that does the jobs.
  func perform(_ deliver: ([SourceResult]) -> Void) {
    var results: [SourceResult] = []
    results.reserveCapacity(jobs.count)
    var deliveredAt = Instant.now.nanoseconds
    var began = deliveredAt
    for (index, job) in jobs.enumerated() {
      guard begin(index, at: Instant(nanoseconds: began)) else { return }
      results.append(worker.perform(job, progress))
      let now = Instant.now.nanoseconds
      let isSlow = now - began > Self.quickLimit
      began = now
      guard isSlow || index + 1 == jobs.count || now - deliveredAt > Self.deliveryLimit else {
        continue
      }
      guard settle(results.count) else { return }
      deliver(results)
      results.removeAll()
      deliveredAt = now
      if isSlow { return share(after: index) }
    }
  }

  /// Leaves all jobs after this one to any thread.
  private func share(after index: Int) {
    guard settle(jobs.count - index - 1) else { return }
    post(jobs[(index + 1)...])
  }

  /// Has any thread do jobs of this batch, each by itself.
  private func post(_ jobs: some Sequence<SourceJob>) {
    for job in jobs { queue.post(SourceBatch([job], worker, queue, fileSystemProgress)) }
  }

  /// False: it has been given up.
  func begin(_ index: Int, at now: Instant) -> Bool {
    progress.note(at: now)
    return state.withLock { state in
      state.current = index
      return !state.isGivenUp
    }
  }

  /// So many more jobs are not to be answered by others. False: they have been.
  private func settle(_ count: Int) -> Bool {
    state.withLock { state in
      if !state.isGivenUp { state.settled += count }
      return !state.isGivenUp
    }
  }

  /// Gives the batch up, if nothing has come of it for `limit` at `now`. The jobs whose source gives nothing, which are
  /// not answered by anybody else; empty: it goes on. Those around them go to other threads.
  func giveUp(
    at now: Instant, after limit: Duration, awakeSince: Instant
  ) -> ArraySlice<SourceJob> {
    let (stalled, others) = state.withLock { state in
      let open = state.settled..<jobs.count
      let stalled = progress.hasBegun ? state.current..<state.current + 1 : open
      guard max(progress.lastMove, awakeSince) + limit <= now, !state.isGivenUp,
        !stalled.clamped(to: open).isEmpty
      else { return (jobs[..<0], [SourceJob]()) }
      state.isGivenUp = true
      return (jobs[stalled], open.filter { !stalled.contains($0) }.map { jobs[$0] })
    }
    if !stalled.isEmpty { queue.giveUp { $0 === self } }
    post(others)
    return stalled
  }
}
