/// What `--help` prints: 80 columns, the names on the left and what they mean on the right.
struct HelpText {
  private static let width = 80
  private static let column = 26

  private(set) var text = ""

  static func of(_ program: Program) -> String {
    var help = HelpText()
    help.overview(program.configuration)
    help.add("USAGE: \(program.usage)\n\nOPTIONS:\n")
    help.common()
    help.row(
      "--generate-completion-script <shell>",
      "Print the completions for bash, zsh or fish.")
    help.add("\nSUBCOMMANDS:\n")
    for command in program.commands {
      help.row(command.configuration.commandName, command.configuration.abstract)
    }
    let name = program.configuration.commandName
    help.add("\n  See '\(name) help <subcommand>' for detailed help.")
    return help.text
  }

  static func of(_ command: any ParsableCommand.Type, in program: Program) -> String {
    var help = HelpText()
    let grammar = Grammar.describing(command)
    help.overview(command.configuration)
    help.add("USAGE: \(usage(command, in: program))\n\n")
    if !grammar.arguments.isEmpty {
      help.add("ARGUMENTS:\n")
      for argument in grammar.arguments { help.row(argument) }
      help.add("\n")
    }
    help.add("OPTIONS:\n")
    for declaration in grammar.named { help.row(declaration) }
    help.common()
    help.text.removeLast()
    return help.text
  }

  /// `osbatch run [<options>] <manifest>`.
  static func usage(_ command: any ParsableCommand.Type, in program: Program) -> String {
    let grammar = Grammar.describing(command)
    var words = [program.configuration.commandName, command.configuration.commandName]
    if !grammar.named.isEmpty { words.append("[<options>]") }
    for argument in grammar.arguments {
      let word = argument.placeholder + (argument.isRepeating ? " ..." : "")
      words.append(argument.isRequired ? word : "[\(word)]")
    }
    return words.joined(separator: " ")
  }

  private mutating func add(_ more: String) { text += more }

  private mutating func overview(_ configuration: CommandConfiguration) {
    add(Self.wrapped("OVERVIEW: " + configuration.abstract, indent: 0) + "\n\n")
    guard !configuration.discussion.isEmpty else { return }
    for paragraph in configuration.discussion.split(separator: "\n") {
      add(Self.wrapped(String(paragraph), indent: 0) + "\n\n")
    }
  }

  private mutating func common() {
    row("--version", "Show the version.")
    row("-h, --help", "Show help information.")
  }

  private mutating func row(_ declaration: Declaration) {
    var notes: [String] = []
    if !declaration.valueStrings.isEmpty {
      notes.append("values: " + declaration.valueStrings.joined(separator: ", "))
    }
    if !declaration.defaultText.isEmpty { notes.append("default: " + declaration.defaultText) }
    let note = notes.isEmpty ? "" : " (" + notes.joined(separator: "; ") + ")"
    row(Self.label(declaration), declaration.help.abstract + note)
    guard !declaration.help.discussion.isEmpty else { return }
    add(Self.wrapped(declaration.help.discussion, indent: Self.column) + "\n")
  }

  private static func label(_ declaration: Declaration) -> String {
    var names: [String] = []
    if let short = declaration.shortName { names.append("-\(short)") }
    if declaration.kind != .argument { names.append("--\(declaration.name)") }
    let name = names.joined(separator: ", ")
    switch declaration.kind {
    case .argument: return declaration.placeholder + (declaration.isRepeating ? " ..." : "")
    case .flag: return name
    case .option: return "\(name) \(declaration.placeholder)"
    }
  }

  private mutating func row(_ label: String, _ meaning: String) {
    let label = "  " + label
    let right = Self.wrapped(meaning, indent: Self.column)
    if label.count + 1 < Self.column {
      let gap = String(repeating: " ", count: Self.column - label.count)
      add(label + gap + right.drop { $0 == " " } + "\n")
    } else {
      add(label + "\n" + right + "\n")
    }
  }

  private static func wrapped(_ text: String, indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, indent + line.count + 1 + word.count > width {
        lines.append(margin + line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    lines.append(margin + line)
    return lines.joined(separator: "\n")
  }
}
