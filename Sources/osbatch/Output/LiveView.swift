internal import BatchCore
internal import Glibc

/// A few lines at the bottom of a terminal that are rewritten in place.
struct LiveView {
  private let stream: OutputStream
  /// How many lines stand there now; the cursor is in the last of them.
  private var shown = 0

  init(_ stream: OutputStream) { self.stream = stream }

  mutating func show(_ lines: [String]) {
    let (columns, rows) = Self.size
    let fitting = lines.prefix(max(1, rows - 1)).map {
      DisplayWidth.beginning(of: $0.readable, columns: columns - 1)
    }
    stream.write(erasure + fitting.joined(separator: "\n"))
    stream.flush()
    shown = fitting.count
  }

  mutating func clear() {
    guard shown > 0 else { return }
    stream.write(erasure)
    stream.flush()
    shown = 0
  }

  /// From the cursor's line up to the first of ours, each is emptied.
  private var erasure: String {
    "\r\u{1B}[K" + String(repeating: "\u{1B}[1A\u{1B}[K", count: max(0, shown - 1))
  }

  private static var size: (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else {
      return (80, 24)
    }
    return (Int(size.ws_col), size.ws_row > 0 ? Int(size.ws_row) : 24)
  }
}
