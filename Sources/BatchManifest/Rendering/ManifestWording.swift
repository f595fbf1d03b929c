package import BatchCore

/// The words of the manifest's language for what the table keeps resolved: the way back from a checked
/// manifest to one that reads as the same.
package struct ManifestWording {
  private let manifest: Manifest
  private let directory: String
  /// Labels that some entry has: words for others would be unknown.
  private let labelsInUse: Set<Label>

  /// `path` is that from which the manifest was read.
  package init(_ manifest: Manifest, path: String) {
    self.manifest = manifest
    directory = ManifestReader.directory(of: path)
    let entries = manifest.entries
    labelsInUse =
      entries.hasNeeds
      ? entries.indices.reduce(into: []) { $0.formUnion(entries.labels(EntryIndex($1))) } : []
  }

  package func file(_ index: EntryIndex) -> String { path(manifest.entries.file(index)) }

  /// Relative to the manifest's directory where it lies below it.
  package func path(_ file: String) -> String {
    guard file.utf8.starts(with: directory.utf8) else { return file }
    let rest = file.utf8.dropFirst(directory.utf8.count)
    return rest.isEmpty || rest.first == UInt8(ascii: "/") ? file : String(Substring(rest))
  }

  /// Behind the target's prefix.
  package func key(_ index: EntryIndex) -> String {
    let prefix = manifest.targets[manifest.entries.target(index)].prefix
    return String(Substring(manifest.entries.key(index).utf8.dropFirst(prefix.utf8.count)))
  }

  /// Sorted: in which order they became known means nothing.
  package func labels(_ index: EntryIndex) -> [String] {
    names(manifest.entries.labels(index))
  }

  package func needs(_ index: EntryIndex) -> [String] {
    let needs = manifest.entries.needs[manifest.entries.needsIndex(index)]
    return (needs.everything ? [NeedsCollector.everything] : [])
      + needs.entries.compactMap { manifest.entries.id($0) }
      + names(needs.labels.filter(labelsInUse.contains)).map { NeedsCollector.labelPrefix + $0 }
  }

  /// A time of day, from minutes since midnight.
  package static func time(_ minute: Int) -> String {
    [minute / 60, minute % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
  }

  private func names(_ labels: [Label]) -> [String] {
    labels.map { manifest.entries.labelNames[$0.value] }.sorted()
  }
}
