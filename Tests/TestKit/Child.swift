package import Foundation

/// A program as a child process: its own environment and working directory, a clean signal mask,
/// output kept in files without names.
package final class Child {
  /// How it ended and what it said.
  package struct End {
    /// The exit code, or the negative number of the signal that killed it.
    package var code: Int
    package var output: String
    package var errors: String
  }

  package let process: pid_t
  private let output: Int32
  private let errors: Int32
  /// Readable as soon as the process is gone: it holds the only other end.
  private let life: Int32
  private var status: Int32?

  /// `output` is the descriptor that becomes standard output instead of a file of its own.
  package init(
    _ program: String, _ arguments: [String], environment: [String: String], directory: String,
    output: Int32? = nil
  ) throws {
    let captured = try Child.namelessFile()
    errors = try Child.namelessFile()
    let ends = try Child.pipe()
    life = ends.read
    self.output = captured
    defer { close(ends.write) }
    process = try Child.spawn(
      [program] + arguments, environment, directory, [output ?? captured, errors, ends.write])
  }

  deinit {
    if status == nil {
      Glibc.kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
    for descriptor in [output, errors, life] { close(descriptor) }
  }

  package func signal(_ number: Int32) { if status == nil { Glibc.kill(process, number) } }

  package var hasEnded: Bool {
    var poll = pollfd(fd: life, events: Int16(POLLIN), revents: 0)
    return status != nil || Glibc.poll(&poll, 1, 0) > 0
  }

  /// Waits for its end; one that does not come is a failure, and the process is killed.
  package func wait(seconds: Int = 90) throws -> End {
    var poll = pollfd(fd: life, events: Int16(POLLIN), revents: 0)
    if status == nil {
      let isOver = Glibc.poll(&poll, 1, Int32(seconds * 1_000)) > 0
      if !isOver { Glibc.kill(process, SIGKILL) }
      var result: Int32 = 0
      waitpid(process, &result, 0)
      status = result
      guard isOver else {
        throw Problem("a process did not end within \(seconds) s; it said \(text(of: errors))")
      }
    }
    let result = Int(status ?? 0)
    let code = result & 0x7f == 0 ? result >> 8 & 0xff : -(result & 0x7f)
    return End(code: code, output: text(of: output), errors: text(of: errors))
  }

  /// Kills it with no chance to tidy up, and waits until it is gone.
  package func killAtOnce() throws {
    signal(SIGKILL)
    _ = try wait()
  }

  /// Waits until it has said this, on whichever stream.
  package func waitUntilItSays(_ words: String) throws {
    try eventually("it says \(words)") {
      text(of: output).contains(words) || text(of: errors).contains(words)
    }
  }

  private func text(of descriptor: Int32) -> String {
    let size = Int(lseek(descriptor, 0, SEEK_END))
    var bytes = [UInt8](repeating: 0, count: size)
    let count = pread(descriptor, &bytes, size, 0)
    return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
  }

  private static func namelessFile() throws -> Int32 {
    let path = "\(NSTemporaryDirectory())/osbatch-output-\(UUID().uuidString)"
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Problem("no file for output: errno \(errno)") }
    unlink(path)
    return descriptor
  }

  /// Two connected ends that no other child inherits, not even one that is started at this moment.
  package static func pipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
      throw Problem("no pipe: errno \(errno)")
    }
    return (ends[0], ends[1])
  }

  /// The environment of a program whose threads LeakSanitizer cannot stop when it ends: under strace, or with threads
  /// that hang in the kernel.
  package static let withoutLeakCheck = ["ASAN_OPTIONS": "detect_leaks=0"]

  /// Where a program that is built with a sanitizer tells what it has found (`scripts/check`); beside what a test says.
  private static let sanitizerOptions = ProcessInfo.processInfo.environment.filter {
    ["TSAN_OPTIONS", "ASAN_OPTIONS", "LSAN_OPTIONS"].contains($0.key)
  }

  /// `env` goes to the working directory and becomes the program; `descriptors` become 1, 2 and 3.
  private static func spawn(
    _ arguments: [String], _ environment: [String: String], _ directory: String,
    _ descriptors: [Int32]
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    for (number, descriptor) in zip(Int32(1)..., descriptors) {
      posix_spawn_file_actions_adddup2(&actions, descriptor, number)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    // However the tests were started: with nohup, say.
    var usual = sigset_t()
    sigemptyset(&usual)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE] { sigaddset(&usual, signal) }
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
    let words = (["env", "-C", directory] + arguments).map { strdup($0) } + [nil]
    let variables =
      environment.merging(sanitizerOptions) { "\($0):\($1)" }.map {
        strdup("\($0.key)=\($0.value)")
      } + [nil]
    defer { for pointer in words + variables { free(pointer) } }
    var process: pid_t = 0
    let result = posix_spawn(&process, "/usr/bin/env", &actions, &attributes, words, variables)
    guard result == 0 else { throw Problem("no process can be started: errno \(result)") }
    return process
  }
}
