import Testing

@testable import JSON

@Suite struct JSONScannerTests {
  /// The tokens, each as one word; a string by what it says.
  private func tokens(_ text: String, depth: Int = 64) throws(JSONProblem) -> [String] {
    var bytes = Array(text.utf8)
    var words: [String] = []
    var problem: JSONProblem?
    bytes.withUnsafeMutableBufferPointer { bytes in
      var scanner = JSONScanner(bytes, maximumDepth: depth)
      do throws(JSONProblem) {
        repeat {
          let token = try scanner.next()
          words.append(word(token, scanner, bytes))
        } while !scanner.isComplete
        if scanner.nextByte() != nil {
          throw JSONProblem(message: "more follows", offset: scanner.offset)
        }
      } catch {
        problem = error
      }
    }
    if let problem { throw problem }
    return words
  }

  private func word(
    _ token: JSONToken, _ scanner: JSONScanner, _ bytes: UnsafeMutableBufferPointer<UInt8>
  ) -> String {
    switch token.kind {
    case .name: String(decoding: scanner.text(of: token), as: UTF8.self) + ":"
    case .string: String(decoding: scanner.text(of: token), as: UTF8.self)
    default: String(decoding: bytes[token.range], as: UTF8.self)
    }
  }

  @Test(
    arguments: [
      ("{}", ["{", "}"]), (" [ ] ", ["[", "]"]), ("\t\r\n0", ["0"]), (#""""#, [""]),
      (
        #"{"a":[1,{"b":"c"},true],"d":null}"#,
        ["{", "a:", "[", "1", "{", "b:", "c", "}", "true", "]", "d:", "null", "}"]
      ),
      (
        #"["\u00e9\ud83d\uDE00","\"\\\/\b\f\n\r\t","ключ"]"#,
        ["[", "é😀", "\"\\/\u{8}\u{C}\n\r\t", "ключ", "]"]
      ),
      ("[-0, 10, 1.5e+3, -2E-7, 0.25]", ["[", "-0", "10", "1.5e+3", "-2E-7", "0.25", "]"]),
    ] as [(String, [String])])
  func whatTheStandardAllows(text: String, words: [String]) throws {
    #expect(try tokens(text) == words)
  }

  @Test(
    arguments: [
      ("", 0), ("  ", 2), ("tru", 0), ("[1", 2), ("[1,]", 3), ("[,1]", 1), ("[1 2]", 3),
      ("{\"a\"}", 4),
      ("{\"a\":}", 5), ("{\"a\":1,}", 7), ("{a:1}", 1), ("{1:1}", 1), ("[}", 1), ("{]", 1),
      ("1 1", 2),
      ("+1", 0), ("01", 0), ("1.", 0), (".5", 0), ("1e", 0), ("-", 0), ("inf", 0), ("nan", 0),
      ("0x10", 0), ("True", 0), ("\"a", 0), ("\"a\nb\"", 2), ("\"\\x\"", 1), ("\"\\u12g4\"", 1),
      ("\"\\ud800\"", 1), ("\"\\udc00\"", 1), ("\"\\ud800\\u0041\"", 1), ("\"ab\\", 3),
      ("\u{FEFF}1", 0),
      ("//c\n1", 0), ("'a'", 0),
    ] as [(String, Int)])
  func whatItDoesNotAllowIsAProblemWithItsPlace(text: String, offset: Int) {
    let problem = #expect(throws: JSONProblem.self) { try tokens(text) }
    #expect(problem?.offset == offset, "\(problem?.message ?? "")")
  }

  @Test(arguments: ["[", "{\"a\":"]) func depthIsBounded(open: String) throws {
    let deep = String(repeating: open, count: 100_000)
    for depth in [1, 8, 64] {
      let problem = #expect(throws: JSONProblem.self) { try tokens(deep, depth: depth) }
      #expect(problem?.message.contains("deeper than \(depth)") == true)
      #expect(problem?.offset == depth * open.utf8.count)
    }
    #expect(try tokens("[[1]]", depth: 2).count == 5)
  }

  @Test func noBeginningOfATextIsAText() throws {
    let text = #"{"a":"b\u00e9\ud83d\ude00","c":[1,{"d":"e"}],"f":null}"#
    for length in 0..<text.utf8.count {
      #expect(throws: JSONProblem.self) { try tokens(String(text.utf8.prefix(length))!) }
    }
  }
}
