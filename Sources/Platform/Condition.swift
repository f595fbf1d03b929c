internal import Glibc

/// What threads wait for while they hold a mutex, by the monotonic clock.
struct Condition: ~Copyable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  init(_ mutex: UnsafeMutablePointer<pthread_mutex_t>) {
    self.mutex = mutex
    condition = .allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    precondition(pthread_cond_init(condition, &attributes) == 0, "pthread_cond_init")
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    condition.deallocate()
  }

  func signal() { pthread_cond_signal(condition) }
  func broadcast() { pthread_cond_broadcast(condition) }
  func wait() { pthread_cond_wait(condition, mutex) }

  /// False when the moment has come.
  func wait(until deadline: Instant) -> Bool {
    var time = deadline.timespec
    return pthread_cond_timedwait(condition, mutex, &time) != ETIMEDOUT
  }
}
