internal import BatchCore

/// How entries are called, in one place: alike in events, reports and every command.
extension Manifest {
  /// The key; where a manifest has several targets, with the target's name.
  func label(_ entry: EntryIndex) -> String {
    let key = entries.key(entry)
    guard targets.count > 1 else { return key }
    return "\(key) (\(targets[entries.target(entry)].name))"
  }
}

extension JSONObject {
  /// `id` and `target` where they have been given, `key`, `line`.
  mutating func add(_ entry: EntryIndex, of manifest: Manifest) {
    let row = manifest.entries[entry]
    if let id = row.id { add("id", id) }
    let target = manifest.targets[row.target].name
    if !target.isEmpty { add("target", target) }
    add("key", row.key)
    add("line", row.line)
  }
}
