internal import CLibYAML

/// What libyaml has to say about text that is not YAML, put into sentences that name the way out.
struct YAMLProblem {
  private let context: String
  private let problem: String
  private let contextPlace: SourcePlace
  private let place: SourcePlace

  init(_ parser: yaml_parser_t) {
    context = parser.context.map { String(cString: $0) } ?? ""
    problem = parser.problem.map { String(cString: $0) } ?? "the text cannot be understood"
    contextPlace = SourcePlace(parser.context_mark)
    place = SourcePlace(parser.problem_mark)
  }

  /// Bytes that are not text (YAML 1.2 §5.1).
  static func unreadable(problem: String, value: Int, at place: SourcePlace) -> SyntaxError {
    let code = String(value, radix: 16, uppercase: true)
    switch problem {
    case "control characters are not allowed":
      let padded = String(repeating: "0", count: max(0, 4 - code.count)) + code
      return SyntaxError(
        "the control character U+\(padded) is not allowed in YAML; write it as an escape in"
          + " double quotes, or check that this file is a manifest", at: place)
    default:
      // libyaml points at the byte that does not continue the character; the character is before it.
      let isBehind = problem == "invalid trailing UTF-8 octet" && place.column > 1
      return SyntaxError(
        "this is not UTF-8 text; save the manifest as UTF-8",
        at: isBehind ? SourcePlace(line: place.line, column: place.column - 1) : place)
    }
  }

  func sentence(in source: SourceText) -> SyntaxError {
    if startsWithTab(source) {
      return SyntaxError("a tab cannot indent YAML; use spaces", at: place)
    }
    if let reference = interpolation(source) {
      return SyntaxError("inside { } and [ ] a value with \"${…}\" needs quotes", at: reference)
    }
    if let escape = escapeExplanation { return SyntaxError(escape, at: escapePlace) }
    switch context {
    case "while scanning a quoted scalar" where problem.hasPrefix("found unexpected"):
      return SyntaxError("the quoted text that begins here has no closing quote", at: contextPlace)
    case "while parsing a flow sequence":
      return unclosed("list", "[", "]", source)
    case "while parsing a flow mapping":
      return unclosed("mapping", "{", "}", source)
    case "while parsing a flow node" where isAtEnd(source):
      return SyntaxError(
        "the manifest ends inside a list or mapping: \"]\" or \"}\" is missing", at: place)
    default:
      return SyntaxError(explanation(source), at: place, notes: contextNotes)
    }
  }

  /// The line is indented by a tab before the problem.
  private func startsWithTab(_ source: SourceText) -> Bool {
    if problem.hasPrefix("found a tab character") { return true }
    guard problem == "found character that cannot start any token" else { return false }
    return character(source) == "\t"
  }

  private func character(_ source: SourceText) -> Unicode.Scalar? {
    source.lines([place.line])[place.line]?.unicodeScalars.dropFirst(place.column - 1).first
  }

  /// In a flow collection the brace of `${` is taken for one of YAML's: the place of the dollar sign.
  private func interpolation(_ source: SourceText) -> SourcePlace? {
    guard context == "while parsing a flow mapping" || context == "while parsing a flow sequence",
      place.column > 1, character(source) == "{"
    else { return nil }
    let dollar = SourcePlace(line: place.line, column: place.column - 1)
    let before = source.lines([place.line])[place.line]?.unicodeScalars
      .dropFirst(dollar.column - 1).first
    return before == "$" ? dollar : nil
  }

  private var escapeExplanation: String? {
    switch problem {
    case "found invalid Unicode character escape code":
      "this escape is no character: \\ud800 to \\udfff are halves and come in pairs, such as \\ud83d\\ude00;"
        + " the last character is \\U0010FFFF"
    case "did not find expected hexdecimal number":
      "an escape has two hexadecimal digits behind \\x, four behind \\u, eight behind \\U"
    default: nil
    }
  }

  /// libyaml points at the first digit, behind the backslash and the letter.
  private var escapePlace: SourcePlace {
    SourcePlace(line: place.line, column: place.column - 2)
  }

  private func isAtEnd(_ source: SourceText) -> Bool {
    source.lines([place.line]).isEmpty
  }

  private func unclosed(
    _ what: String, _ opening: String, _ closing: String, _ source: SourceText
  ) -> SyntaxError {
    if isAtEnd(source) {
      return SyntaxError(
        "the \(what) that begins here has no closing \"\(closing)\"", at: contextPlace)
    }
    return SyntaxError(
      "expected \",\" or \"\(closing)\" here", at: place,
      notes: [Diagnostic.Note("the \(what) begins with \"\(opening)\" here", at: contextPlace)])
  }

  private var contextNotes: [Diagnostic.Note] {
    switch context {
    case "while parsing a block mapping":
      [Diagnostic.Note("the mapping begins here", at: contextPlace)]
    case "while parsing a block collection":
      [Diagnostic.Note("the list begins here", at: contextPlace)]
    default: []
    }
  }

  private func explanation(_ source: SourceText) -> String {
    switch problem {
    case "did not find expected key":
      "expected a key here; check the indentation, and quote a value that holds \": \" or \" #\""
    case "did not find expected '-' indicator":
      "expected \"- \" here; check the indentation of the list"
    case "mapping values are not allowed in this context":
      "a mapping cannot begin here; check the indentation, or quote a value that holds \": \""
    case "could not find expected ':'":
      "expected \":\" behind this key"
    case "block sequence entries are not allowed in this context":
      "a list cannot begin here; put \"- \" on a line of its own"
    case "found character that cannot start any token":
      "a value cannot begin with \(character(source).map { quoted(String($0)) } ?? "this"); quote it"
    case "found incompatible YAML document":
      "this YAML version is not supported; the manifest is YAML 1.2"
    case "found unexpected ':'":
      "inside { } and [ ] a space must follow this \":\"; or put the text that it belongs to in quotes"
    case "found undefined tag handle":
      "the tag's prefix is not declared; a manifest needs no tags"
    case "found unknown escape character":
      "this escape is not known in double quotes; write \\\\ for a backslash, or use single quotes"
    default: "this is not valid YAML: \(problem)"
    }
  }
}
