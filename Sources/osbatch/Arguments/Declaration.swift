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
/// wrappers are such: reading fills them, the command looks into them. (They are classes, as whether a property is
/// of a class is known at once; what its type conforms to is searched for, in every start.)
class Declaration: @unchecked Sendable {  // filled before the command runs, and then only looked at
  enum Kind { case argument, option, flag }

  let kind: Kind
  let help: ArgumentHelp
  /// Each further word is one more value.
  let isRepeating: Bool
  private let values: (any ExpressibleByArgument.Type)?
  private let describeDefault: (() -> String)?
  private let spelling: [Name]
  /// The property's name, known once the grammar has looked at the command.
  var property = ""

  init(
    _ kind: Kind, _ spelling: [Name], _ help: ArgumentHelp?, isRepeating: Bool = false,
    values: (any ExpressibleByArgument.Type)? = nil, describeDefault: (() -> String)? = nil
  ) {
    self.kind = kind
    self.spelling = spelling
    self.help = help ?? ""
    self.isRepeating = isRepeating
    self.values = values
    self.describeDefault = describeDefault
  }

  // Only help and complaints ask for these: every start would pay for what is made beforehand.

  var valueStrings: [String] { values?.allValueStrings ?? [] }
  var valueDescription: String { values?.argumentDescription ?? "" }
  /// As it would be written, for help; empty when there is none.
  var defaultText: String { describeDefault?() ?? "" }
  /// What is wrong with a word that it does not accept; nil: the above says enough.
  func problem(_ word: String) -> String? { values?.problem(with: word) }

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

/// A group of declarations that stands in a command as one property.
class DeclarationGroup: @unchecked Sendable {  // all constant
  var arguments: any ParsableArguments { preconditionFailure("a group without declarations") }
}

/// A declaration with its value.
class ValueDeclaration<Value>: Declaration, @unchecked Sendable {  // as its superclass
  private var value: Value?
  private let read: (String, Value?) -> Value?

  /// `read` makes a new value of a word and the value so far; nil: the word cannot be one.
  init(
    _ kind: Kind, _ spelling: [Name], _ help: ArgumentHelp?, isRepeating: Bool = false,
    values: (any ExpressibleByArgument.Type)? = nil, initial: Value?,
    describeDefault: (() -> String)? = nil,
    read: @escaping (String, Value?) -> Value?
  ) {
    value = initial
    self.read = read
    super.init(
      kind, spelling, help, isRepeating: isRepeating, values: values,
      describeDefault: describeDefault)
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
