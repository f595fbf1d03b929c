internal import BatchCore
internal import CLibYAML

/// The events of a manifest with aliases replaced by what they stand for. Only anchored nodes are
/// kept (on a tape, each once, however they nest), so a manifest of any length streams through; how
/// much aliases may expand is limited, so a small file cannot ask for endless work.
struct EventStream: ~Copyable {
  /// Collections inside each other.
  static let maximumDepth = 64
  /// Events kept for anchors and merge keys, about 50 MB; and the bytes of their texts.
  static let maximumRecorded = 500_000
  static let maximumRecordedBytes = 64 << 20
  /// Aliases may give this many events, and `expansionFactor` more for each event of the file.
  static let freeExpansion = 100_000
  static let expansionFactor = 32

  private struct Recorded {
    var event: yaml_event_t
    var anchor: Int
  }

  private struct Anchor {
    var start: Int
    /// nil while the node is still being read.
    var end: Int?
    var depth: Int
  }

  private var feed: EventFeed
  /// The event last parsed, when the tape does not own it.
  private var loose: yaml_event_t?
  private var tape: ContiguousArray<Recorded> = []
  private var tapeBytes = 0
  private var anchors: [Anchor] = []
  private var anchorNames: [ExactText: Int] = [:]
  private var openAnchors: [Int] = []
  /// Calls of `capture` that are at work.
  private var captures = 0
  private var replays: [Range<Int>] = []
  /// Events of a list's row, which come before anything else.
  private var row: ArraySlice<YAMLEvent> = []
  /// Where the alias stands in whose place the event last given came.
  private(set) var aliasPlace: SourcePlace?
  private var depth = 0
  private var parsed = 0
  private var replayed = 0

  init(reading input: ManifestInput) {
    feed = EventFeed(reading: input)
  }

  deinit {
    if var event = loose { yaml_event_delete(&event) }
    for recorded in tape {
      var event = recorded.event
      yaml_event_delete(&event)
    }
  }

  /// The next event; an alias is replaced by the first event of its node, and the rest follows.
  mutating func next() throws(SyntaxError) -> YAMLEvent {
    let event = try nextWithAliases()
    aliasPlace = event.kind == .alias ? event.place : nil
    guard event.kind == .alias else { return event }
    replays.append(try range(of: event))
    return try nextWithAliases()
  }

  /// The next event, aliases as they are written.
  mutating func nextWithAliases() throws(SyntaxError) -> YAMLEvent {
    if let event = row.popFirst() { return event }
    while let replay = replays.last {
      guard let position = replay.first else {
        replays.removeLast()
        continue
      }
      replays[replays.count - 1] = position + 1..<replay.upperBound
      return try recorded(position)
    }
    return try parse()
  }

  /// Leaves out the node that begins with `start`, without expanding anything in it.
  mutating func skip(_ start: YAMLEvent) throws(SyntaxError) {
    guard start.isCollection else { return }
    var open = 1
    while open > 0 {
      let event = try nextWithAliases()
      if event.isCollection { open += 1 }
      if event.kind == .mappingEnd || event.kind == .sequenceEnd { open -= 1 }
    }
  }

  /// Makes these events come next. What they point to has to stay until the last of them was given.
  mutating func insert(row: [YAMLEvent]) { self.row = row[...] }

  /// Makes the node on this part of the tape come next.
  mutating func replay(_ range: Range<Int>) { replays.append(range) }

  /// The node of an alias.
  func range(of alias: YAMLEvent) throws(SyntaxError) -> Range<Int> {
    let anchor = anchors[alias.anchor]
    guard let end = anchor.end else {
      throw SyntaxError("the alias stands inside the node that it stands for", at: alias.place)
    }
    return anchor.start..<end
  }

  /// What was captured is a mapping.
  func isMapping(_ range: Range<Int>) -> Bool {
    range.first.map { tape[$0].event.type == YAML_MAPPING_START_EVENT } ?? false
  }

  private mutating func recorded(_ position: Int) throws(SyntaxError) -> YAMLEvent {
    let event = YAMLEvent(tape[position].event, anchor: tape[position].anchor)
    replayed += 1
    guard replayed <= Self.freeExpansion + Self.expansionFactor * parsed else {
      throw SyntaxError("aliases expand this manifest beyond every use", at: event.place)
    }
    return event
  }
}

/// Recording: anchored nodes and the values of merge keys.
extension EventStream {
  /// How far the tape is in use, to be given back to `release`.
  struct Mark {
    fileprivate var tape: Int
    fileprivate var anchors: Int
    /// What comes next belongs to a node that is kept.
    fileprivate var isInsideKept: Bool
  }

