internal import BatchCore

/// A glob whose further matches are looked for while the run is under way.
///
/// Nothing may be sent while the manifest can still turn out invalid, so this is for globs of which no
/// further match can make it so: their keys differ as their files do, and no other entry can have one
/// of them; they have no ids, nothing in their settings depends on the file, and they need nothing.
struct LateGlob: Sendable {
  /// Of the pattern in the manifest.
  let place: SourcePlace
  /// It has found the matches that are in the table.
  var walk: GlobWalk
  /// The fixed directory as it can be opened.
  let root: String
  let pattern: PathPattern
  let excluded: [PathPattern]
  let shape: KeyShape
  /// Its matches in the table.
  let rows: Range<Int>
  /// The number under which the table expects the others.
  var origin = 0

  /// The keys of all matches: what stands before and behind the path of the file.
  struct KeyShape: Sendable {
    /// With the target's prefix.
    var head: String
    var tail: String
    var bucket: String
    var signature: Target.Signature

    func key(of path: String) -> String { head + path + tail }

    /// The path of which it is the key; nil: it is that of no path.
    func path(of key: String) -> String? {
      let (whole, before, behind) = (key.utf8, head.utf8, tail.utf8)
      let length = whole.count - before.count - behind.count
      guard length > 0, whole.starts(with: before),
        whole.suffix(behind.count).elementsEqual(behind)
      else { return nil }
      return String(decoding: whole.dropFirst(before.count).prefix(length), as: UTF8.self)
    }

    /// Some text could be a key of both.
    func mayMeet(_ other: KeyShape) -> Bool {
      bucket == other.bucket
        && (head.utf8.starts(with: other.head.utf8) || other.head.utf8.starts(with: head.utf8))
        && (tail.utf8.reversed().starts(with: other.tail.utf8.reversed())
          || other.tail.utf8.reversed().starts(with: tail.utf8.reversed()))
    }
  }

  /// A file that is not there yet could get this key.
  func mayHave(key: String) -> Bool {
    guard let path = shape.path(of: key) else { return false }
    return pattern.matches(path) && !excluded.contains { $0.matches(path) }
  }
}

extension ManifestDecoder {
  /// The keys of a glob's matches, when no match can make the manifest invalid whatever is found; nil:
  /// all matches have to be known first.
  mutating func lateKeyShape(
    of mold: EntryMold, _ pattern: PathPattern, at place: SourcePlace
  ) -> LateGlob.KeyShape? {
    guard known.mayLeaveGlobs, !known.expanded.contains(place), mold.id == nil, mold.needs.isEmpty,
      case .known = mold.traits.settings, case .pattern(let key) = mold.key,
      let index = key.segments.firstIndex(where: { Self.tellsFilesApart($0, pattern) })
    else { return nil }
    let head = Interpolation(segments: Array(key.segments[..<index]))
    let tail = Interpolation(segments: Array(key.segments[(index + 1)...]))
    guard !head.usesFile, !tail.usesFile,
      let target = effectiveHeader.targets?[mold.traits.target], let before = evaluate(head),
      let behind = evaluate(tail)
    else { return nil }
    return LateGlob.KeyShape(
      head: mold.traits.prefix + before, tail: behind, bucket: target.bucket,
      signature: mold.traits.signature)
  }

  /// `${file.path}`, and where there are no directories below the fixed one `${file.name}`, which is the
  /// same there.
  private static func tellsFilesApart(
    _ segment: Interpolation.Segment, _ pattern: PathPattern
  ) -> Bool {
    guard case .reference(let reference) = segment, case .none = reference.modifier else {
      return false
    }
    switch reference.name {
    case .file(.path): return true
    case .file(.name):
      return pattern.alternatives.allSatisfy { $0.count == 1 && $0[0] != .anyDepth }
    default: return false
    }
  }

  /// The other matches are looked for while the run is under way.
  mutating func leave(_ glob: LateGlob, _ mold: EntryMold) {
    guard case .known(let settings) = mold.traits.settings else { return }
    var glob = glob
    glob.origin = entries.expect(
      EntryOrigin(
        target: mold.traits.target, settings: settings, labels: mold.traits.labels,
        priority: mold.traits.priority, line: mold.place.line))
    lateGlobs.append(glob)
  }

  /// The late globs whose keys other entries could have as well, by their places: these have to be
  /// expanded first. Of two that could meet, the later one is.
  func meetingGlobs() -> Set<SourcePlace> {
    var meeting: Set<SourcePlace> = []
    for (number, glob) in lateGlobs.enumerated() {
      let isMet = lateGlobs[..<number].contains { $0.shape.mayMeet(glob.shape) }
      if isMet || isMetByRow(glob) { meeting.insert(glob.place) }
    }
    return meeting
  }

  private func isMetByRow(_ glob: LateGlob) -> Bool {
    // Targets of one name for their bucket may be one bucket: only the run can tell, so they count as one.
    let isThere = effectiveHeader.targets?.map { $0.bucket == glob.shape.bucket } ?? []
    return entries.indices.contains { row in
      let entry = EntryIndex(row)
      return !glob.rows.contains(row) && isThere[entries.target(entry)]
        && glob.mayHave(key: entries.key(entry))
    }
  }
}
