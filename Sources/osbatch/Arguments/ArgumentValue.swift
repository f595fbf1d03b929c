/// A type that one word of the command line can be read as.
protocol ExpressibleByArgument {
  /// nil: the word is not one of its values.
  init?(argument: String)
  /// Every value as it is written, where they are few; for help, messages and completions.
  static var allValueStrings: [String] { get }
  /// What a word must be, in words: "a whole number". Empty where the words of `allValueStrings` say it.
  static var argumentDescription: String { get }
  /// What is wrong with a word that is none, in a sentence; nil: the above says enough.
  static func problem(with argument: String) -> String?
}

extension ExpressibleByArgument {
  static var allValueStrings: [String] { [] }
  static var argumentDescription: String { "" }
  static func problem(with argument: String) -> String? { nil }
}

extension ExpressibleByArgument where Self: RawRepresentable, RawValue == String {
  init?(argument: String) { self.init(rawValue: argument) }
}

extension ExpressibleByArgument where Self: RawRepresentable & CaseIterable, RawValue == String {
  static var allValueStrings: [String] { allCases.map(\.rawValue) }
}

extension String: ExpressibleByArgument {
  init?(argument: String) { self = argument }
}

extension Int: ExpressibleByArgument {
  static var argumentDescription: String { "a whole number" }

  init?(argument: String) { self.init(argument) }
}
