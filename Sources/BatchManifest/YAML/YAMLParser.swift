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
        return feed.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size), sizeRead)
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
      at: source.place(ofByte: parser.pointee.problem_offset))
  }
}

/// What libyaml's read callback works on.
private final class Feed {
  let input: ManifestInput
  private(set) var refused: SyntaxError?
  private var offset = 0

  init(_ input: ManifestInput) { self.input = input }

  /// 1 when it worked; at the end 1 with a size of 0 (yaml_read_handler_t).
  func read(
    into buffer: UnsafeMutableRawBufferPointer, _ sizeRead: UnsafeMutablePointer<Int>
  ) -> CInt {
    do {
      let count = try input.read(into: buffer, at: offset)
      if offset == 0, isUTF16(buffer.prefix(count)) {
        refused = SyntaxError(
          "the manifest is UTF-16 text; save it as UTF-8", at: SourcePlace(line: 1, column: 1))
        return 0
      }
      offset += count
      sizeRead.pointee = count
      return 1
    } catch {
      refused = SyntaxError(error.message)
      return 0
    }
  }

  private func isUTF16(_ start: Slice<UnsafeMutableRawBufferPointer>) -> Bool {
    start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF])
      || (start.count >= 2 && (start[0] == 0) != (start[1] == 0))
  }
}
