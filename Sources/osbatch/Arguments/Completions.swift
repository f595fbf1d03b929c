/// Scripts that teach a shell the program's words, made of the commands' own declarations.
struct Completions {
  private let program: Program
  private let name: String

  init(_ program: Program) {
    self.program = program
    name = program.configuration.commandName
  }

  /// nil for a shell that is not known.
  func script(for shell: String) -> String? {
    switch shell {
    case "bash": bash
    case "zsh": zsh
    case "fish": fish
    default: nil
    }
  }

  private func commandName(_ command: any ParsableCommand.Type) -> String {
    command.configuration.commandName
  }

  /// Where a script says nothing, the shell's own file names are offered.
  private var bash: String {
    let commands = program.commands.map(commandName).joined(separator: " ")
    var cases = ""
    for command in program.commands {
      let named = Grammar.describing(command).named
      for option in named where option.kind == .option {
        let patterns = names(of: option).map { "'\(commandName(command)) \($0)'" }
        let values = option.valueStrings.joined(separator: " ")
        cases += "    \(patterns.joined(separator: " | "))) words='\(values)' ;;\n"
      }
      let all = (named.flatMap(names) + ["--help", "--version"]).joined(separator: " ")
      cases += "    '\(commandName(command)) '*) [[ $word == -* ]] && words='\(all)' ;;\n"
    }
    return """
      # Completions of \(name) for bash: source this file.
      _\(name)() {
        local word=${COMP_WORDS[COMP_CWORD]} words=''
        if ((COMP_CWORD == 1)); then
          words='\(commands) help --help --version'
        else
          case "${COMP_WORDS[1]} ${COMP_WORDS[COMP_CWORD - 1]}" in
            'help '*) words='\(commands)' ;;
      \(cases)    esac
        fi
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
      }
      complete -o default -F _\(name) \(name)
      """
  }

  private var zsh: String {
    let commands = program.commands.map {
      "    \(quoted(commandName($0) + ":" + $0.configuration.abstract))"
    }
    var cases = ""
    for command in program.commands {
      let named = Grammar.describing(command).named
      let rows = named.flatMap { option in
        names(of: option).map { quoted($0 + zshRow(option)) }
      }
      let all = rows + ["'--help[Show help information.]'", "'*:file:_files'"]
      let arguments = all.map { " \\\n        \($0)" }.joined()
      cases += "    \(commandName(command))) _arguments\(arguments) ;;\n"
    }
    return """
      #compdef \(name)
      # Completions of \(name) for zsh: put this file as _\(name) into a directory of $fpath.
      local -a commands=(
      \(commands.joined(separator: "\n"))
      )
      if ((CURRENT == 2)); then
        _describe command commands
      else
        local command=$words[2]
        shift words
        ((CURRENT--))
        case $command in
      \(cases)  esac
      fi
      """
  }

  private func zshRow(_ option: Declaration) -> String {
    let abstract = option.help.abstract.map { character -> String in
      "[]:\\".contains(character) ? "\\\(character)" : String(character)
    }
    let value: String =
      if option.kind == .flag {
        ""
      } else if option.valueStrings.isEmpty {
        ":value:_files"
      } else {
        ":value:(\(option.valueStrings.joined(separator: " ")))"
      }
    return "[\(abstract.joined())]\(value)"
  }

  private var fish: String {
    var lines = [
      "# Completions of \(name) for fish: put this file into ~/.config/fish/completions."
    ]
    for command in program.commands {
      let configuration = command.configuration
      lines.append(
        "complete -c \(name) -n __fish_use_subcommand -f -a \(configuration.commandName) "
          + "-d \(quoted(configuration.abstract))")
      for option in Grammar.describing(command).named {
        var line =
          "complete -c \(name) -n '__fish_seen_subcommand_from \(configuration.commandName)'"
        if let short = option.shortName { line += " -s \(short)" }
        line += " -l \(option.name)"
        if option.kind == .option { line += " -r" }
        if !option.valueStrings.isEmpty {
          line += " -f -a \(quoted(option.valueStrings.joined(separator: " ")))"
        }
        lines.append("\(line) -d \(quoted(option.help.abstract))")
      }
    }
    return lines.joined(separator: "\n")
  }

  private func names(of option: Declaration) -> [String] {
    (option.shortName.map { ["-\($0)"] } ?? []) + ["--\(option.name)"]
  }

  private func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }
}
