/// All that one command declares, in the order in which it does. A command goes through its properties in one function
/// (`declare`), once to have them listed and once to have them filled. (Not by reflection: looking for properties and what
/// their types conform to took a third of a short run.)
struct Grammar {
  /// A value that was found, and how the user named what it is for.
  struct Word {
    var value: String
    var name: String
  }

  private enum Purpose {
    /// With the defaults as words, for help.
    case describing
    case listing
    /// The words for each declaration.
    case filling([[Word]])
  }

  private let purpose: Purpose
  private(set) var declarations: [Declaration] = []
  /// The first word that cannot be what it is for, or a combination that cannot be.
  private var problem: ValidationError?

  private init(_ purpose: Purpose) { self.purpose = purpose }

  var arguments: [Declaration] { declarations.filter { $0.kind == .argument } }
  /// Options and flags.
  var named: [Declaration] { declarations.filter { $0.kind != .argument } }

  /// What the type declares, for help and completions.
  static func describing(_ type: any ParsableCommand.Type) -> Grammar {
    var grammar = Grammar(.describing)
    var command = type.init()
    command.declare(in: &grammar)
    return grammar
  }

  /// What the command declares, to look words up.
  static func listing(_ command: inout any ParsableCommand) -> Grammar {
    var grammar = Grammar(.listing)
    command.declare(in: &grammar)
    return grammar
  }

  /// Fills the command's properties. `words` has those for each of its declarations, in their order.
  static func fill(
    _ command: inout any ParsableCommand, _ words: [[Word]]
  ) throws(ValidationError) {
    var grammar = Grammar(.filling(words))
    command.declare(in: &grammar)
    if let problem = grammar.problem { throw problem }
    try command.validate()
  }
}

/// What a command says of its properties.
extension Grammar {
  /// `--name VALUE`, `--name=VALUE` or `-n VALUE`. nil unless it is given.
  mutating func option<Value: ExpressibleByArgument>(
    _ name: String, short: Character? = nil, _ property: inout Value?,
    help: @escaping @autoclosure () -> ArgumentHelp
  ) {
    for word in add(Declaration(.option, name, short, help, Value.self)) {
      take(word) { property = $0 }
    }
  }

  /// As above, with a default.
  mutating func option<Value: ExpressibleByArgument>(
    _ name: String, short: Character? = nil, _ property: inout Value,
    help: @escaping @autoclosure () -> ArgumentHelp
  ) {
    for word in add(Declaration(.option, name, short, help, Value.self), initially: property) {
      take(word) { property = $0 }
    }
  }

  /// As above; it may be given several times.
  mutating func option<Value: ExpressibleByArgument>(
    _ name: String, short: Character? = nil, _ property: inout [Value],
    help: @escaping @autoclosure () -> ArgumentHelp
  ) {
    var declaration = Declaration(.option, name, short, help, Value.self)
    declaration.isRepeating = true
    for word in add(declaration) { take(word) { property.append($0) } }
  }

  /// `--name` or `-n`: true when it is there.
  mutating func flag(
    _ name: String, short: Character? = nil, _ property: inout Bool,
    help: @escaping @autoclosure () -> ArgumentHelp
  ) {
    for word in add(Declaration(.flag, name, short, help, FlagWord.self)) {
      take(word) { (flag: FlagWord) in property = flag.isSet }
    }
  }

  /// A word that stands by itself and must be there.
  mutating func argument(
    _ name: String, required property: inout String,
    help: @escaping @autoclosure () -> ArgumentHelp
  ) {
    var declaration = Declaration(.argument, name, nil, help, String.self)
    declaration.isRequired = true
    for word in add(declaration) { property = word.value }
  }

  /// A word that stands by itself and may be left out.
  mutating func argument(
    _ name: String, _ property: inout String, help: @escaping @autoclosure () -> ArgumentHelp
  ) {
    for word in add(Declaration(.argument, name, nil, help, String.self), initially: property) {
      property = word.value
    }
  }

  /// One or more words that stand by themselves.
  mutating func argument(
    _ name: String, _ property: inout [String], help: @escaping @autoclosure () -> ArgumentHelp
  ) {
    var declaration = Declaration(.argument, name, nil, help, String.self)
    declaration.isRepeating = true
    declaration.isRequired = true
    for word in add(declaration) { property.append(word.value) }
  }

  /// Declarations that several commands share.
  mutating func group<Group: ParsableArguments>(_ property: inout Group) {
    property.declare(in: &self)
    guard case .filling = purpose, problem == nil else { return }
    do throws(ValidationError) { try property.validate() } catch { problem = error }
  }

  /// The words for it, when it is to be filled.
  private mutating func add(
    _ declaration: Declaration, initially value: Any? = nil
  ) -> [Word] {
    declarations.append(declaration)
    switch purpose {
    case .listing: return []
    case .describing:
      if let value { declarations[declarations.count - 1].defaultText = "\(value)" }
      return []
    case .filling(let words): return words[declarations.count - 1]
    }
  }

  private mutating func take<Value: ExpressibleByArgument>(_ word: Word, _ set: (Value) -> Void) {
    if let value = Value(argument: word.value) { return set(value) }
    problem = problem ?? refusal(word)
  }

  private func refusal(_ word: Word) -> ValidationError {
    let declaration = declarations[declarations.count - 1]
    if let problem = declaration.problem(word.value) {
      return ValidationError("\(word.name): \(problem)")
    }
    let wanted =
      declaration.valueDescription.isEmpty
      ? declaration.valueStrings.joined(separator: ", ") : declaration.valueDescription
    let rule = wanted.isEmpty ? "which it cannot be" : "but it can only be \(wanted)"
    return ValidationError("\(word.name) is \"\(word.value)\", \(rule)")
  }
}

/// How the twin of a flag is written in the environment.
private struct FlagWord: ExpressibleByArgument {
  static var argumentDescription: String { "true or false" }

  var isSet: Bool

  init?(argument: String) {
    switch argument.lowercased() {
    case "1", "true", "yes": isSet = true
    case "0", "false", "no": isSet = false
    default: return nil
    }
  }
}
