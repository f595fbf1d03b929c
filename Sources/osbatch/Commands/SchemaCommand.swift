internal import BatchManifest
internal import Glibc

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Prints the JSON Schema of manifests, for editors.",
    discussion: """
      Save it beside a manifest and begin that with `# yaml-language-server: $schema=FILE`: \
      editors with the YAML language server then complete keys and show what is wrong.
      """)

  mutating func declare(in grammar: inout Grammar) {}

  func run() throws {
    let output = OutputStream(STDOUT_FILENO)
    output.write(ManifestSchema.text)
    output.flush()
  }
}
