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
      environment: ProcessEnvironment.variables, unreadable: ProcessEnvironment.unreadable,
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

/// As it was when it was first asked for.
enum ProcessEnvironment {
  static var variables: [String: String] { all.variables }
  /// The names of those that are not UTF-8. (What Swift would mend them to is another name or path.)
  static var unreadable: [String] { all.unreadable }

  private static let all: (variables: [String: String], unreadable: [String]) = {
    var variables: [String: String] = [:]
    var unreadable: [String] = []
    var next = environ
    while let entry = next.pointee {
      let bytes = UnsafeBufferPointer(
        start: UnsafeRawPointer(entry).assumingMemoryBound(to: UInt8.self), count: strlen(entry))
      if let equals = bytes.firstIndex(of: UInt8(ascii: "=")) {
        let name = String(decoding: bytes[..<equals], as: UTF8.self)
        if let value = String(validating: bytes[(equals + 1)...], as: UTF8.self) {
          variables[name] = value
        } else {
          unreadable.append(name)
        }
      }
      next += 1
    }
    return (variables, unreadable)
  }()

  static func unreadable(_ name: String) -> ValidationError {
    ValidationError("\(name) in the environment is not UTF-8")
  }
}
