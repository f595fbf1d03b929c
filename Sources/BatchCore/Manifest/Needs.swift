/// What an entry waits for before it is sent: the manifest's `needs`, with names resolved.
///
/// An entry is sent only when everything it needs is done or unchanged in the same run, and not at all
/// when one of those failed or was not run. Needs have no cycles: whoever builds the table checks that.
package struct Needs: Hashable, Sendable {
  /// `"*"`: every entry that does not itself wait for `"*"`, neither directly nor through others.
  package var everything: Bool
  /// The entries whose ids are named, ascending, each once.
  package var entries: [EntryIndex]
  /// `tag:x`: every entry with the label x, but never the one that needs it. Ascending, each once.
  package var labels: [Label]

  package init(everything: Bool = false, entries: [EntryIndex] = [], labels: [Label] = []) {
    self.everything = everything
    self.entries = entries.isEmpty ? [] : Set(entries).sorted()
    self.labels = labels.isEmpty ? [] : Set(labels).sorted()
  }

  package var isEmpty: Bool { !everything && entries.isEmpty && labels.isEmpty }
}
