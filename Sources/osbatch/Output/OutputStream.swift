internal import BatchCore
internal import Glibc
internal import Platform

internal import Synchronization

/// A buffered writer of text to a descriptor. It survives a reader that goes away (`isClosed`), waits for one that does not
/// read, but not behind `expectEnd`, and never makes a run fail by itself.
final class OutputStream {
  private static let flushSize = 32 << 10
  /// What a pipe that takes anything takes at once (PIPE_BUF). (A terminal may take less, and then keep the program waiting.)
  private static let certainSize = 4_096
  private static let lookInterval: CInt = 200
  /// So long nobody has read anything.
  private static let patience = Duration.seconds(2)
  /// Nanoseconds of the monotonic clock.
  private static let latest = Atomic<Int64>(.max)

  private let descriptor: CInt
  /// Writing to it may wait for somebody.
  private let mayWait: Bool
  private var buffer: [UInt8] = []
  /// Nobody reads any more, or nothing more can be written; the run's owner decides what follows.
  var isClosed: Bool { failure != nil }
  /// Why nothing more can be written: the `errno` value.
  private(set) var failure: CInt?
  /// The same in words, of standard output.
  static func sentence(ofStandardOutput failure: CInt) -> String {
    switch failure {
    case EPIPE: "standard output was closed"
    case ETIMEDOUT: "nobody reads standard output"
    default: "\(SystemError("write to", "standard output", code: failure))"
    }
  }

  init(_ descriptor: CInt) {
    self.descriptor = descriptor
    var status = stat()
    let isThere = fstat(descriptor, &status) == 0
    switch status.st_mode & S_IFMT {
    case S_IFREG: mayWait = false
    case S_IFCHR: mayWait = isatty(descriptor) == 1
    default: mayWait = isThere
    }
  }

  /// The program is to end from then on: a reader that takes nothing for seconds is not waited for any longer, of whichever
  /// stream. The earliest such moment counts; any thread may say it.
  static func expectEnd(at moment: Instant) {
    latest.min(moment.nanoseconds, ordering: .relaxed)
  }

  var isTerminal: Bool { isatty(descriptor) == 1 }

  func write(_ text: String) {
    guard !isClosed else { return }
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= Self.flushSize { flush() }
  }

  func write(_ bytes: [UInt8]) {
    guard !isClosed else { return }
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.flushSize { flush() }
  }

  /// One line for people, who must be able to read whatever it names.
  func write(line: String) { write(line.readable + "\n") }

  /// False when nobody reads and the program is to end.
  private func waitUntilWritable() -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard poll(&request, 1, 0) == 0 else { return true }
    let limit = (Instant.now + Self.patience).nanoseconds
    while retryingInterrupts({ Int(poll(&request, 1, Self.lookInterval)) }) == 0 {
      let last = max(limit, Self.latest.load(ordering: .relaxed))
      if Instant.now.nanoseconds >= last { return false }
    }
    return true
  }

  func flush() {
    var start = 0
    while start < buffer.count, !isClosed {
      guard !mayWait || waitUntilWritable() else {
        failure = ETIMEDOUT
        break
      }
      let rest = buffer.count - start
      let written = buffer.withUnsafeBytes { bytes in
        retryingInterrupts {
          Glibc.write(
            descriptor, bytes.baseAddress?.advanced(by: start),
            mayWait ? min(rest, Self.certainSize) : rest)
        }
      }
      if written >= 0 {
        start += written
      } else if errno != EAGAIN {
        failure = errno
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
