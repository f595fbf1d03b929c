internal import Glibc

/// An unbounded queue that many threads fill and one thread empties, a batch at a time: every
/// hand-over between osbatch's threads goes through one of these, and batches amortise the wake-up.
package final class Inbox<Message: Sendable>: @unchecked Sendable {  // the mutex guards `messages`
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let filled: UnsafeMutablePointer<pthread_cond_t>
  private var messages: [Message] = []
  private var waiting = 0

  package init() {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    precondition(pthread_mutex_init(mutex, nil) == 0, "pthread_mutex_init")
    filled = .allocate(capacity: 1)
    filled.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    precondition(pthread_cond_init(filled, &attributes) == 0, "pthread_cond_init")
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(filled)
    filled.deallocate()
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  package func post(_ message: Message) {
    pthread_mutex_lock(mutex)
    messages.append(message)
    let wake = waiting > 0
    pthread_mutex_unlock(mutex)
    if wake { pthread_cond_signal(filled) }
  }

  /// Posts all messages in their order, and empties the array, keeping its storage.
  package func post(draining batch: inout [Message]) {
    guard !batch.isEmpty else { return }
    pthread_mutex_lock(mutex)
    messages.append(contentsOf: batch)
    let wake = waiting > 0
    pthread_mutex_unlock(mutex)
    if wake { pthread_cond_signal(filled) }
    batch.removeAll(keepingCapacity: true)
  }

  /// Swaps what has arrived into `batch` (which must be empty) without waiting.
  package func take(into batch: inout [Message]) {
    precondition(batch.isEmpty)
    pthread_mutex_lock(mutex)
    swap(&messages, &batch)
    pthread_mutex_unlock(mutex)
  }

  /// Waits until a message is there or the monotonic clock reaches `deadline` (nil: no limit),
  /// then swaps what has arrived into `batch`, which must be empty.
  package func wait(into batch: inout [Message], until deadline: Instant?) {
    precondition(batch.isEmpty)
    pthread_mutex_lock(mutex)
    waiting += 1
    while messages.isEmpty {
      if let deadline {
        var time = deadline.timespec
        if pthread_cond_timedwait(filled, mutex, &time) == ETIMEDOUT { break }
      } else {
        pthread_cond_wait(filled, mutex)
      }
    }
    waiting -= 1
    swap(&messages, &batch)
    pthread_mutex_unlock(mutex)
  }

  /// Waits for and takes the oldest message: for queues that several threads empty.
  package func next() -> Message {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    waiting += 1
    while messages.isEmpty { pthread_cond_wait(filled, mutex) }
    waiting -= 1
    return messages.removeFirst()
  }
}
