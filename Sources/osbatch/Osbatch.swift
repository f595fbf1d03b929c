internal import ArgumentParser
internal import BatchCore
internal import BatchRunner
internal import Glibc

@main
struct Osbatch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "osbatch",
    abstract:
      "Makes every file → key entry of a manifest true in Alibaba Cloud OSS, and proves it.",
    discussion: """
      `osbatch run MANIFEST` uploads what is not yet done; the same command again continues.

      Every option has an environment twin: --state-dir is OSBATCH_STATE_DIR. Credentials come from \
      OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and OSS_SESSION_TOKEN (or ALIBABA_CLOUD_…).

      Exit codes: 0 all done, 1 some entries failed (or a report could not be written), 2 wrong usage, 3 manifest invalid, 4 cannot \
      start, 5 stopped early, 10 verify found a difference, 11 another run holds the lock, 130 and \
      143 interrupted.
      """,
    version: Version.text,
    subcommands: [
      RunCommand.self, PlanCommand.self, ValidateCommand.self, StatusCommand.self,
      VerifyCommand.self, AbortCommand.self, ReportCommand.self, InitCommand.self,
      SchemaCommand.self,
    ])

  static func main() {
    openMissingStreams()
    signal(SIGPIPE, SIG_IGN)
    do {
      let arguments = try EnvironmentTwins.expand(Array(CommandLine.arguments.dropFirst()))
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch let end as CommandEnd {
      Glibc.exit(CInt(end.code.rawValue))
    } catch {
      leave(error)
    }
  }

  /// A standard stream that is closed would give its number, and with it the output, to the first
  /// file that is opened: the journal. The lowest free number is the one that is missing.
  private static func openMissingStreams() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", O_RDWR)
    }
  }

  /// Usage errors are 2 here; ArgumentParser would say 64. Help and version are 0.
  private static func leave(_ error: any Error) -> Never {
    let text = fullMessage(for: error)
    let isAsked = exitCode(for: error) == .success
    let stream = OutputStream(isAsked ? STDOUT_FILENO : STDERR_FILENO)
    if !text.isEmpty { stream.write(text + "\n") }
    stream.flush()
    Glibc.exit(CInt((isAsked ? BatchCore.ExitCode.success : .usage).rawValue))
  }
}

/// Ends the program with a code, everything having been said.
struct CommandEnd: Error {
  var code: BatchCore.ExitCode
}
