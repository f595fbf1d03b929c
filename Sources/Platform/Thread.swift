internal import CLinux
internal import Glibc

/// An operating system thread with a name. Most of osbatch's threads live as long as the run: each owns
/// its state, blocks in one place, and is joined before the run ends, but for those that only read and
/// may be held up without end.
package final class Thread: @unchecked Sendable {
  // Written once, before anybody else has the thread: hence unchecked.
  private var handle = pthread_t()
  private let body: @Sendable () -> Void

  /// Starts a thread. `name` is what `top` and debuggers show (at most 15 bytes).
  package convenience init(_ name: String, _ body: @escaping @Sendable () -> Void) {
    self.init(of: name, body)
    let status = start()
    if status != 0 { Self.endWithout(status) }
  }

  private init(of name: String, _ body: @escaping @Sendable () -> Void) {
    self.body = {
      osbatch_name_this_thread(name)
      body()
    }
  }

  private func start() -> CInt {
    let context = Unmanaged.passRetained(self)
    let status = pthread_create(
      &handle, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Thread>.fromOpaque(context).takeRetainedValue().body()
        return nil
      }, context.toOpaque())
    if status != 0 { context.release() }
    return status
  }

  /// Without a thread that it needs the program cannot go on. What is on record is safe, as after a kill; the exit code is
  /// that of a program that cannot start, which is when most threads are.
  private static func endWithout(_ status: CInt) -> Never {
    let reason = SystemError("start", "a thread", code: status)
    let text = Array("\(reason): raise the limit of processes and threads, or of memory\n".utf8)
    _ = text.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    ChildProcess.endAll { _exit(4) }
  }

  /// A thread that nobody joins: it may hang in the kernel, where nothing ends it but the process's end. Whether there is
  /// one; false only where it is not needed: then the system gives no more.
  @discardableResult package static func detached(
    _ name: String, isNeeded: Bool = true, _ body: @escaping @Sendable () -> Void
  ) -> Bool {
    let thread = Thread(of: name, body)
    let status = thread.start()
    if status != 0, isNeeded { endWithout(status) }
    if status == 0 { pthread_detach(thread.handle) }
    return status == 0
  }

  /// Waits for the thread's end. Call it once.
  package func join() { pthread_join(handle, nil) }
}
