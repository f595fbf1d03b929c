internal import BatchCore

/// `target:` and `targets:`.
extension ManifestDecoder {
  /// More targets than this in one manifest is a mistake.
  static var maximumTargets: Int { 1000 }

  mutating func decodeTargets(_ value: YAMLEvent) throws(SyntaxError) {
    header.targetsAreNamed = true
    guard try isMapping(value, "targets") else { return }
    var cursor = MappingCursor(value)
    var seen = SeenNames()
    var targets: [Target] = []
    while let key = try nextKey(&cursor) {
      let place = key.place
      guard let name = try word(key, "a target's name") else {
        try skipValue()
        continue
      }
      switch seen.insert(name, level: cursor.level, place: place) {
      case .new: targets.append(try decodeTarget(try nextValue(), name: name))
      case .overridden: try skipValue()
      case .repeated(let first):
        error(
          "the target \(quoted(name)) is given twice", at: place,
          notes: [Diagnostic.Note("first used here", at: first)])
        try skipValue()
      }
    }
    if targets.isEmpty { error("targets needs at least one target", at: cursor.place) }
    if targets.count > Self.maximumTargets {
      error("there are \(targets.count) targets; at most \(Self.maximumTargets)", at: cursor.place)
    }
    header.targets = Array(targets.prefix(Self.maximumTargets))
  }

  /// A target; what is wrong with it is reported, and the rest still serves to check the entries.
  mutating func decodeTarget(_ start: YAMLEvent, name: String) throws(SyntaxError) -> Target {
    var target = Target(name: name, bucket: "", line: start.place.line)
    guard try isMapping(start, name.isEmpty ? "target" : "the target \(quoted(name))") else {
      return target
    }
    var cursor = MappingCursor(start)
    var seen = SeenKeys(TargetKey.table)
    var (endpoint, prefix): (SourcePlace?, SourcePlace?)
    while let (key, value) = try nextPair(&cursor, &seen) {
      if key == .endpoint { endpoint = value.place }
      if key == .prefix { prefix = value.place }
      try decode(key, value, into: &target)
    }
    if seen.isMissing(.bucket) { error("the target needs \"bucket\"", at: cursor.place) }
    if let place = endpoint { checkStyle(of: target, at: place) }
    checkPrefix(of: &target, at: prefix ?? cursor.place)
    return target
  }

  /// An endpoint that is wrong by itself is reported already.
  private mutating func checkStyle(of target: Target, at place: SourcePlace) {
    guard let endpoint = target.endpoint else { return }
    do throws(EndpointError) { _ = try EndpointAddress(endpoint).style(of: target) } catch {
      self.error(error.description, at: place)
    }
  }

  /// A wrong prefix is one error, not one for each key.
  private mutating func checkPrefix(of target: inout Target, at place: SourcePlace) {
    let problem = KeyRules.problem(start: target.prefix, signature: target.signature)
    guard let problem else { return }
    error("prefix \(problem)", at: place)
    target.prefix = ""
  }

  private mutating func decode(
    _ key: TargetKey, _ value: YAMLEvent, into target: inout Target
  ) throws(SyntaxError) {
    let name = key.name
    let place = value.place
    switch key {
    case .bucket:
      guard let bucket = try text(value, name) else { return }
      if let problem = BucketRules.problem(bucket: bucket) { return error(problem, at: place) }
      target.bucket = bucket
    case .endpoint:
      guard let endpoint = try text(value, name) else { return }
      do throws(EndpointError) { _ = try EndpointAddress(endpoint) } catch {
        return self.error(error.description, at: place)
      }
      target.endpoint = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
    case .region:
      guard let region = try text(value, name) else { return }
      do throws(EndpointError) { _ = try RegionName.normalized(region) } catch {
        return self.error(error.description, at: place)
      }
      target.region = region
    case .prefix: target.prefix = try text(value, name) ?? ""
    case .addressing: target.addressing = try choice(value, name) ?? target.addressing
    case .signature: target.signature = try choice(value, name) ?? target.signature
    case .certificateAuthorityFile: target.certificateAuthorityFile = try path(value, name)
    }
  }

  /// The index of the target that an entry or the defaults name; nil: reported, here or where the
  /// targets stand.
  mutating func targetIndex(named chosen: SettingsLayer.TargetName) -> Int? {
    let header = effectiveHeader
    guard let targets = header.targets else { return nil }
    guard header.targetsAreNamed else {
      error(
        "there is no target to choose: the manifest has \"target\", not \"targets\"",
        at: chosen.place)
      return nil
    }
    let name = ExactText(chosen.name)
    if let index = targets.firstIndex(where: { ExactText($0.name) == name }) { return index }
    error(
      "there is no target \(quoted(chosen.name)) in targets", at: chosen.place,
      unknown: UnknownWord(chosen.name, among: targets.map(\.name)))
    return nil
  }
}
