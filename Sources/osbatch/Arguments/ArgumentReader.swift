internal import BatchManifest

/// Reads a command's words into what the command declares. `--` ends the options; of an option that
/// does not repeat the last one counts; a value that begins with a hyphen is written `--name=-value`.
struct ArgumentReader {
  /// What ends the reading, whatever else is on the line.
  enum Question { case help, version }

  private let grammar: Grammar
  private var rest: ArraySlice<String>
  private var positional: [String] = []
  private var given: Set<ObjectIdentifier> = []

  private init(_ grammar: Grammar, _ words: ArraySlice<String>) {
    self.grammar = grammar
    rest = words
  }

  /// Fills the grammar's declarations, from `environment` where the line says nothing.
  static func read(
    _ words: ArraySlice<String>, into grammar: Grammar, environment: (String) -> String?
  ) throws(ValidationError) -> Question? {
    var reader = ArgumentReader(grammar, words)
    if let question = try reader.readWords() { return question }
    try reader.place()
    try reader.readTwins(environment)
    try grammar.validate()
    return nil
  }

  private mutating func readWords() throws(ValidationError) -> Question? {
    while let word = rest.popFirst() {
      if word == "--help" || word == "-h" { return .help }
      if word == "--version" { return .version }
      if word == "--" {
        positional += rest
        rest = []
      } else if word.hasPrefix("--") {
        try readLong(word)
      } else if word.hasPrefix("-"), word != "-" {
        try readShort(word.dropFirst())
      } else {
        positional.append(word)
      }
    }
    return nil
  }

  private mutating func readLong(_ word: String) throws(ValidationError) {
    let end = word.firstIndex(of: "=") ?? word.endIndex
    let name = word[..<end].dropFirst(2)
    guard let declaration = grammar.named.first(where: { $0.longName.map { $0 == name } ?? false })
    else { throw unknown(String(word[..<end])) }
    let attached = end < word.endIndex ? String(word[word.index(after: end)...]) : nil
    if declaration.kind == .flag {
      if let attached {
        throw ValidationError("--\(name) takes no value, but was given \"\(attached)\"")
      }
      try set(declaration, "true", as: "--\(name)")
    } else {
      try set(declaration, try value(of: "--\(name)", attached), as: "--\(name)")
    }
  }

  /// `-q`, `-qv`, `-j8`, `-j=8`, `-j 8`.
  private mutating func readShort(_ letters: Substring) throws(ValidationError) {
    var letters = letters
    while let letter = letters.popFirst() {
      guard let declaration = grammar.named.first(where: { $0.shortName == letter }) else {
        throw unknown("-\(letter)")
      }
      if declaration.kind == .flag {
        try set(declaration, "true", as: "-\(letter)")
        continue
      }
      if letters.first == "=" { letters.removeFirst() }
      let attached = letters.isEmpty ? nil : String(letters)
      try set(declaration, try value(of: "-\(letter)", attached), as: "-\(letter)")
      return
    }
  }

  /// What is attached to the name, or the next word.
  private mutating func value(
    of name: String, _ attached: String?
  ) throws(ValidationError) -> String {
    if let attached { return attached }
    guard let next = rest.first, next == "-" || !next.hasPrefix("-") else {
      throw ValidationError("\(name) needs a value")
    }
    rest.removeFirst()
    return next
  }

  private mutating func set(
    _ declaration: Declaration, _ value: String, as name: String
  ) throws(ValidationError) {
    guard declaration.accept(value) else { throw Self.refusal(declaration, value, name) }
    given.insert(ObjectIdentifier(declaration))
  }

  private static func refusal(
    _ declaration: Declaration, _ value: String, _ name: String
  ) -> ValidationError {
    if let problem = declaration.problem(value) { return ValidationError("\(name): \(problem)") }
    let wanted =
      if declaration.kind == .flag {
        "true or false"
      } else if declaration.valueDescription.isEmpty {
        declaration.valueStrings.joined(separator: ", ")
      } else {
        declaration.valueDescription
      }
    let rule = wanted.isEmpty ? "which it cannot be" : "but it can only be \(wanted)"
    return ValidationError("\(name) is \"\(value)\", \(rule)")
  }

  private func unknown(_ name: String) -> ValidationError {
    let known = grammar.named.compactMap(\.longName) + ["help", "version"]
    let bare = String(name.drop { $0 == "-" })
    let near = Suggestion.nearest(to: bare, among: known).map { ": did you mean --\($0)?" }
    return ValidationError("there is no option \(name)\(near ?? "")")
  }

  /// Gives the words without a name to the arguments, in their order.
  private mutating func place() throws(ValidationError) {
    var words = positional[...]
    for argument in grammar.arguments {
      repeat {
        guard let word = words.popFirst() else { break }
        guard argument.accept(word) else {
          throw Self.refusal(argument, word, argument.placeholder)
        }
      } while argument.isRepeating
      if argument.isMissing {
        throw ValidationError("\(argument.placeholder) is missing: \(argument.help.abstract)")
      }
    }
    if let word = words.first { throw ValidationError("\"\(word)\" is one argument too many") }
  }

  /// A twin is checked as if it had been on the command line. Of an option that repeats it holds one value
  /// on each line.
  private func readTwins(_ environment: (String) -> String?) throws(ValidationError) {
    for declaration in grammar.named where !given.contains(ObjectIdentifier(declaration)) {
      guard let twin = declaration.environmentTwin, let text = environment(twin), !text.isEmpty
      else { continue }
      let values = declaration.isRepeating ? text.split(separator: "\n").map(String.init) : [text]
      for value in values {
        guard declaration.accept(value) else { throw Self.refusal(declaration, value, twin) }
      }
    }
  }
}
