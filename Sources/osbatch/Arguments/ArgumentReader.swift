internal import BatchManifest

/// Reads a command's words into what the command declares. `--` ends the options; of an option that
/// does not repeat the last one counts; a value that begins with a hyphen is written `--name=-value`.
struct ArgumentReader {
  /// What ends the reading, whatever else is on the line.
  enum Question { case help, version }

  private let declarations: [Declaration]
  private var rest: ArraySlice<String>
  private var positional: [String] = []
  /// For each declaration what was found for it.
  private var found: [[Grammar.Word]]

  private init(_ declarations: [Declaration], _ words: ArraySlice<String>) {
    self.declarations = declarations
    rest = words
    found = Array(repeating: [], count: declarations.count)
  }

  /// Fills the command's properties, from `environment` where the line says nothing.
  static func read(
    _ words: ArraySlice<String>, into command: inout any ParsableCommand,
    environment: (String) throws(ValidationError) -> String?
  ) throws(ValidationError) -> Question? {
    var reader = ArgumentReader(Grammar.listing(&command).declarations, words)
    if let question = try reader.readWords() { return question }
    try reader.place()
    try reader.readTwins(environment)
    try Grammar.fill(&command, reader.found)
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
    guard let index = index(where: { $0.name == name }) else {
      throw unknown(String(word[..<end]))
    }
    let attached = end < word.endIndex ? String(word[word.index(after: end)...]) : nil
    if declarations[index].kind == .flag {
      if let attached {
        throw ValidationError("--\(name) takes no value, but was given \"\(attached)\"")
      }
      add("true", to: index, as: "--\(name)")
    } else {
      add(try value(of: "--\(name)", attached), to: index, as: "--\(name)")
    }
  }

  /// `-q`, `-qv`, `-j8`, `-j=8`, `-j 8`.
  private mutating func readShort(_ letters: Substring) throws(ValidationError) {
    var letters = letters
    while let letter = letters.popFirst() {
      guard let index = index(where: { $0.shortName == letter }) else {
        throw unknown("-\(letter)")
      }
      if declarations[index].kind == .flag {
        add("true", to: index, as: "-\(letter)")
        continue
      }
      if letters.first == "=" { letters.removeFirst() }
      let attached = letters.isEmpty ? nil : String(letters)
      return add(try value(of: "-\(letter)", attached), to: index, as: "-\(letter)")
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

  /// Of an option or flag.
  private func index(where matches: (Declaration) -> Bool) -> Int? {
    declarations.firstIndex { $0.kind != .argument && matches($0) }
  }

  private mutating func add(_ value: String, to index: Int, as name: String) {
    found[index].append(Grammar.Word(value: value, name: name))
  }

  private func unknown(_ name: String) -> ValidationError {
    let named = declarations.filter { $0.kind != .argument }
    let known = named.map(\.name) + ["help", "version"]
    let bare = String(name.drop { $0 == "-" })
    let near = Suggestion.nearest(to: bare, among: known).map { ": did you mean --\($0)?" }
    return ValidationError("there is no option \(name)\(near ?? "")")
  }

  /// Gives the words without a name to the arguments, in their order.
  private mutating func place() throws(ValidationError) {
    var words = positional[...]
    for (index, argument) in declarations.enumerated() where argument.kind == .argument {
      repeat {
        guard let word = words.popFirst() else { break }
        add(word, to: index, as: argument.placeholder)
      } while argument.isRepeating
      if argument.isRequired, found[index].isEmpty {
        throw ValidationError("\(argument.placeholder) is missing: \(argument.help.abstract)")
      }
    }
    if let word = words.first { throw ValidationError("\"\(word)\" is one argument too many") }
  }

  /// A twin is checked as if it had been on the command line. Of an option that repeats it holds one value
  /// on each line.
  private mutating func readTwins(
    _ environment: (String) throws(ValidationError) -> String?
  ) throws(ValidationError) {
    for index in declarations.indices where found[index].isEmpty {
      guard let twin = declarations[index].environmentTwin, let text = try environment(twin),
        !text.isEmpty
      else { continue }
      if declarations[index].isRepeating {
        for value in text.split(separator: "\n") { add(String(value), to: index, as: twin) }
      } else {
        add(text, to: index, as: twin)
      }
    }
  }
}
