internal import Glibc
internal import Platform

/// Reads a state file line by line, a mebibyte at a time: a file of any size takes the memory of
/// one block.
struct LineReader {
  struct Line {
    /// Where the line stands in `bytes`, without its LF.
    var range: Range<Int>
    /// Where it begins in the file.
    var offset: Int
    /// It ends with LF. The end of the file need not, nor need a piece of a line that is longer
    /// than a block.
    var isTerminated: Bool

    /// Where the next line begins in the file.
    var end: Int { offset + range.count + (isTerminated ? 1 : 0) }
  }

  /// No line of a state file is longer.
  static let blockSize = 1 << 20

  private let path: String
  private(set) var bytes = [UInt8](repeating: 0, count: blockSize)
  private var unread = 0..<0
  /// The file offset of `unread.lowerBound`.
  private var offset = 0

  /// `path` is for messages.
  init(path: String) { self.path = path }

  /// The next line of `file`, which is the same at every call; nil at its end.
  mutating func next(from file: borrowing FileDescriptor) throws(SystemError) -> Line? {
    if let line = bufferedLine() { return line }
    try refill(from: file)
    if let line = bufferedLine() { return line }
    guard !unread.isEmpty else { return nil }
    return take(unread, isTerminated: false)
  }

  private mutating func bufferedLine() -> Line? {
    let unread = unread
    let length = bytes.withUnsafeBytes { bytes -> Int? in
      guard let start = bytes.baseAddress?.advanced(by: unread.lowerBound),
        let end = memchr(start, CInt(UInt8(ascii: "\n")), unread.count)
      else { return nil }
      return UnsafeRawPointer(end) - start
    }
    guard let length else { return nil }
    return take(unread.lowerBound..<unread.lowerBound + length, isTerminated: true)
  }

  private mutating func take(_ range: Range<Int>, isTerminated: Bool) -> Line {
    let line = Line(range: range, offset: offset, isTerminated: isTerminated)
    unread = range.upperBound + (isTerminated ? 1 : 0)..<unread.upperBound
    offset = line.end
    return line
  }

  /// Moves what is left to the front and fills the rest of the block.
  private mutating func refill(from file: borrowing FileDescriptor) throws(SystemError) {
    let length = unread.count
    bytes.withUnsafeMutableBytes { bytes in
      if let base = bytes.baseAddress { memmove(base, base + unread.lowerBound, length) }
    }
    unread = 0..<length
    let count = try file.readBytes(into: &bytes, from: length, at: offset + length, path: path)
    unread = 0..<length + count
  }
}
