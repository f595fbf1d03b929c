package import BatchCore

/// A manifest as YAML with nothing left to resolve: read from the same directory it is the same
/// manifest. It is given piece by piece, since a manifest may have a million entries.
package struct ManifestRenderer {
  private let manifest: Manifest
  private let wording: ManifestWording
  /// What most entries have, and so `defaults` says: settings, and the target where targets have names.
  private let defaults: ObjectSettings
  private let defaultTarget: Int?
  private let isEmpty: Bool

  /// `selection`: the entries that will be given. `path` is that from which the manifest was read.
  package init(_ manifest: Manifest, _ selection: Selection = .everything, path: String) {
    self.manifest = manifest
    isEmpty = selection.count(of: manifest.entries) == 0
    wording = ManifestWording(manifest, path: path)
    let entries = manifest.entries
    let common = Self.mostUsed(entries) { entries.settingsIndex($0) }
    defaults = common.map { entries.settings[$0] } ?? ObjectSettings()
    let isNamed = manifest.targets.contains { !$0.name.isEmpty }
    defaultTarget = isNamed ? Self.mostUsed(entries) { entries.target($0) } : nil
  }

  /// What most entries have; of several that of the first entry. nil: there are no entries.
  private static func mostUsed(_ entries: EntryTable, _ number: (EntryIndex) -> Int) -> Int? {
    var counts: [Int: Int] = [:]
    for index in entries.indices { counts[number(EntryIndex(index)), default: 0] += 1 }
    let most = counts.values.max()
    let first = entries.indices.first { counts[number(EntryIndex($0))] == most }
    return first.map { number(EntryIndex($0)) }
  }

  /// Everything before the entries.
  package func head() -> [UInt8] {
    var yaml = YAMLWriter()
    yaml.add(RootKey.version, .literal("\(RootKey.version.range.upperBound)"))
    // The name may be that of the file, which can hold what a name may not.
    if ManifestDecoder.problem(word: manifest.name) == nil {
      yaml.add(RootKey.name, .text(manifest.name))
    }
    addTargets(to: &yaml)
    yaml.add(RootKey.concurrency, .literal("\(manifest.concurrency)"))
    if let bandwidth = manifest.bandwidth { add(bandwidth, to: &yaml) }
    addDefaults(to: &yaml)
    if isEmpty {
      yaml.add(RootKey.entries, .literal("[]"))
    } else {
      yaml.open(RootKey.entries.name)
    }
    return yaml.bytes
  }

  /// One item of `entries`.
  package func entry(_ index: EntryIndex) -> [UInt8] {
    let entry = manifest.entries[index]
    var yaml = YAMLWriter(depth: 1)
    yaml.item { yaml in
      yaml.add(EntryKey.file, .text(wording.file(index)))
      yaml.add(EntryKey.key, .text(wording.key(index)))
      if let id = entry.id { yaml.add(EntryKey.id, .text(id)) }
      let needs = wording.needs(index)
      if !needs.isEmpty { yaml.add(EntryKey.needs, .texts(needs)) }
      let labels = wording.labels(index)
      if !labels.isEmpty { yaml.add(EntryKey.labels, .texts(labels)) }
      if let defaultTarget, entry.target != defaultTarget {
        yaml.add(EntryKey.target, .text(manifest.targets[entry.target].name))
      }
      if entry.priority != 0 { yaml.add(EntryKey.priority, .literal("\(entry.priority)")) }
      yaml.add(manifest.entries.settings[entry.settings], over: defaults)
    }
    return yaml.bytes
  }

  private func addTargets(to yaml: inout YAMLWriter) {
    guard let single = manifest.targets.first, single.name.isEmpty else {
      yaml.nest(RootKey.targets.name) { yaml in
        for target in manifest.targets {
          // The names of targets are interpolated, unlike other keys.
          yaml.nest(Interpolation.written(target.name)) { add(target, to: &$0) }
        }
      }
      return
    }
    yaml.nest(RootKey.target.name) { add(single, to: &$0) }
  }

  private func add(_ target: Target, to yaml: inout YAMLWriter) {
    yaml.add(TargetKey.bucket, .text(target.bucket))
    if let endpoint = target.endpoint { yaml.add(TargetKey.endpoint, .text(endpoint)) }
    if let region = target.region { yaml.add(TargetKey.region, .text(region)) }
    if !target.prefix.isEmpty { yaml.add(TargetKey.prefix, .text(target.prefix)) }
    if target.addressing != .auto {
      yaml.add(TargetKey.addressing, .literal(target.addressing.rawValue))
    }
    if target.signature != .v4 {
      yaml.add(TargetKey.signature, .literal(target.signature.rawValue))
    }
    if let file = target.certificateAuthorityFile {
      yaml.add(TargetKey.certificateAuthorityFile, .text(wording.path(file)))
    }
  }

  private func add(_ bandwidth: Bandwidth, to yaml: inout YAMLWriter) {
    if let rate = bandwidth.spans.first?.rate, bandwidth == Bandwidth(rate: rate) {
      return yaml.add(RootKey.bandwidth, .literal(BandwidthRate.text(rate)))
    }
    guard !bandwidth.spans.isEmpty else { return yaml.add(RootKey.bandwidth, .literal("[]")) }
    yaml.nest(RootKey.bandwidth.name) { yaml in
      for span in bandwidth.spans {
        yaml.item { yaml in
          yaml.add(BandwidthKey.from, .text(ManifestWording.time(span.from)))
          yaml.add(BandwidthKey.to, .text(ManifestWording.time(span.to)))
          yaml.add(BandwidthKey.rate, .literal(BandwidthRate.text(span.rate)))
        }
      }
    }
  }

  private func addDefaults(to yaml: inout YAMLWriter) {
    guard defaultTarget != nil || defaults != ObjectSettings() else { return }
    yaml.nest(RootKey.defaults.name) { yaml in
      if let defaultTarget {
        yaml.add(EntryKey.target, .text(manifest.targets[defaultTarget].name))
      }
      yaml.add(defaults, over: ObjectSettings())
    }
  }
}
