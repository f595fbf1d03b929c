internal import Glibc

/// An unbounded queue that many threads fill and one thread empties, a batch at a time: every
/// hand-over between osbatch's threads goes through one of these, and batches amortise the wake-up.
package final class Inbox<Message: Sendable>: @unchecked Sendable {  // the mutex guards `messages`
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let filled: Condition
  private var messages: [Message] = []
  private var waiting = 0

  package init() {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    precondition(pthread_mutex_init(mutex, nil) == 0, "pthread_mutex_init")
    filled = Condition(mutex)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  package func post(_ message: Message) {
    pthread_mutex_lock(mutex)
    messages.append(message)
    let wake = waiting > 0
    pthread_mutex_unlock(mutex)
    if wake { filled.signal() }
  }

  /// Posts all messages in their order, and empties the array, keeping its storage.
  package func post(draining batch: inout [Message]) {
    guard !batch.isEmpty else { return }
    pthread_mutex_lock(mutex)
    messages.append(contentsOf: batch)
    let wake = waiting > 0
    pthread_mutex_unlock(mutex)
    if wake { filled.signal() }
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
        guard filled.wait(until: deadline) else { break }
      } else {
        filled.wait()
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
    while messages.isEmpty { filled.wait() }
    waiting -= 1
    return messages.removeFirst()
  }
}
