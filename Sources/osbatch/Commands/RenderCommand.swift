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
      runs to the same plan. A selection is one only where it leaves out nothing that its entries need. \
      With --json there is one object for the manifest, and then one for each \
      entry with all its settings.
      """)

  var shared = SharedOptions()
  var newRun = false
  var selection = SelectionOptions()

  mutating func declare(in grammar: inout Grammar) {
    grammar.group(&shared)
    grammar.flag("new-run", &newRun, help: "As if with run --new-run.")
    grammar.group(&selection)
  }

  func run(_ output: OutputStream) throws {
    let manifest = try shared.load(for: newRun ? .new : .next)
    let selected = try selected(of: manifest)
    if shared.json {
      let lines = ManifestLines(manifest, path: shared.manifest)
      output.write(lines.head())
      write(selected, of: manifest, to: output, lines.entry)
    } else {
      if let gap = selected.firstGap(in: manifest.entries) { throw refuse(gap, manifest) }
      let renderer = ManifestRenderer(manifest, selected, path: shared.manifest)
      output.write(renderer.head())
      write(selected, of: manifest, to: output, renderer.entry)
    }
    output.flush()
    // A part of a manifest would be a manifest too.
    guard !output.isClosed else { throw incomplete() }
  }

  private func selected(of manifest: Manifest) throws -> Selection {
    guard !selection.isEverything else { return .everything }
    var options = try shared.options()
    selection.apply(to: &options)
    do throws(StartError) { return try StatusSession(manifest, options).selection } catch {
      throw cannotStart(error)
    }
  }

  private func write(
    _ selected: Selection, of manifest: Manifest, to output: OutputStream,
    _ bytes: (EntryIndex) -> [UInt8]
  ) {
    for index in manifest.entries.indices where selected.contains(EntryIndex(index)) {
      if output.isClosed { return }
      output.write(bytes(EntryIndex(index)))
    }
  }

  private func refuse(_ gap: (entry: EntryIndex, need: String), _ manifest: Manifest) -> CommandEnd
  {
    cannotStart(
      StartError(
        "\(manifest.label(gap.entry)) needs \(gap.need), which is not selected, so this would be no "
          + "manifest: select that as well, or print single entries with --json", code: .usage))
  }

  private func incomplete() -> CommandEnd {
    let stream = OutputStream(STDERR_FILENO)
    stream.write(
      line: "osbatch: standard output takes no more: what was printed is not the whole manifest")
    stream.flush()
    return CommandEnd(code: .stopped)
  }
}
