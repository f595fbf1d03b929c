internal import BatchCore
internal import BatchManifest
internal import BatchRunner
internal import RunStore

/// Where a manifest's state lies, for every command to which its run matters.
struct StateDirectoryOption: ParsableArguments {
  private var path: String?

  mutating func declare(in grammar: inout Grammar) {
    grammar.option(
      "state-dir", &path,
      help: ArgumentHelp(
        "Where the state lies.",
        discussion: "Default: .osbatch/<manifest file name> beside the manifest.",
        valueName: "dir"))
  }

  func validate() throws(ValidationError) {
    if path?.isEmpty == true { throw ValidationError("--state-dir is empty: name a directory") }
  }

  /// nil: the manifest comes from standard input and nothing says where its state is.
  func directory(of manifest: String) -> RunDirectory? {
    RunDirectory.chosen(option: path, environment: nil, manifest: manifest)
  }

  /// The run that a manifest is read for.
  func moment(of choice: RunChoice, manifest: String) -> RunMoment {
    RunMoment { directory(of: manifest).map(choice.start) ?? .fresh() }
  }
}
