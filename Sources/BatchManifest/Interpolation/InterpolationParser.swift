/// Takes text with `${…}` apart: the forms of Compose files (compose-spec, "Interpolation").
struct InterpolationParser {
  /// `${a:-${b:-${c}}}`: so many inside each other.
  private static let maximumDepth = 32

  private let text: UnsafeBufferPointer<UInt8>
  private var index = 0
  private var walk: ReferenceWalk

  /// `start` and `end` are those of the scalar.
  static func parse(
    _ text: UnsafeBufferPointer<UInt8>, from start: SourcePlace, to end: SourcePlace
  ) throws(Interpolation.Problem) -> Interpolation {
    var parser = InterpolationParser(text, from: start, to: end)
    return try parser.segments(depth: 0)
  }

  private init(
    _ text: UnsafeBufferPointer<UInt8>, from start: SourcePlace, to end: SourcePlace
  ) {
    self.text = text
    walk = ReferenceWalk(text, from: start, to: end)
  }

  /// To the end of the text, or, inside a `${…}`, to its `}`.
  private mutating func segments(
    depth: Int
  ) throws(Interpolation.Problem) -> Interpolation {
    var result = Interpolation()
    var literal: [UInt8] = []
    while index < text.count, depth == 0 || text[index] != UInt8(ascii: "}") {
      let byte = text[index]
      let following = index + 1 < text.count ? text[index + 1] : 0
      if byte == UInt8(ascii: "$"), following == UInt8(ascii: "{") {
        result.append(literal)
        literal.removeAll(keepingCapacity: true)
        result.segments.append(.reference(try reference(depth: depth)))
      } else {
        literal.append(byte)
        index += byte == UInt8(ascii: "$") && following == byte ? 2 : 1
      }
    }
    result.append(literal)
    return result
  }

  /// `${…}`; the index is at the dollar sign, and then behind the brace.
  private mutating func reference(
    depth: Int
  ) throws(Interpolation.Problem) -> Interpolation.Reference {
    let place = walk.place(of: index)
    guard depth < Self.maximumDepth else {
      throw Interpolation.Problem(
        message: "more than \(Self.maximumDepth) \"${\" inside each other", place: place)
    }
    index += 2
    let name = try name(place)
    let modifier = try modifier(of: name, place, depth: depth)
    guard index < text.count else { throw unclosed(place) }
    guard text[index] == UInt8(ascii: "}") else {
      throw problem(ReferenceName.ParseError.malformed.message, place)
    }
    index += 1
    return Interpolation.Reference(name: name, modifier: modifier, place: place)
  }

  private mutating func name(
    _ place: ReferencePlace
  ) throws(Interpolation.Problem) -> ReferenceName {
    let start = index
    while index < text.count, isNameByte(text[index]) { index += 1 }
    let written = String(decoding: text[start..<index], as: UTF8.self)
    guard index < text.count else { throw unclosed(place) }
    do throws(ReferenceName.ParseError) {
      return try ReferenceName(written)
    } catch {
      let isEmpty = written.isEmpty && text[index] != UInt8(ascii: "}")
      var problem = problem(
        isEmpty ? ReferenceName.ParseError.malformed.message : error.message, place)
      if let known = error.suggestion {
        problem.notes.insert(Diagnostic.Note(meaning: known), at: 0)
      }
      throw problem
    }
  }

  private mutating func modifier(
    of name: ReferenceName, _ place: ReferencePlace, depth: Int
  ) throws(Interpolation.Problem) -> Interpolation.Modifier {
    var emptyToo = false
    if text[index] == UInt8(ascii: ":") {
      index += 1
      emptyToo = true
      guard index < text.count else { throw unclosed(place) }
      if text[index] == UInt8(ascii: "%") { return .format(try format(of: name, place)) }
    }
    let sign = text[index]
    guard "-?+".utf8.contains(sign) else {
      guard emptyToo else { return .none }
      throw problem("\":\" is followed by -, ? or +, or for the run's time by a format", place)
    }
    index += 1
    let operand = try segments(depth: depth + 1)
    return switch sign {
    case UInt8(ascii: "-"): .otherwise(operand, emptyToo: emptyToo)
    case UInt8(ascii: "?"): .required(operand, emptyToo: emptyToo)
    default: .instead(operand, emptyToo: emptyToo)
    }
  }

  private mutating func format(
    of name: ReferenceName, _ place: ReferencePlace
  ) throws(Interpolation.Problem) -> String {
    guard name == .run(.date) || name == .run(.time) else {
      throw Interpolation.Problem(
        message: "only run.date and run.time take a format", place: place)
    }
    let start = index
    while index < text.count, text[index] != UInt8(ascii: "}") { index += 1 }
    guard index < text.count else { throw unclosed(place) }
    let format = String(decoding: text[start..<index], as: UTF8.self)
    if let message = RunTimeFormat.problem(format) {
      throw Interpolation.Problem(message: message, place: place)
    }
    return format
  }

  private func unclosed(_ place: ReferencePlace) -> Interpolation.Problem {
    problem("\"${\" has no closing \"}\"", place)
  }

  private func problem(_ message: String, _ place: ReferencePlace) -> Interpolation.Problem {
    Interpolation.Problem(
      message: message, place: place,
      notes: [Diagnostic.Note("write \"$$\" for a dollar sign")])
  }

  private func isNameByte(_ byte: UInt8) -> Bool {
    isLetterOrDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
  }
}

extension Interpolation {
  fileprivate mutating func append(_ literal: [UInt8]) {
    guard !literal.isEmpty else { return }
    segments.append(.literal(String(decoding: literal, as: UTF8.self)))
  }
}

/// Numbers the `${` of a text, at ascending offsets. Also one that is no reference counts, as in `$${`.
private struct ReferenceWalk {
  private let text: UnsafeBufferPointer<UInt8>
  private let start: SourcePlace
  private let end: SourcePlace
  private let count: Int
  private var offset = 0
  private var before = 0

  init(_ text: UnsafeBufferPointer<UInt8>, from start: SourcePlace, to end: SourcePlace) {
    (self.text, self.start, self.end) = (text, start, end)
    count = Self.count(in: text)
  }

  mutating func place(of index: Int) -> ReferencePlace {
    before += Self.count(in: UnsafeBufferPointer(rebasing: text[offset..<index]))
    offset = index
    return ReferencePlace(start: start, end: end, index: before, count: count)
  }

  private static func count(in text: UnsafeBufferPointer<UInt8>) -> Int {
    var count = 0
    var last: UInt8 = 0
    for byte in text {
      if byte == UInt8(ascii: "{"), last == UInt8(ascii: "$") { count += 1 }
      last = byte
    }
    return count
  }
}
