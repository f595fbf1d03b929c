internal import BatchCore
internal import BatchManifest
internal import BatchRunner
internal import Glibc

struct RenderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Prints the effective manifest: variables, templates, globs and lists resolved.",
    discussion: """
      What is printed is a manifest itself, of the run that would come next: in the same directory it \
      runs to the same plan. With --json there is one object for the manifest, and then one for each \
      entry with all its settings.
      """)

  @OptionGroup var shared: SharedOptions

  @Flag(help: "As if with run --new-run.")
  var newRun = false

  func run() throws {
    let manifest = try shared.load(for: newRun ? .new : .next)
    let output = OutputStream(STDOUT_FILENO)
    if shared.json {
      let lines = ManifestLines(manifest, path: shared.manifest)
      output.write(lines.head())
      write(manifest, to: output, lines.entry)
    } else {
      let renderer = ManifestRenderer(manifest, path: shared.manifest)
      output.write(renderer.head())
      write(manifest, to: output, renderer.entry)
    }
    output.flush()
    // A part of a manifest would be a manifest too.
    guard !output.isClosed else { throw incomplete() }
  }

  private func write(
    _ manifest: Manifest, to output: OutputStream, _ bytes: (EntryIndex) -> [UInt8]
  ) {
    for index in manifest.entries.indices where !output.isClosed {
      output.write(bytes(EntryIndex(index)))
    }
  }

  private func incomplete() -> CommandEnd {
    let stream = OutputStream(STDERR_FILENO)
    stream.write(
      "osbatch: standard output takes no more: what was printed is not the whole manifest\n")
    stream.flush()
    return CommandEnd(code: .stopped)
  }
}