  var mark: Mark { Mark(tape: tape.count, anchors: anchors.count, isInsideKept: isRecording) }

  /// Forgets what was captured since `mark`, unless an anchor stands in it, or it in an anchored node.
  mutating func release(_ mark: Mark) {
    guard anchors.count == mark.anchors, !mark.isInsideKept, !isRecording else { return }
    while tape.count > mark.tape {
      var event = tape.removeLast().event
      tapeBytes -= event.textBytes
      yaml_event_delete(&event)
    }
  }

  /// Reads the node that begins with `start`, the event just given, and keeps it on the tape.
  mutating func capture(_ start: YAMLEvent) throws(SyntaxError) -> Range<Int> {
    if start.kind == .alias { return try range(of: start) }
    if let replay = replays.last {
      try skip(start)
      return replay.lowerBound - 1..<(replays.last?.lowerBound ?? replay.upperBound)
    }
    if let event = loose { try record(event, anchor: 0) }
    let first = tape.count - 1
    captures += 1
    defer { captures -= 1 }
    try skip(start)
    return first..<tape.count
  }

  /// A merge key's value or an anchored node is being read.
  private var isRecording: Bool { captures > 0 || !openAnchors.isEmpty }

  private mutating func parse() throws(SyntaxError) -> YAMLEvent {
    if var event = loose.take() { yaml_event_delete(&event) }
    let raw = try feed.next()
    loose = raw
    parsed += 1
    var event = YAMLEvent(raw)
    if event.kind == .alias { event = YAMLEvent(raw, anchor: try anchor(namedBy: raw)) }
    let wasRecording = isRecording
    let isAnchored = event.kind != .alias && openAnchor(raw, event)
    if wasRecording || isAnchored { try record(raw, anchor: event.anchor) }
    try track(event)
    return event
  }

  /// Puts the event last parsed on the tape, which then owns it.
  private mutating func record(_ raw: yaml_event_t, anchor: Int) throws(SyntaxError) {
    let bytes = raw.textBytes
    let limit: String? =
      if tape.count >= Self.maximumRecorded {
        "\(grouped(Self.maximumRecorded)) items"
      } else if tapeBytes + bytes > Self.maximumRecordedBytes {
        "\(Self.maximumRecordedBytes >> 20) MiB of text"
      } else {
        nil
      }
    if let limit {
      throw SyntaxError(
        "anchored nodes hold more than \(limit); anchor less, or let entries share templates",
        at: SourcePlace(raw.start_mark))
    }
    tape.append(Recorded(event: raw, anchor: anchor))
    tapeBytes += bytes
    loose = nil
  }

  /// Counts the depth, and ends the anchors whose node is complete.
  private mutating func track(_ event: YAMLEvent) throws(SyntaxError) {
    if event.isCollection {
      depth += 1
      guard depth <= Self.maximumDepth else {
        throw SyntaxError("nested deeper than \(Self.maximumDepth) levels", at: event.place)
      }
    } else {
      if event.kind == .mappingEnd || event.kind == .sequenceEnd { depth -= 1 }
      while let open = openAnchors.last, anchors[open].depth == depth {
        anchors[open].end = tape.count
        openAnchors.removeLast()
      }
    }
  }

  private mutating func openAnchor(_ raw: yaml_event_t, _ event: YAMLEvent) -> Bool {
    let pointer: UnsafeMutablePointer<UInt8>? =
      switch event.kind {
      case .scalar: raw.data.scalar.anchor
      case .sequenceStart: raw.data.sequence_start.anchor
      case .mappingStart: raw.data.mapping_start.anchor
      default: nil
      }
    guard let pointer else { return false }
    anchors.append(Anchor(start: tape.count, end: nil, depth: depth))
    anchorNames[ExactText(String(cString: pointer))] = anchors.count - 1
    openAnchors.append(anchors.count - 1)
    return true
  }

  private func anchor(namedBy raw: yaml_event_t) throws(SyntaxError) -> Int {
    let name = raw.data.alias.anchor.map { String(cString: $0) } ?? ""
    guard let anchor = anchorNames[ExactText(name)] else {
      let known = Suggestion.nearest(to: name, among: anchorNames.keys.map(\.text).sorted())
      throw SyntaxError(
        "the alias \(quoted("*" + name)) has no anchor before it", at: SourcePlace(raw.start_mark),
        notes: known.map { [Diagnostic.Note(meaning: "*" + $0)] } ?? [])
    }
    return anchor
  }
}
