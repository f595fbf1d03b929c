internal import BatchCore
internal import BatchManifest
internal import BatchRunner
internal import Glibc

/// What every command that has to do with a manifest's state takes.
struct SharedOptions: ParsableArguments {
  var manifest = ""
  var state = StateDirectoryOption()
  var profile: String?
  var json = false
  var variables = VariableOption()

  mutating func declare(in grammar: inout Grammar) {
    grammar.argument(
      "manifest", required: &manifest, help: "The manifest, or - for standard input.")
    grammar.group(&state)
    grammar.option(
      "profile", &profile,
      help: ArgumentHelp(
        "The profile of ~/.ossutilconfig to use.",
        discussion:
          "For its credentials, and for an endpoint that nothing else names. Default: default.",
        valueName: "name"))
    grammar.flag("json", &json, help: "JSON on standard output.")
    grammar.group(&variables)
  }

  /// The manifest, or its errors on standard error and exit code 3.
  func load(for choice: RunChoice) throws(CommandEnd) -> Manifest {
    var context = variables.context(run: state.moment(of: choice, manifest: manifest))
    context.toleratesMissingMatches = choice == .last
    return try load(context)
  }

  func load(_ run: RunMoment) throws(CommandEnd) -> Manifest {
    try load(variables.context(run: run))
  }

  private func load(_ context: ManifestContext) throws(CommandEnd) -> Manifest {
    try orErrors { () throws(ManifestErrors) in
      try ManifestReader.read(path: manifest, in: context)
    }
  }

  /// As much of the manifest as has to be known before anything is sent. Afterwards `run` knows whether
  /// the manifest asked for it.
  func begin(
    _ run: RunMoment
  ) throws(CommandEnd) -> (manifest: Manifest, others: LateMatches?) {
    try orErrors { () throws(ManifestErrors) in
      try ManifestReader.begin(path: manifest, in: variables.context(run: run))
    }
  }

  private func orErrors<Value>(
    _ read: () throws(ManifestErrors) -> Value
  ) throws(CommandEnd) -> Value {
    do throws(ManifestErrors) { return try read() } catch {
      let stream = OutputStream(STDERR_FILENO)
      stream.write(DiagnosticRenderer.render(error))
      stream.flush()
      throw CommandEnd(code: .manifestInvalid)
    }
  }

  func options() throws -> RunOptions {
    guard let directory = state.directory(of: manifest) else {
      throw ValidationError("a manifest from standard input needs --state-dir")
    }
    if let name = ProcessEnvironment.unreadable.first(where: Self.isAboutTheService) {
      throw ProcessEnvironment.unreadable(name)
    }
    var options = RunOptions(
      stateDirectory: directory, version: Version.number, environment: ProcessEnvironment.variables)
    options.profile = profile
    return options
  }
}

extension SharedOptions {
  /// Where requests go, and who signs them.
  fileprivate static func isAboutTheService(_ variable: String) -> Bool {
    ["OSS_", "OSSUTIL_", "ALIBABA_CLOUD_", "OSBATCH_"].contains { variable.hasPrefix($0) }
  }
}

/// What a command's user should know beside its results.
func warn(_ text: String) {
  let stream = OutputStream(STDERR_FILENO)
  stream.write(line: "warning: \(text)")
  stream.flush()
}

/// Says why a command could not begin, and ends it.
func cannotStart(_ error: StartError) -> CommandEnd {
  let stream = OutputStream(STDERR_FILENO)
  stream.write(line: "osbatch: \(error.message)")
  stream.flush()
  return CommandEnd(code: error.code)
}
