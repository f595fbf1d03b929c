internal import BatchManifest
internal import Glibc

/// What a manifest is given from outside.
struct VariableOption: ParsableArguments {
  var assignments: [VariableAssignment] = []

  mutating func declare(in grammar: inout Grammar) {
    grammar.option(
      "set", &assignments,
      help: ArgumentHelp(
        "A value for one of the manifest's vars; may be repeated.", valueName: "name=value"))
  }

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
  /// As it was when it was first asked for.
  static let variables: [String: String] = {
    var variables: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      let bytes = UnsafeBufferPointer(
        start: UnsafeRawPointer(entry).assumingMemoryBound(to: UInt8.self), count: strlen(entry))
      if let equals = bytes.firstIndex(of: UInt8(ascii: "=")) {
        let (name, value) = (bytes[..<equals], bytes[(equals + 1)...])
        variables[String(decoding: name, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
      }
      next += 1
    }
    return variables
  }()
}
