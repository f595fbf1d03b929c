internal import BatchManifest
internal import Glibc

/// What a manifest is given from outside.
struct VariableOption: ParsableArguments {
  @Option(
    name: [.customLong("set")],
    help: ArgumentHelp(
      "A value for one of the manifest's vars; may be repeated.", valueName: "name=value"))
  var assignments: [VariableAssignment] = []

  func context(run: RunMoment) -> ManifestContext {
    ManifestContext(
      environment: ProcessEnvironment.variables,
      assignments: assignments.map { ($0.name, $0.value) }, run: run)
  }
}

/// `NAME=VALUE`.
struct VariableAssignment: ExpressibleByArgument {
  static var argumentDescription: String { "a name, an equals sign and a value" }

  var name: String
  var value: String

  init?(argument: String) {
    guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else {
      return nil
    }
    name = String(argument[..<equals])
    value = String(argument[argument.index(after: equals)...])
  }
}

enum ProcessEnvironment {
  static var variables: [String: String] {
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
