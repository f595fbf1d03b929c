internal import ArgumentParser
internal import BatchCore
internal import BatchManifest
internal import BatchRunner
internal import Glibc
internal import RunStore

/// What every command that has to do with a manifest's state takes.
struct SharedOptions: ParsableArguments {
  @Argument(help: "The manifest, or - for standard input.")
  var manifest: String

  @Option(
    help: ArgumentHelp(
      "Where the state lies.",
      discussion: "Default: .osbatch/<manifest file name> beside the manifest.",
      valueName: "dir"))
  var stateDir: String?

  @Flag(help: "JSON on standard output.")
  var json = false

  /// The manifest, or its errors on standard error and exit code 3.
  func load() throws(CommandEnd) -> Manifest {
    do throws(ManifestErrors) {
      return try ManifestReader.read(path: manifest)
    } catch {
      let stream = OutputStream(STDERR_FILENO)
      stream.write(DiagnosticRenderer.render(error))
      stream.flush()
      throw CommandEnd(code: .manifestInvalid)
    }
  }

  func options() throws -> RunOptions {
    guard
      let directory = RunDirectory.chosen(option: stateDir, environment: nil, manifest: manifest)
    else {
      throw ValidationError("a manifest from standard input needs --state-dir")
    }
    return RunOptions(
      stateDirectory: directory, version: Version.number, environment: Self.environment)
  }

  private static var environment: [String: String] {
    var variables: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      next += 1
    }
    return variables
  }
}

/// Says why a command could not begin, and ends it.
func cannotStart(_ error: StartError) -> CommandEnd {
  let stream = OutputStream(STDERR_FILENO)
  stream.write("osbatch: \(error.message)\n")
  stream.flush()
  return CommandEnd(code: error.code)
}
