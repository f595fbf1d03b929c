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

/// An option, flag or argument that a command declares.
struct Declaration {
  enum Kind { case argument, option, flag }

  let kind: Kind
  /// Without the hyphens before it.
  let name: String
  let shortName: Character?
  /// Only help and complaints ask for what these give: every start would pay for what is made beforehand.
  private let makeHelp: () -> ArgumentHelp
  private let values: any ExpressibleByArgument.Type
  /// Each further word is one more value.
  var isRepeating = false
  /// A command line without it is wrong.
  var isRequired = false
  /// As it would be written, for help; empty when there is none.
  var defaultText = ""

  init(
    _ kind: Kind, _ name: String, _ shortName: Character?, _ help: @escaping () -> ArgumentHelp,
    _ values: any ExpressibleByArgument.Type
  ) {
    self.kind = kind
    self.name = name
    self.shortName = shortName
    makeHelp = help
    self.values = values
  }

  var help: ArgumentHelp { makeHelp() }
  var valueStrings: [String] { values.allValueStrings }
  var valueDescription: String { values.argumentDescription }
  /// What is wrong with a word that it does not accept; nil: the above says enough.
  func problem(_ word: String) -> String? { values.problem(with: word) }

  /// `<dir>`.
  var placeholder: String { "<" + (help.valueName ?? name) + ">" }

  /// Its twin in the environment counts where it is not on the command line.
  var environmentTwin: String? {
    guard kind != .argument else { return nil }
    let letters = name.utf8.map { letter -> UInt8 in
      switch letter {
      case UInt8(ascii: "-"): UInt8(ascii: "_")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): letter & ~0x20
      default: letter
      }
    }
    return "OSBATCH_" + String(decoding: letters, as: UTF8.self)
  }
}
