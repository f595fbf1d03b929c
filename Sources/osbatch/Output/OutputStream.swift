internal import BatchCore
internal import Glibc
internal import Platform

/// A buffered writer of text to a descriptor. It survives a reader that goes away (`isClosed`), and
/// never makes a run fail by itself.
final class OutputStream {
  private static let flushSize = 32 << 10

  private let descriptor: CInt
  private var buffer: [UInt8] = []
  /// Nobody reads any more, or nothing more can be written; the run's owner decides what follows.
  var isClosed: Bool { failure != nil }
  /// Why nothing more can be written: the `errno` value.
  private(set) var failure: CInt?

  init(_ descriptor: CInt) { self.descriptor = descriptor }

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

  /// Whoever shares the stream may have made it non-blocking.
  private func waitUntilWritable() {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    _ = poll(&request, 1, -1)
  }

  func flush() {
    var start = 0
    while start < buffer.count, !isClosed {
      let written = buffer.withUnsafeBytes { bytes in
        retryingInterrupts {
          Glibc.write(descriptor, bytes.baseAddress?.advanced(by: start), bytes.count - start)
        }
      }
      if written >= 0 {
        start += written
      } else if errno == EAGAIN {
        waitUntilWritable()
      } else {
        failure = errno
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
