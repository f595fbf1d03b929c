internal import Glibc

/// One line at the bottom of a terminal that is rewritten in place.
struct LiveLine {
  private let stream: OutputStream
  private var isShown = false

  init(_ stream: OutputStream) { self.stream = stream }

  mutating func show(_ text: String) {
    stream.write("\r\u{1B}[K" + text.prefix(Self.width - 1))
    stream.flush()
    isShown = true
  }

  mutating func clear() {
    guard isShown else { return }
    stream.write("\r\u{1B}[K")
    stream.flush()
    isShown = false
  }

  private static var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
    return Int(size.ws_col)
  }
}
