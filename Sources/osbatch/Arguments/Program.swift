internal import BatchCore
internal import BatchManifest

/// The program as the command line sees it: its commands, and what words mean to it.
struct Program {
  let configuration: CommandConfiguration
  let version: () -> String
  let commands: [any ParsableCommand.Type]
  let environment: (String) throws(ValidationError) -> String?

  /// What the words ask for.
  enum Meaning {
    case command(any ParsableCommand)
    /// To be printed, and nothing else to be done.
    case text(String)
  }

  /// Words that cannot be carried out; `text` is what the user reads.
  struct Misuse: Error { var text: String }

  private static let completionOption = "--generate-completion-script"

  func interpret(_ words: [String]) throws(Misuse) -> Meaning {
    guard let first = words.first else { return .text(help) }
    if let type = command(first) { return try interpret(type, words.dropFirst()) }
    switch first {
    case "--help", "-h": return .text(help)
    case "--version": return .text(version())
    case "help":
      guard words.count > 1 else { return .text(help) }
      guard words[1] != first else { return .text(help) }
      guard let type = command(words[1]) else { throw unknown(words[1]) }
      return .text(HelpText.of(type, in: self))
    case Self.completionOption: return .text(try completions(words.dropFirst().first))
    default: throw unknown(first)
    }
  }

  /// What the user reads of a command that found its own words impossible.
  func misuse(_ error: ValidationError, of command: (any ParsableCommand)?) -> Misuse {
    let type = command.map { Swift.type(of: $0) }
    let usage = type.map { HelpText.usage($0, in: self) } ?? usage
    let path = type.map { " " + $0.configuration.commandName } ?? ""
    return Misuse(
      text: "Error: \(error.message.readable)\nUsage: \(usage)\n"
        + "  See '\(configuration.commandName)\(path) --help' for more information.")
  }

  var usage: String { "\(configuration.commandName) <subcommand>" }

  private var help: String { HelpText.of(self) }

  private func command(_ name: String) -> (any ParsableCommand.Type)? {
    commands.first { $0.configuration.commandName == name }
  }

  private func interpret(
    _ type: any ParsableCommand.Type, _ words: ArraySlice<String>
  ) throws(Misuse) -> Meaning {
    var command: any ParsableCommand = type.init()
    let ignored = type.configuration.ignoredTwins
    do throws(ValidationError) {
      let question = try ArgumentReader.read(
        words, into: &command,
        environment: { (twin) throws(ValidationError) in
          ignored.contains(twin) ? nil : try environment(twin)
        })
      return switch question {
      case .none: .command(command)
      case .help: .text(HelpText.of(type, in: self))
      case .version: .text(version())
      }
    } catch {
      throw misuse(error, of: command)
    }
  }

  private func unknown(_ word: String) -> Misuse {
    let isOption = word.hasPrefix("-")
    let known =
      isOption
      ? ["--help", "--version", Self.completionOption]
      : commands.map { $0.configuration.commandName } + ["help"]
    let near = Suggestion.nearest(to: word, among: known).map { ": did you mean \($0)?" } ?? ""
    let kind = isOption ? "option" : "command"
    return misuse(ValidationError("there is no \(kind) \(word)\(near)"), of: nil)
  }

  private func completions(_ shell: String?) throws(Misuse) -> String {
    guard let shell, let script = Completions(self).script(for: shell) else {
      throw misuse(
        ValidationError("\(Self.completionOption) needs the shell: bash, zsh or fish"), of: nil)
    }
    return script
  }
}
