internal import BatchManifest

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Prints the JSON Schema of manifests, for editors.",
    discussion: """
      Save it beside a manifest and begin that with `# yaml-language-server: $schema=FILE`: \
      editors with the YAML language server then complete keys and show what is wrong.
      """)

  mutating func declare(in grammar: inout Grammar) {}

  func run(_ output: OutputStream) throws {
    output.write(ManifestSchema.text)
  }
}
