/// Finds lines and places in the manifest's bytes, for messages only: nothing of it is kept while
/// a manifest is read.
struct SourceText {
  /// Of a longer line only the beginning is looked at.
  private static let longestLine = 1 << 16

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// What ends a line.
  enum Breaks {
    /// LF, CR and CR LF (YAML 1.2 §5.4).
    case yaml
    /// Of a list only LF and CR LF do.
    case lineFeeds
  }

  private let input: ManifestInput
  private let breaks: Breaks

  init(_ input: ManifestInput, breaks: Breaks = .yaml) {
    self.input = input
    self.breaks = breaks
  }

  /// The texts of these lines, without their ends; lines that do not exist are left out.
  func lines(_ wanted: Set<Int>) -> [Int: String] {
    guard let last = wanted.max() else { return [:] }
    var found: [Int: String] = [:]
    var bytes: [UInt8] = []
    var walk = LineWalk(breaks: breaks)
    forEachByte { byte in
      let ended = walk.advance(byte)
      if let ended, wanted.contains(ended.line) {
        found[ended.line] = String(decoding: bytes.prefix(ended.length), as: UTF8.self)
      }
      if walk.startsLine { bytes.removeAll(keepingCapacity: true) }
      if !walk.startsLine, wanted.contains(walk.line), bytes.count < Self.longestLine {
        bytes.append(byte)
      }
      return walk.line <= last
    }
    if wanted.contains(walk.line), !bytes.isEmpty {
      found[walk.line] = String(decoding: bytes, as: UTF8.self)
    }
    return found
  }

  /// The place of the character that begins at the byte `offset`, counted from the file's start.
  func place(ofByte offset: Int) -> SourcePlace {
    var position = startsWithByteOrderMark ? Self.byteOrderMark.count : 0
    return forEachPlace { _, _ in
      defer { position += 1 }
      return position < offset
    }
  }

  /// Every byte with its place, until `body` returns false; the place where that was, or the end.
  @discardableResult
  func forEachPlace(_ body: (UInt8, SourcePlace) -> Bool) -> SourcePlace {
    var walk = LineWalk(breaks: breaks)
    var column = 1
    forEachByte { byte in
      guard body(byte, SourcePlace(line: walk.line, column: column)) else { return false }
      _ = walk.advance(byte)
      // Every character but the bytes that continue one (UTF-8: 10xxxxxx).
      if walk.startsLine { column = 1 } else if byte & 0xC0 != 0x80 { column += 1 }
      return true
    }
    return SourcePlace(line: walk.line, column: column)
  }

  private var startsWithByteOrderMark: Bool {
    var start: [UInt8] = [0, 0, 0]
    _ = start.withUnsafeMutableBytes { try? input.read(into: $0, at: 0) }
    return start == Self.byteOrderMark
  }

  /// All bytes but a leading byte order mark, until `body` returns false. A file that cannot be read
  /// any more ends here: the error that is being explained is told without its line.
  private func forEachByte(_ body: (UInt8) -> Bool) {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var offset = 0
    while true {
      let count = chunk.withUnsafeMutableBytes { buffer in
        (try? input.read(into: buffer, at: offset)) ?? 0
      }
      if count == 0 { return }
      var rest = chunk[..<count]
      if offset == 0, rest.starts(with: Self.byteOrderMark) {
        rest = rest.dropFirst(Self.byteOrderMark.count)
      }
      for byte in rest where !body(byte) { return }
      offset += count
    }
  }
}

/// Counts lines byte by byte.
private struct LineWalk {
  let breaks: SourceText.Breaks
  private(set) var line = 1
  /// The byte just given ended a line (or belongs to the end of one).
  private(set) var startsLine = false
  private var length = 0
  private var last: UInt8 = 0

  init(breaks: SourceText.Breaks) { self.breaks = breaks }

  /// The line that ended with this byte, and how many bytes it had before its end.
  mutating func advance(_ byte: UInt8) -> (line: Int, length: Int)? {
    defer { last = byte }
    length += 1
    startsLine = false
    if byte == 0x0A, last == 0x0D, length == 1 {
      length = 0
      startsLine = true
      return nil
    }
    let end = breakLength(byte)
    guard end > 0 else { return nil }
    defer {
      line += 1
      length = 0
      startsLine = true
    }
    return (line, length - end)
  }

  private func breakLength(_ byte: UInt8) -> Int {
    if breaks == .lineFeeds { return byte != 0x0A ? 0 : last == 0x0D ? 2 : 1 }
    return byte == 0x0A || byte == 0x0D ? 1 : 0
  }
}
