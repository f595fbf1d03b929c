internal import BatchCore
internal import BatchRunner
internal import Glibc
internal import Platform

@main
enum Osbatch {
  private static let configuration = CommandConfiguration(
    commandName: "osbatch",
    abstract:
      "Makes every file → key entry of a manifest true in Alibaba Cloud OSS, and proves it.",
    discussion: """
      `osbatch run MANIFEST` uploads what is not yet done; the same command again continues.

      Every option has an environment twin: --state-dir is OSBATCH_STATE_DIR. Credentials come from \
      OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and OSS_SESSION_TOKEN (or ALIBABA_CLOUD_…), else from \
      a profile of ~/.ossutilconfig (--profile), else from the RAM role of the ECS instance.

      Exit codes: 0 all done, 1 some entries failed (or a report could not be written), 2 wrong usage, 3 manifest invalid, 4 cannot \
      start, 5 stopped early, 10 verify found a difference, 11 another run holds the lock, 130 and \
      143 interrupted.
      """)

  static func main() {
    ProcessMemory.hide()
    openMissingStreams()
    signal(SIGPIPE, SIG_IGN)
    // A file that may not grow further is an error of its write, like a full disk.
    signal(SIGXFSZ, SIG_IGN)
    // Ignored by whoever started it, the end of a child would be forgotten before it is asked for.
    signal(SIGCHLD, SIG_DFL)
    let program = Program(
      configuration: configuration, version: { Version.text },
      commands: [
        RunCommand.self, PlanCommand.self, ValidateCommand.self, RenderCommand.self,
        StatusCommand.self, VerifyCommand.self, AbortCommand.self, ReportCommand.self,
        InitCommand.self, SchemaCommand.self,
      ],
      environment: variable)
    let output = OutputStream(STDOUT_FILENO)
    let code = obey(program, output)
    ProcessEnd.now(CInt(finish(output, code).rawValue))
  }

  private static func obey(_ program: Program, _ output: OutputStream) -> ExitCode {
    do throws(Program.Misuse) {
      switch try program.interpret(try words(for: program)) {
      case .command(let command): return try carryOut(command, of: program, output)
      case .text(let text):
        output.write(text + "\n")
        return .success
      }
    } catch {
      return complain(error.text, .usage)
    }
  }

  /// What was printed has reached its destination, or no exit code says that all is well. A reader that has gone away has
  /// what it wanted.
  private static func finish(_ output: OutputStream, _ code: ExitCode) -> ExitCode {
    output.flush()
    guard let failure = output.failure, failure != EPIPE else { return code }
    let error = OutputStream.sentence(ofStandardOutput: failure)
    return complain("osbatch: \(error)", code == .success ? .stopped : code)
  }

  /// (Swift's own list of them mends what is not UTF-8, and a mended path is that of another file.)
  private static func words(for program: Program) throws(Program.Misuse) -> [String] {
    var words: [String] = []
    for index in 1..<max(1, Int(CommandLine.argc)) {
      guard let word = CommandLine.unsafeArgv[index] else { break }
      guard let text = String(validatingCString: word) else {
        let shown = String(cString: word)
        throw program.misuse(ValidationError("the argument \"\(shown)\" is not UTF-8"), of: nil)
      }
      words.append(text)
    }
    return words
  }

  /// (Not a closure in `main`: that would be the main actor's, and have the program carry Swift's whole runtime for concurrency.)
  private static func variable(_ name: String) throws(ValidationError) -> String? {
    guard let value = getenv(name) else { return nil }
    guard let text = String(validatingCString: value) else {
      throw ProcessEnvironment.unreadable(name)
    }
    return text
  }

  private static func carryOut(
    _ command: any ParsableCommand, of program: Program, _ output: OutputStream
  ) throws(Program.Misuse) -> ExitCode {
    do {
      try command.run(output)
      return .success
    } catch let end as CommandEnd {
      return end.code
    } catch let error as ValidationError {
      throw program.misuse(error, of: command)
    } catch {
      preconditionFailure("a command ended with \(error)")
    }
  }

  /// A standard stream that is closed would give its number, and with it the output, to the first
  /// file that is opened: the journal. The lowest free number is the one that is missing.
  private static func openMissingStreams() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", O_RDWR)
    }
  }

  private static func complain(_ text: String, _ code: ExitCode) -> ExitCode {
    let stream = OutputStream(STDERR_FILENO)
    stream.write(text + "\n")
    stream.flush()
    return code
  }
}

/// Ends the program with a code, everything having been said.
struct CommandEnd: Error {
  var code: ExitCode
}
