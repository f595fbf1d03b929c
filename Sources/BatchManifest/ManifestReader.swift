package import BatchCore

/// Reads a manifest: bytes of YAML in, a checked `Manifest` or all its errors out. Nothing is read
/// but the manifest itself; whether its sources exist is found when they are sent.
package enum ManifestReader {
  /// Reads the manifest at `path`; `-` is standard input. Relative paths in it are taken from the
  /// manifest's directory, for standard input from the working directory.
  package static func read(path: String) throws(ManifestErrors) -> Manifest {
    let file = path == "-" ? "<stdin>" : path
    let input: ManifestInput
    do {
      input = try ManifestInput(path: path)
    } catch {
      let diagnostic = Diagnostic(error.message)
      throw ManifestErrors(file: file, diagnostics: [diagnostic], count: 1)
    }
    return try read(input, file: file, path: path)
  }

  /// Reads a manifest that is in memory, as if it were the file at `path`.
  package static func read(bytes: [UInt8], path: String) throws(ManifestErrors) -> Manifest {
    try read(ManifestInput(bytes: bytes), file: path, path: path)
  }

  private static func read(
    _ input: ManifestInput, file: String, path: String
  ) throws(ManifestErrors) -> Manifest {
    let directory = directory(of: path)
    var decoder = ManifestDecoder(reading: input, directory: directory)
    do {
      if try decoder.decode() == .headerBehindEntries {
        let header = decoder.header
        decoder = ManifestDecoder(reading: input, directory: directory, knownHeader: header)
        _ = try decoder.decode()
      }
    } catch {
      decoder.report.report(error.diagnostic)
    }
    guard decoder.report.count == 0 else {
      throw errors(&decoder.report, file: file, input)
    }
    let header = decoder.effectiveHeader
    return Manifest(
      name: header.name ?? defaultName(path), targets: header.targets ?? [],
      concurrency: header.concurrency, entries: decoder.entries)
  }

  private static func errors(
    _ report: inout DiagnosticCollector, file: String, _ input: ManifestInput
  ) -> ManifestErrors {
    var diagnostics = report.first()
    let lines = SourceText(input).lines(Set(diagnostics.compactMap { $0.place?.line }))
    for index in diagnostics.indices {
      diagnostics[index].sourceLine = diagnostics[index].place.flatMap { lines[$0.line] }
    }
    return ManifestErrors(file: file, diagnostics: diagnostics, count: report.count)
  }

  /// With its slash; empty when `path` has none.
  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return String(path[...slash])
  }

  /// The file's name without its extension.
  private static func defaultName(_ path: String) -> String {
    guard path != "-" else { return "stdin" }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }
}
