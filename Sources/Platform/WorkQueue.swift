internal import Glibc

/// A queue of jobs and the threads that do them, for jobs that may hang in the kernel, as reading from
/// a file system that does not answer does. A few threads share the queue. When a job has waited too
/// long because all of them are busy, one more thread takes it, up to a limit. A thread that hangs keeps nobody
/// from ending; given up, it leaves its place to another.
package final class WorkQueue<Job: Sendable>: @unchecked Sendable {  // the mutex guards its `var`s

  private struct Waiting {
    var job: Job
    var since: Int64
  }

  private let name: String
  private let threads: Int
  private let limit: Int
  /// A job that has waited this long gets a thread of its own.
  private let patience: Duration
  private let perform: @Sendable (Job) -> Void
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  /// There is a job for a thread that waits.
  private let filled: Condition
  /// There is something to watch for the thread in reserve.
  private let watched: Condition
  /// A thread has ended, after the last job that it was at.
  private let ended: Condition

  /// `waiting[next...]`, the oldest first.
  private var waiting: [Waiting] = []
  private var next = 0
  /// By number of the thread.
  private var atWork: [Int: Job] = [:]
  private var started = 0
  private var idle = 0
  /// Threads that take any job; there may be one more, in reserve.
  private var ordinary = 0
  /// Threads that were given up and have not come back.
  private var lost: Set<Int> = []
  private var hasReserve = false
  private var reserveSleeps = false
  private var isStopped = false

  /// `threads` come to be as they are needed, and up to `limit` where jobs hang. `perform` is called on
  /// them. `name` is what the kernel shows of them, with a number.
  package init(
    _ name: String, threads: Int, limit: Int, patience: Duration = .milliseconds(20),
    perform: @escaping @Sendable (Job) -> Void
  ) {
    precondition(threads >= 1 && limit >= threads, "a queue needs threads")
    (self.name, self.threads, self.limit) = (name, threads, limit)
    (self.patience, self.perform) = (patience, perform)
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    precondition(pthread_mutex_init(mutex, nil) == 0, "pthread_mutex_init")
    filled = Condition(mutex)
    watched = Condition(mutex)
    ended = Condition(mutex)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  package func post(_ job: Job) {
    locked {
      guard !isStopped else { return }
      waiting.append(Waiting(job: job, since: Instant.now.nanoseconds))
      callThread()
    }
  }

  /// Has somebody take what has come last.
  private func callThread() {
    if waiting.count - next <= idle {
      filled.signal()
    } else if ordinary < threads, start({ $0.work($1) }) {
      ordinary += 1
    } else if reserveSleeps {
      watched.signal()
    } else if !hasReserve, ordinary < limit {
      startReserve()
    }
  }

  /// Nobody waits any more for the thread that is at this job: as long as not too many hang, another comes in its place,
  /// and it ends when it comes back.
  package func giveUp(_ isGivenUp: (Job) -> Bool) {
    locked {
      guard !isStopped, lost.count < limit,
        let number = atWork.first(where: { isGivenUp($0.value) })?.key,
        lost.insert(number).inserted
      else { return }
      ordinary -= 1
      if next < waiting.count { callThread() }
    }
  }

  /// The jobs that threads are at, and those that wait for one.
  package var outstanding: [Job] { locked { atWork.values + waiting[next...].map(\.job) } }

  /// Jobs that nobody has begun are dropped, and no more are taken. Threads end with the job they are at.
  package func stop() {
    locked {
      isStopped = true
      waiting = []
      next = 0
      filled.broadcast()
      watched.broadcast()
    }
  }

  /// After `stop`: waits until no thread is at a job, at most until `deadline`; the jobs that threads still are at.
  /// These are left to the kernel.
  package func finish(by deadline: Instant) -> [Job] {
    locked {
      while !atWork.isEmpty, ended.wait(until: deadline) {}
      return Array(atWork.values)
    }
  }

  // Threads

  /// One thread the queue must have. Where the system gives no more, its jobs wait for those that it has.
  private func start(_ body: @escaping @Sendable (WorkQueue, Int) -> Void) -> Bool {
    let number = started + 1
    let hasCome = Thread.detached("\(name) \(number)", isNeeded: ordinary == 0 && !hasReserve) {
      [self] in
      body(self, number)
    }
    if hasCome { started = number }
    return hasCome
  }

  private func startReserve() {
    hasReserve = start { $0.waitInReserve($1) }
  }

  private func work(_ number: Int) {
    while let job = take(number) { perform(job) }
  }

  private func take(_ number: Int) -> Job? {
    locked {
      atWork[number] = nil
      if lost.remove(number) != nil { return end() }
      idle += 1
      while next == waiting.count, !isStopped { filled.wait() }
      idle -= 1
      return isStopped ? end() : first(number)
    }
  }

  /// It becomes an ordinary thread with the first job that has waited too long.
  private func waitInReserve(_ number: Int) {
    let job: Job? = locked {
      while !isStopped {
        guard next < waiting.count else {
          reserveSleeps = true
          watched.wait()
          reserveSleeps = false
          continue
        }
        let due = Instant(nanoseconds: waiting[next].since) + patience
        guard due <= .now else {
          _ = watched.wait(until: due)
          continue
        }
        hasReserve = false
        ordinary += 1
        if ordinary < limit { startReserve() }
        return first(number)
      }
      return end()
    }
    guard let job else { return }
    perform(job)
    work(number)
  }

  private func first(_ number: Int) -> Job {
    let job = waiting[next].job
    next += 1
    if next == waiting.count || next >= 1_024 {
      waiting.removeFirst(next)
      next = 0
    }
    atWork[number] = job
    return job
  }

  private func end() -> Job? {
    ended.broadcast()
    return nil
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
