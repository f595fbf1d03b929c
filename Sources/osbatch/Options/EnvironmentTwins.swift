internal import ArgumentParser
internal import Glibc

/// Every option has a twin in the environment (`--state-dir`: `OSBATCH_STATE_DIR`), which counts where
/// the option is not on the command line. The one place that knows this: a twin becomes an argument
/// before arguments are parsed, so both are checked alike.
enum EnvironmentTwins {
  private enum Kind {
    case value, flag
    /// May be repeated: one value on each line.
    case lines
  }

  private static let shared: [(name: String, kind: Kind, short: String?)] = [
    ("state-dir", .value, nil), ("json", .flag, nil), ("set", .lines, nil),
  ]

  private static let run: [(name: String, kind: Kind, short: String?)] = [
    ("concurrency", .value, "-j"), ("bandwidth", .value, nil), ("max-errors", .value, nil),
    ("max-duration", .value, nil),
    ("max-outage", .value, nil),
    ("force", .flag, nil), ("new-run", .flag, nil), ("rebuild-state", .flag, nil),
    ("lock-timeout", .value, nil), ("progress", .value, nil), ("quiet", .flag, "-q"),
    ("verbose", .flag, "-v"), ("report", .value, nil),
  ]

  private static let selection: [(name: String, kind: Kind, short: String?)] = [
    ("only", .lines, nil), ("skip", .lines, nil),
  ]

  private static func twins(of command: String) -> [(name: String, kind: Kind, short: String?)] {
    switch command {
    case "run": shared + selection + run
    case "plan": shared + selection + run.filter { $0.name == "force" }
    case "status": shared + selection
    case "validate": shared.filter { $0.name == "set" }
    case "verify":
      shared + selection + run.filter { $0.name == "concurrency" } + [("full", .flag, nil)]
    case "abort":
      shared + run.filter { ["concurrency", "lock-timeout"].contains($0.name) }
    case "report":
      shared.filter { $0.name != "json" }
        + [("format", .value, nil), ("output", .value, "-o")]
    default: []
    }
  }

  static func expand(_ arguments: [String]) throws -> [String] {
    guard let command = arguments.first else { return arguments }
    var added: [String] = []
    let options = arguments.prefix { $0 != "--" }
    for twin in twins(of: command) {
      let variable =
        "OSBATCH_" + twin.name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
      guard let pointer = getenv(variable), pointer.pointee != 0,
        !options.contains(where: { mentions($0, twin.name, twin.short) })
      else { continue }
      let value = String(cString: pointer)
      switch (twin.kind, value.lowercased()) {
      case (.value, _): added.append("--\(twin.name)=\(value)")
      case (.lines, _):
        added += value.split(separator: "\n").map { "--\(twin.name)=\($0)" }
      case (.flag, "1"), (.flag, "true"), (.flag, "yes"): added.append("--\(twin.name)")
      case (.flag, "0"), (.flag, "false"), (.flag, "no"): break
      default: throw ValidationError("\(variable) is \(value), but it can only be true or false")
      }
    }
    return [command] + added + arguments.dropFirst()
  }

  private static func mentions(_ argument: String, _ name: String, _ short: String?) -> Bool {
    if argument == "--\(name)" || argument.hasPrefix("--\(name)=") { return true }
    guard let short else { return false }
    return argument.hasPrefix(short) && !argument.hasPrefix("--")
  }
}
