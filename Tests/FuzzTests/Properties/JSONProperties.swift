@testable import JSON

/// A JSON text says the same when it is written anew with nothing but escapes, and no beginning of it is
/// a text; a problem lies inside the bytes.
enum JSONProperties {
  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    guard let cut = bytes.first else { return }
    let text = Array(bytes.dropFirst())
    guard String(validating: text, as: UTF8.self) != nil else { return }
    switch read(text) {
    case .failure(let problem):
      try require((0...text.count).contains(problem.offset), "a problem at \(problem.offset)")
    case .success(let words):
      try require(read(Array(words.map(\.rewritten).joined().utf8)) == .success(words), "\(words)")
      try checkBeginning(text, words, cut: cut)
    }
  }

  /// A number goes on, and blanks may be missing: what ends with a mark does not.
  private static func checkBeginning(
    _ text: [UInt8], _ words: [Word], cut: UInt8
  ) throws(BrokenProperty) {
    guard let last = words.last, last != .literal(last.text) else { return }
    let length = (text.lastIndex { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } ?? 0) * Int(cut) / 255
    guard case .failure = read(Array(text[..<length])) else {
      throw BrokenProperty("\(length) bytes of a text are a text")
    }
  }

  /// A token, with what stands behind it.
  private enum Word: Equatable {
    case mark(String)
    case name(String)
    case string(String)
    case literal(String)

    var text: String {
      switch self {
      case .mark(let text), .name(let text), .string(let text), .literal(let text): text
      }
    }

    var rewritten: String {
      switch self {
      case .mark(let text), .literal(let text): text
      case .name(let text): Word.escaped(text) + ":"
      case .string(let text): Word.escaped(text)
      }
    }

    private static func escaped(_ text: String) -> String {
      let units = text.utf16.map { unit in
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
      return "\"\(units.joined())\""
    }
  }

  private static func read(_ bytes: [UInt8]) -> Result<[Word], JSONProblem> {
    var bytes = bytes
    return bytes.withUnsafeMutableBufferPointer { bytes in
      do throws(JSONProblem) { return .success(try words(bytes)) } catch { return .failure(error) }
    }
  }

  private static func words(
    _ bytes: UnsafeMutableBufferPointer<UInt8>
  ) throws(JSONProblem) -> [Word] {
    var scanner = JSONScanner(bytes, maximumDepth: 16)
    var words: [Word] = []
    var follows = false
    repeat {
      let token = try scanner.next()
      let isEnd = token.kind == .objectEnd || token.kind == .arrayEnd
      if follows, !isEnd { words.append(.mark(",")) }
      switch token.kind {
      case .name: words.append(.name(String(decoding: scanner.text(of: token), as: UTF8.self)))
      case .string: words.append(.string(String(decoding: scanner.text(of: token), as: UTF8.self)))
      case .literal: words.append(.literal(String(decoding: bytes[token.range], as: UTF8.self)))
      default: words.append(.mark(String(decoding: bytes[token.range], as: UTF8.self)))
      }
      follows = ![.name, .objectStart, .arrayStart].contains(token.kind)
    } while !scanner.isComplete
    guard scanner.nextByte() == nil else {
      throw JSONProblem(message: "more follows", offset: scanner.offset)
    }
    return words
  }
}
