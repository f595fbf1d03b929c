internal import CLinux
internal import Glibc

/// An operating system thread with a name. Most of osbatch's threads live as long as the run: each owns
/// its state, blocks in one place, and is joined before the run ends, but for those that only read and
/// may be held up without end.
package final class Thread: @unchecked Sendable {
  // Written once, before the initializer returns: hence unchecked.
  private var handle = pthread_t()
  private let body: @Sendable () -> Void

  /// Starts a thread. `name` is what `top` and debuggers show (at most 15 bytes).
  package init(_ name: String, _ body: @escaping @Sendable () -> Void) {
    self.body = {
      osbatch_name_this_thread(name)
      body()
    }
    let context = Unmanaged.passRetained(self).toOpaque()
    let status = pthread_create(
      &handle, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Thread>.fromOpaque(context).takeRetainedValue().body()
        return nil
      }, context)
    precondition(status == 0, "the system gives no more threads (pthread_create: \(status))")
  }

  /// A thread that nobody joins: it may hang in the kernel, where nothing ends it but the process's end.
  package static func detached(_ name: String, _ body: @escaping @Sendable () -> Void) {
    pthread_detach(Thread(name, body).handle)
  }

  /// Waits for the thread's end. Call it once.
  package func join() { pthread_join(handle, nil) }
}
