/// A value whose properties are what a command line says.
protocol ParsableArguments: Sendable {
  init()
  /// Goes through its properties: which argument, option or flag each is, or which are another such value's. Called more than
  /// once, and always the same.
  mutating func declare(in grammar: inout Grammar)
  /// Checks what one word alone cannot show; called when all has been read.
  func validate() throws(ValidationError)
}

extension ParsableArguments {
  func validate() throws(ValidationError) {}
}

/// A command of the program.
protocol ParsableCommand: ParsableArguments {
  static var configuration: CommandConfiguration { get }
  /// `output` is standard output; whoever has called this writes what is left in it, and tells when something could not be
  /// written.
  func run(_ output: OutputStream) throws
}

/// What a command is called, and what help says of it.
struct CommandConfiguration: Sendable {
  var commandName: String
  var abstract: String
  var discussion: String
  /// Variables that are meant for other commands, although one of this command's options has that twin.
  var ignoredTwins: [String]

  init(
    commandName: String, abstract: String, discussion: String = "", ignoredTwins: [String] = []
  ) {
    self.commandName = commandName
    self.abstract = abstract
    self.discussion = discussion
    self.ignoredTwins = ignoredTwins
  }
}

/// A command line that cannot be carried out, in a sentence: exit code 2.
struct ValidationError: Error {
  var message: String

  init(_ message: String) { self.message = message }
}
