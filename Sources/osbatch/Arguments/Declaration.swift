/// How an option or flag is written.
enum Name {
  /// `--state-dir` of a property `stateDir`.
  case long
  /// `-q` of a property `quiet`.
  case short
  case customLong(String)
  case customShort(Character)
}

/// What help says of an option, flag or argument.
struct ArgumentHelp: ExpressibleByStringInterpolation {
  var abstract: String
  /// Further lines below the abstract.
  var discussion: String
  /// What stands for the value: `dir` in `--state-dir <dir>`. nil: the name.
  var valueName: String?

  init(_ abstract: String, discussion: String = "", valueName: String? = nil) {
    self.abstract = abstract
    self.discussion = discussion
    self.valueName = valueName
  }

  init(stringLiteral abstract: String) { self.init(abstract) }
}

/// An option, flag or argument that a command declares, and what was read for it. The property
/// wrappers hold one each: reading fills it, the command looks into it.
class Declaration: @unchecked Sendable {  // filled before the command runs, and then only looked at
  enum Kind { case argument, option, flag }

  let kind: Kind
  let help: ArgumentHelp
  /// Each further word is one more value.
  let isRepeating: Bool
  let valueStrings: [String]
  let valueDescription: String
  /// What is wrong with a word that it does not accept; nil: the above says enough.
  let problem: (String) -> String?
  /// As it would be written, for help; empty when there is none.
  let defaultText: String
  private let spelling: [Name]
  /// The property's name, known once the grammar has looked at the command.
  var property = ""

  init(
    _ kind: Kind, _ spelling: [Name], _ help: ArgumentHelp?, isRepeating: Bool = false,
    values: (any ExpressibleByArgument.Type)? = nil, defaultText: String = ""
  ) {
    self.kind = kind
    self.spelling = spelling
    self.help = help ?? ""
    self.isRepeating = isRepeating
    self.defaultText = defaultText
    valueStrings = values?.allValueStrings ?? []
    valueDescription = values?.argumentDescription ?? ""
    problem = { values?.problem(with: $0) }
  }

  /// Takes a value; false: it cannot be one.
  func accept(_ text: String) -> Bool { preconditionFailure("\(property) takes no value") }
  /// It must be given, and was not.
  var isMissing: Bool { false }

  /// The property's name as words with hyphens.
  var words: String {
    property.reduce(into: "") { words, letter in
      if letter.isUppercase { words.append("-") }
      words.append(contentsOf: letter.lowercased())
    }
  }

  /// Without the hyphens before them.
  var longName: String? {
    for name in spelling {
      switch name {
      case .long: return words
      case .customLong(let name): return name
      case .short, .customShort: continue
      }
    }
    return nil
  }

  var shortName: Character? {
    for name in spelling {
      switch name {
      case .short: return property.first
      case .customShort(let letter): return letter
      case .long, .customLong: continue
      }
    }
    return nil
  }

  /// `<dir>`.
  var placeholder: String { "<" + (help.valueName ?? longName ?? words) + ">" }

  /// Its twin in the environment counts where it is not on the command line.
  var environmentTwin: String? {
    guard kind != .argument, let longName else { return nil }
    return "OSBATCH_" + longName.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
  }
}

/// A declaration with its value.
final class ValueDeclaration<Value>: Declaration, @unchecked Sendable {  // as its superclass
  private var value: Value?
  private let read: (String, Value?) -> Value?

  /// `read` makes a new value of a word and the value so far; nil: the word cannot be one.
  init(
    _ kind: Kind, _ spelling: [Name], _ help: ArgumentHelp?, isRepeating: Bool = false,
    values: (any ExpressibleByArgument.Type)? = nil, initial: Value?, defaultText: String = "",
    read: @escaping (String, Value?) -> Value?
  ) {
    value = initial
    self.read = read
    super.init(
      kind, spelling, help, isRepeating: isRepeating, values: values, defaultText: defaultText)
  }

  override func accept(_ text: String) -> Bool {
    guard let next = read(text, value) else { return false }
    value = next
    return true
  }

  override var isMissing: Bool { value == nil }

  /// What was read, or the default.
  var current: Value {
    guard let value else { preconditionFailure("\(property) is used before it was read") }
    return value
  }
}
