/// The place of an entry in its manifest's list, from 0.
package struct EntryIndex: Hashable, Comparable, Sendable {
  package var rawValue: UInt32

  package init(_ rawValue: Int) { self.rawValue = UInt32(rawValue) }
  package var value: Int { Int(rawValue) }

  package static func < (left: EntryIndex, right: EntryIndex) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// One file → key entry, ready to be planned. A view made on demand: the table keeps it compact.
package struct Entry: Sendable, Equatable {
  /// The user's `id`, nil when none was given.
  package var id: String?
  /// Index into `Manifest.targets`.
  package var target: Int
  /// The source file as it can be opened: the manifest's directory is already put before a relative path.
  package var file: String
  /// The full object key, the target's prefix included.
  package var key: String
  /// Index into `EntryTable.settings`.
  package var settings: Int
  /// Index of the set of its `labels`, from `EntryTable.intern(labels:)`; 0 when it has none.
  package var labels: Int
  /// Higher goes first; 0 unless set.
  package var priority: Int
  /// The manifest's line on which the entry begins, from 1.
  package var line: Int

  package init(
    id: String? = nil, target: Int = 0, file: String, key: String, settings: Int,
    labels: Int = 0, priority: Int = 0, line: Int = 0
  ) {
    self.id = id
    self.target = target
    self.file = file
    self.key = key
    self.settings = settings
    self.labels = labels
    self.priority = priority
    self.line = line
  }
}

/// All entries of a manifest in the order of the file. A manifest may have a million entries, so texts
/// lie one behind the other in an arena, settings are interned, and a row takes 28 bytes beside its
/// texts. What few manifests have, labels and needs, takes 4 bytes a row each, and nothing when unused.
///
/// While a run is under way the matches of large globs are still being looked for: the table then is
/// growing, by batches behind all other rows, and whoever has a copy keeps what it has.
package struct EntryTable: Sendable {
  private struct Row {
    var start: TextArena.Place
    var fileLength: UInt16
    var keyLength: UInt16
    var idLength: UInt16
    var target: UInt16
    var settings: UInt32
    var line: UInt32
    var priority: Int32
  }

  /// Longest accepted `file` and `id`, in bytes (the system's PATH_MAX is 4,096).
  package static let maximumTextLength = Int(UInt16.max)

  /// All columns behind one reference, so that a copy of the table costs no more than counting it.
  private final class Columns: @unchecked Sendable {  // it changes only while one table has it
    var rows: ContiguousArray<Row> = []
    var texts = TextArena()
    var settings: [ObjectSettings] = []
    var settingsIndex: [ObjectSettings: Int] = [:]
    var labelSets = LabelSets()
    var labelColumn = SparseColumn()
    var needsColumn = SparseColumn()
    /// The different `needs` of entries; the first is that of an entry which needs nothing.
    var needs = [Needs()]
    var needsIndex: [Needs: Int] = [:]
    var late = LateEntries()

    init() {}

    init(copying other: Columns) {
      rows = other.rows
      texts = other.texts
      settings = other.settings
      settingsIndex = other.settingsIndex
      labelSets = other.labelSets
      labelColumn = other.labelColumn
      needsColumn = other.needsColumn
      needs = other.needs
      needsIndex = other.needsIndex
      late = other.late
    }
  }

  private var columns = Columns()

  /// To be called before a change.
  private mutating func makeUnique() {
    if !isKnownUniquelyReferenced(&columns) { columns = Columns(copying: columns) }
  }

  package init() {}

  /// The different settings of entries.
  package var settings: [ObjectSettings] { columns.settings }

  /// The different `needs` of entries; the first is that of an entry which needs nothing.
  package var needs: [Needs] { columns.needs }

  package var count: Int { columns.rows.count + columns.late.count }
  package var indices: Range<Int> { 0..<count }

  /// The index under which these settings are known; equal settings share one.
  package mutating func intern(_ value: ObjectSettings) -> Int {
    if let known = columns.settingsIndex[value] { return known }
    makeUnique()
    columns.settings.append(value)
    columns.settingsIndex[value] = settings.count - 1
    return settings.count - 1
  }

  /// The label of this name, known from now on if it was not.
  package mutating func intern(label name: String) -> Label {
    makeUnique()
    return columns.labelSets.intern(name)
  }

  /// The index under which this set of labels is known, whatever its order.
  package mutating func intern(labels: [Label]) -> Int {
    makeUnique()
    return columns.labelSets.intern(labels)
  }

  package mutating func append(_ entry: Entry) {
    precondition(columns.late.count == 0, "what becomes known late stands behind all others")
    makeUnique()
    columns.labelColumn[columns.rows.count] = UInt32(entry.labels)
    let id = entry.id ?? ""
    columns.rows.append(
      Row(
        start: columns.texts.append(entry.file, entry.key, id),
        fileLength: UInt16(entry.file.utf8.count), keyLength: UInt16(entry.key.utf8.count),
        idLength: UInt16(id.utf8.count), target: UInt16(entry.target),
        settings: UInt32(entry.settings), line: UInt32(entry.line),
        priority: Int32(clamping: entry.priority)))
  }

  package subscript(index: EntryIndex) -> Entry {
    Entry(
      id: id(index),
      target: target(index), file: file(index), key: key(index), settings: settingsIndex(index),
      labels: labelSet(index), priority: priority(index), line: line(index))
  }

  package func file(_ index: EntryIndex) -> String {
    if let place = latePlace(index) { return columns.late.file(place) }
    let row = columns.rows[index.value]
    return columns.texts.text(row.start, 0, Int(row.fileLength))
  }

  package func key(_ index: EntryIndex) -> String {
    if let place = latePlace(index) { return columns.late.key(place) }
    let row = columns.rows[index.value]
    return columns.texts.text(row.start, Int(row.fileLength), Int(row.keyLength))
  }

  /// The user's `id`, nil when none was given.
  package func id(_ index: EntryIndex) -> String? {
    guard latePlace(index) == nil else { return nil }
    let row = columns.rows[index.value]
    let beforeID = Int(row.fileLength) + Int(row.keyLength)
    return row.idLength == 0 ? nil : columns.texts.text(row.start, beforeID, Int(row.idLength))
  }

  package func target(_ index: EntryIndex) -> Int {
    if let place = latePlace(index) { return columns.late.origin(place).target }
    return Int(columns.rows[index.value].target)
  }

  package func priority(_ index: EntryIndex) -> Int {
    if let place = latePlace(index) { return columns.late.origin(place).priority }
    return Int(columns.rows[index.value].priority)
  }

  package func line(_ index: EntryIndex) -> Int {
    if let place = latePlace(index) { return columns.late.origin(place).line }
    return Int(columns.rows[index.value].line)
  }

  package func settingsIndex(_ index: EntryIndex) -> Int {
    if let place = latePlace(index) { return columns.late.origin(place).settings }
    return Int(columns.rows[index.value].settings)
  }

  private func labelSet(_ index: EntryIndex) -> Int {
    if let place = latePlace(index) { return columns.late.origin(place).labels }
    return Int(columns.labelColumn[index.value])
  }

  /// The row behind all others; nil: it is one of them.
  private func latePlace(_ index: EntryIndex) -> Int? {
    index.value < columns.rows.count ? nil : index.value - columns.rows.count
  }
}

/// What becomes known while the run is under way.
extension EntryTable {
  /// More entries will come.
  package var isGrowing: Bool { columns.late.isGrowing }

  /// Whose entries will come, each with what its entries have in common.
  package var origins: [EntryOrigin] { columns.late.origins }

  /// From now on entries of this origin may come. Returns its number, which their batches name.
  package mutating func expect(_ origin: EntryOrigin) -> Int {
    makeUnique()
    return columns.late.expect(origin)
  }

  package mutating func append(_ batch: EntryBatch) {
    makeUnique()
    columns.late.append(batch)
  }

  /// All that was expected has come.
  package mutating func stopGrowing() {
    makeUnique()
    columns.late.stopGrowing()
  }

  /// Why the entry cannot be sent although the manifest is right; nil: nothing is known against it.
  package func problem(_ index: EntryIndex) -> String? {
    latePlace(index).flatMap { columns.late.problem($0) }
  }

  /// Some entry has a problem, so that what belongs to it may not be in the table at all.
  package var hasProblems: Bool { columns.late.hasProblems }

  /// The entries as they stand in the manifest: what came late among the others of its line.
  package var indicesInOrder: [EntryIndex] {
    let all = indices.map { EntryIndex($0) }
    guard columns.late.count > 0 else { return all }
    return all.sorted { (line($0), $0.value) < (line($1), $1.value) }
  }

  /// The labels that entries of an origin have, ascending, each once.
  package func labels(ofOrigin number: Int) -> [Label] {
    columns.labelSets.sets[origins[number].labels]
  }
}

/// Labels and needs.
extension EntryTable {
  /// All labels in the order in which they became known: `Label.rawValue` counts through them.
  package var labelNames: [String] { columns.labelSets.names }

  package func label(named name: String) -> Label? { columns.labelSets.label(named: name) }

  /// The entry's labels, ascending, each once.
  package func labels(_ index: EntryIndex) -> [Label] {
    columns.labelSets.sets[labelSet(index)]
  }

  /// Gives an entry what it waits for. Ids and labels may stand behind the entry that names them, so
  /// this is known only when all entries are.
  package mutating func setNeeds(_ value: Needs, of index: EntryIndex) {
    makeUnique()
    if value.isEmpty {
      columns.needsColumn[index.value] = 0
    } else if let known = columns.needsIndex[value] {
      columns.needsColumn[index.value] = UInt32(known)
    } else {
      columns.needsColumn[index.value] = UInt32(needs.count)
      columns.needsIndex[value] = needs.count
      columns.needs.append(value)
    }
  }

  /// Index into `needs`; 0 when the entry needs nothing.
  package func needsIndex(_ index: EntryIndex) -> Int { Int(columns.needsColumn[index.value]) }

  /// Some entry waits for another.
  package var hasNeeds: Bool { needs.count > 1 }
}
