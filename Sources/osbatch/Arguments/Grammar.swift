/// All that one command declares, its groups' declarations where the groups stand.
struct Grammar {
  private(set) var declarations: [Declaration] = []
  /// The command and its groups, the inner ones first.
  private var groups: [any ParsableArguments] = []

  init(_ command: any ParsableArguments) { add(command) }

  private mutating func add(_ group: any ParsableArguments) {
    for child in Mirror(reflecting: group).children {
      if let declaration = child.value as? Declaration {
        declaration.property = String((child.label ?? "").drop { $0 == "_" })
        declarations.append(declaration)
      } else if let group = child.value as? DeclarationGroup {
        add(group.arguments)
      }
    }
    groups.append(group)
  }

  var arguments: [Declaration] { declarations.filter { $0.kind == .argument } }
  /// Options and flags.
  var named: [Declaration] { declarations.filter { $0.kind != .argument } }

  /// What the type declares: for help and completions.
  static func of(_ type: any ParsableCommand.Type) -> Grammar { Grammar(type.init()) }

  func validate() throws(ValidationError) {
    for group in groups { try group.validate() }
  }
}
