package import BatchCore

/// Reads a manifest: bytes of YAML in, a checked `Manifest` or all its errors out. Lists are read and
/// the matches of globs looked for; whether a `file` exists is found when it is sent.
package enum ManifestReader {
  /// Reads the manifest at `path` with all its entries; `-` is standard input. Relative paths in it are
  /// taken from the manifest's directory, for standard input from the working directory.
  package static func read(
    path: String, in context: ManifestContext
  ) throws(ManifestErrors) -> Manifest {
    try read(path: path, in: context, KnownParts()).manifest
  }

  /// Reads the manifest at `path` as far as a run has to know it before anything is sent: it is valid, and
  /// what is left of its large globs cannot change that. While there are `others`, its table is growing.
  package static func begin(
    path: String, in context: ManifestContext
  ) throws(ManifestErrors) -> (manifest: Manifest, others: LateMatches?) {
    try read(path: path, in: context, KnownParts(mayLeaveGlobs: true))
  }

  private static func read(
    path: String, in context: ManifestContext, _ known: KnownParts
  ) throws(ManifestErrors) -> (manifest: Manifest, others: LateMatches?) {
    let file = path == "-" ? "<stdin>" : path
    let input: ManifestInput
    do {
      input = try ManifestInput(path: path)
    } catch {
      let diagnostic = Diagnostic(error.message)
      throw ManifestErrors(file: file, diagnostics: [diagnostic], count: 1)
    }
    return try read(input, file: file, path: path, context, known)
  }

  /// Reads a manifest that is in memory, as if it were the file at `path`.
  package static func read(
    bytes: [UInt8], path: String, in context: ManifestContext
  ) throws(ManifestErrors) -> Manifest {
    try read(
      ManifestInput(bytes: bytes), file: path, path: path, context, KnownParts()
    ).manifest
  }

  private static func read(
    _ input: ManifestInput, file: String, path: String, _ context: ManifestContext,
    _ known: KnownParts
  ) throws(ManifestErrors) -> (manifest: Manifest, others: LateMatches?) {
    let directory = directory(of: path)
    var known = known
    var decoder = ManifestDecoder(
      reading: input, directory: directory, context: context, known: known)
    do {
      // A few times at most: each pass makes known what was missing in the one before, and one in which
      // late globs meet other entries expands fewer of them late.
      while true {
        let outcome = try decoder.decode()
        let meeting = decoder.report.count == 0 ? decoder.meetingGlobs() : []
        if outcome == .complete, meeting.isEmpty { break }
        known.expanded.formUnion(meeting)
        known.variables = decoder.variables ?? [:]
        known.streams = decoder.streams
        if outcome == .headerBehindEntries { known.header = decoder.header }
        decoder = ManifestDecoder(
          reading: input, directory: directory, context: context, known: known)
      }
    } catch {
      decoder.report.report(error.diagnostic)
    }
    guard decoder.report.count == 0 else {
      if !decoder.lateGlobs.isEmpty {
        // All errors are told at once, those of all matches too.
        let all = KnownParts(streams: decoder.streams)
        return try read(input, file: file, path: path, context, all)
      }
      throw errors(&decoder.report, file: file, input, decoder.streams)
    }
    let header = decoder.effectiveHeader
    let manifest = Manifest(
      name: header.name ?? defaultName(path), targets: header.targets ?? [],
      concurrency: header.concurrency, bandwidth: header.bandwidth, entries: decoder.entries)
    return (manifest, LateMatches(decoder.lateGlobs))
  }

  private static func errors(
    _ report: inout DiagnosticCollector, file: String, _ input: ManifestInput,
    _ streams: [ExactText: ManifestInput]
  ) -> ManifestErrors {
    var diagnostics = report.first()
    SourceText(input).findReferences(of: &diagnostics)
    for list in Set(diagnostics.map(\.file)) {
      // A list that cannot be read any more is told of without its lines.
      guard
        let input = list.map({
          streams[ExactText($0)] ?? (try? ManifestInput(path: $0, what: "the list"))
        }) ?? input
      else { continue }
      let ours = diagnostics.indices.filter { diagnostics[$0].file == list }
      let source = SourceText(input, breaks: list == nil ? .yaml : .lineFeeds)
      let lines = source.lines(Set(ours.compactMap { diagnostics[$0].place?.line }))
      for index in ours {
        diagnostics[index].sourceLine = diagnostics[index].place.flatMap { lines[$0.line] }
      }
    }
    return ManifestErrors(file: file, diagnostics: diagnostics, count: report.count)
  }

  /// With its slash; empty when `path` has none.
  static func directory(of path: String) -> String {
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
