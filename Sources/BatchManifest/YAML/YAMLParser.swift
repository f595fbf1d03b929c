internal import CLibYAML

/// The one owner of a libyaml parser. The parser lies on the heap because it keeps a pointer to
/// itself once it has an input.
struct YAMLParser: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let feed: Feed

  init(reading input: ManifestInput) {
    feed = Feed(input)
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    precondition(yaml_parser_initialize(parser) == 1, "no memory for the YAML parser")
    yaml_parser_set_input(
      parser,
      { context, buffer, size, sizeRead in
        guard let context, let buffer, let sizeRead else { return 0 }
        // Unretained: the feed lives in the parser's owner, which outlives every call.
        let feed = Unmanaged<Feed>.fromOpaque(context).takeUnretainedValue()
        return feed.read(into: UnsafeMutableBufferPointer(start: buffer, count: size), sizeRead)
      }, Unmanaged.passUnretained(feed).toOpaque())
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  /// The next event; the caller owns it and must delete it.
  func next() throws(SyntaxError) -> yaml_event_t {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
    if feed.hasStandIns { event.restoreText() }
    return event
  }

  private func failure() -> SyntaxError {
    if let refused = feed.refused { return refused }
    let source = SourceText(feed.input)
    guard parser.pointee.error == YAML_READER_ERROR else {
      return YAMLProblem(parser.pointee).sentence(in: source)
    }
    return YAMLProblem.unreadable(
      problem: parser.pointee.problem.map { String(cString: $0) } ?? "",
      value: Int(parser.pointee.problem_value),
      at: source.place(ofByte: Feed.offset(in: feed.input, given: parser.pointee.problem_offset)))
  }
}

/// What libyaml's read callback works on.
private final class Feed {
  private static let pieceSize = 16 << 10

  let input: ManifestInput
  private(set) var refused: SyntaxError?
  private(set) var hasStandIns = false
  private var offset = 0
  private let piece = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: pieceSize)

  init(_ input: ManifestInput) { self.input = input }

  deinit { piece.deallocate() }

  /// 1 when it worked; at the end 1 with a size of 0 (yaml_read_handler_t).
  func read(
    into buffer: UnsafeMutableBufferPointer<UInt8>, _ sizeRead: UnsafeMutablePointer<Int>
  ) -> CInt {
    do {
      let isStart = offset == 0
      sizeRead.pointee = try give(to: buffer)
      guard isStart, isUTF16(buffer[..<sizeRead.pointee]) else { return 1 }
      refused = SyntaxError(
        "the manifest is UTF-16 text; save it as UTF-8", at: SourcePlace(line: 1, column: 1))
    } catch {
      refused = SyntaxError(error.message)
    }
    return 0
  }

  /// Where in the input stands what follows the first bytes that libyaml was given.
  static func offset(in input: ManifestInput, given: Int) -> Int {
    let feed = Feed(input)
    var target = [UInt8](repeating: 0, count: pieceSize)
    var missing = given
    while missing > 0 {
      let size = min(missing, pieceSize)
      // (What was read before, and cannot be any more, leaves the place where that begins.)
      let count = target.withUnsafeMutableBufferPointer { target in
        (try? feed.give(to: UnsafeMutableBufferPointer(rebasing: target[..<size]))) ?? 0
      }
      if count == 0 { break }
      missing -= count
    }
    return feed.offset
  }

  /// The next bytes, with stand-ins in them; none at the end.
  private func give(
    to target: UnsafeMutableBufferPointer<UInt8>
  ) throws(ManifestInput.Failure) -> Int {
    let size = try input.read(into: UnsafeMutableRawBufferPointer(piece), at: offset)
    let copied = StandIn.copy(
      UnsafeBufferPointer(rebasing: piece[..<size]), isLast: size < piece.count, to: target)
    offset += copied.taken
    if copied.areUsed { hasStandIns = true }
    return copied.given
  }

  private func isUTF16(_ start: Slice<UnsafeMutableBufferPointer<UInt8>>) -> Bool {
    start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF])
      || (start.count >= 2 && (start[0] == 0) != (start[1] == 0))
  }
}

extension yaml_event_t {
  /// Puts back in a scalar what libyaml was not to see. The text becomes no longer by it.
  fileprivate mutating func restoreText() {
    guard type == YAML_SCALAR_EVENT, let value = data.scalar.value else { return }
    let text = UnsafeMutableBufferPointer(start: value, count: data.scalar.length)
    let isDoubleQuoted = data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE
    guard
      let restored = StandIn.restored(UnsafeBufferPointer(text), isDoubleQuoted: isDoubleQuoted)
    else { return }
    _ = text.update(fromContentsOf: restored)
    value[restored.count] = 0
    data.scalar.length = restored.count
  }
}
