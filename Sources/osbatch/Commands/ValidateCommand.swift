internal import BatchCore
internal import BatchManifest
internal import BatchRunner
internal import Glibc

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Shows every error of manifests, with its place.")

  var manifests: [String] = []
  var state = StateDirectoryOption()
  var variables = VariableOption()

  mutating func declare(in grammar: inout Grammar) {
    grammar.argument("manifests", &manifests, help: "The manifests, or - for standard input.")
    grammar.group(&state)
    grammar.group(&variables)
  }

  func run(_ output: OutputStream) throws {
    let diagnostics = OutputStream(STDERR_FILENO)
    var isValid = true
    for path in manifests {
      do throws(ManifestErrors) {
        let run = state.moment(of: .next, manifest: path)
        let manifest = try ManifestReader.read(path: path, in: variables.context(run: run))
        let count = Quantity.count(manifest.entries.count, "entry", plural: "entries")
        output.write(line: "\(path): valid, \(count)")
      } catch {
        isValid = false
        diagnostics.write(DiagnosticRenderer.render(error))
      }
    }
    diagnostics.flush()
    if !isValid { throw CommandEnd(code: .manifestInvalid) }
  }
}
