internal import CLinux
internal import Glibc

/// The one owner of a child process whose output is read: in a process group of its own, so that a
/// Ctrl-C is not for it and its children end with it, with the signals that osbatch was started with, nothing to
/// read, and no descriptor of ours but its two pipes. It is killed when its owner goes, and by `endAll` where no owner does.
package struct ChildProcess: ~Copyable {
  private static let maximumErrors = 16 << 10
  /// The groups of those whose end has not been seen yet.
  private static let living = Lock<[pid_t]>([])

  private let identifier: pid_t
  private let outputPipe: FileDescriptor
  private let errorPipe: FileDescriptor
  private var outputIsOpen = true
  private var errorsAreOpen = true
  private var hasEnded = false
  /// As wait(2) gives it, once `advance` has said that it is over.
  package private(set) var status: CInt = 0
  /// What has come on its standard output. It is not read further when it has grown large: whoever
  /// sets a limit ends it.
  package private(set) var output: [UInt8] = []
  /// The end of what has come on its standard error.
  package private(set) var errors: [UInt8] = []

  package init(
    _ arguments: [String], _ environment: [String: String]
  ) throws(SystemError) {
    let output = try Pipe()
    let errors = try Pipe()
    let ends = (output: output.write.raw, errors: errors.write.raw)
    identifier = try Self.living.withLock { living throws(SystemError) in
      let identifier = try Self.spawn(arguments, environment, ends.output, ends.errors)
      living.append(identifier)
      return identifier
    }
    outputPipe = output.intoReading()
    errorPipe = errors.intoReading()
  }

  deinit {
    guard !hasEnded else { return }
    Self.living.withLock { living in
      kill(-identifier, SIGKILL)
      living.removeAll { $0 == identifier }
    }
    _ = retryingInterrupts { waitpid(identifier, nil, 0) }
  }

  /// Kills all that there are and lets none begin before `end` has ended the process: for ends that let no owner go.
  package static func endAll(before end: () -> Never) -> Never {
    living.withLock { living -> Never in
      for group in living { kill(-group, SIGKILL) }
      end()
    }
  }

  /// Takes what it writes, for at most this long; true when it has ended and all it wrote is here.
  /// What its own children write behind its end is not waited for.
  package mutating func advance(milliseconds: CInt) -> Bool {
    // (`poll` looks past a descriptor of -1.)
    var polls = [
      pollfd(fd: outputIsOpen ? outputPipe.raw : -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: errorsAreOpen ? errorPipe.raw : -1, events: Int16(POLLIN), revents: 0),
    ]
    _ = poll(&polls, 2, milliseconds)
    // Asked before the last read, so that nothing can come in between.
    hasEnded = Self.hasEnded(identifier, &status)
    outputIsOpen = outputIsOpen && Self.read(outputPipe.raw, into: &output)
    errorsAreOpen = errorsAreOpen && Self.read(errorPipe.raw, into: &errors)
    if errors.count > Self.maximumErrors {
      errors.removeFirst(errors.count - Self.maximumErrors)
    }
    return hasEnded
  }

  /// Its number is not its own any more from then on, and so nothing to kill.
  private static func hasEnded(_ identifier: pid_t, _ status: inout CInt) -> Bool {
    living.withLock { living in
      guard waitpid(identifier, &status, WNOHANG) == identifier else { return false }
      living.removeAll { $0 == identifier }
      return true
    }
  }

  /// What is there now, at most a megabyte. False at the end.
  private static func read(_ descriptor: CInt, into bytes: inout [UInt8]) -> Bool {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    for _ in 0..<16 {
      let count = retryingInterrupts { Glibc.read(descriptor, &chunk, chunk.count) }
      if count == 0 { return false }
      guard count > 0 else { return errno == EAGAIN }
      bytes += chunk[..<count]
    }
    return true
  }

  private struct Pipe: ~Copyable {
    private let read: FileDescriptor
    let write: FileDescriptor

    init() throws(SystemError) {
      var ends: [CInt] = [0, 0]
      guard osbatch_pipe_closed_on_exec(&ends) == 0 else { throw SystemError("open a pipe") }
      read = FileDescriptor(owning: ends[0])
      write = FileDescriptor(owning: ends[1])
      _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    }

    /// The end that stays here; the other is closed.
    consuming func intoReading() -> FileDescriptor { read }
  }

  private static func spawn(
    _ arguments: [String], _ environment: [String: String], _ output: CInt, _ errors: CInt
  ) throws(SystemError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
    // Not all that is open closes by itself in a child: neither libcurl's sockets nor a file that libcrypto is just reading.
    osbatch_spawn_closes_from(&actions, STDERR_FILENO + 1)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    setFreshSignals(&attributes)
    let words = arguments.map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in words + variables { free(pointer) } }
    var identifier: pid_t = 0
    let code = posix_spawn(
      &identifier, arguments[0], &actions, &attributes, words, variables)
    guard code == 0 else { throw SystemError("start", arguments[0], code: code) }
    return identifier
  }

  /// None blocked, and none ignored that osbatch ignores by itself, as a shell starts a program; and a process group of its own.
  private static func setFreshSignals(_ attributes: inout posix_spawnattr_t) {
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigaddset(&signals, SIGPIPE)
    sigaddset(&signals, SIGXFSZ)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = CInt(POSIX_SPAWN_SETSIGMASK) | CInt(POSIX_SPAWN_SETSIGDEF)
    posix_spawnattr_setflags(&attributes, Int16(flags | CInt(POSIX_SPAWN_SETPGROUP)))
  }
}
