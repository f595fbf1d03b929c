/// What the entries of one glob have in common that become known while the run is under way: all of
/// an entry but its file and its key. They have neither an id nor needs.
package struct EntryOrigin: Sendable, Equatable {
  /// As in `Entry`.
  package var target: Int
  package var settings: Int
  package var labels: Int
  package var priority: Int
  package var line: Int

  package init(target: Int, settings: Int, labels: Int = 0, priority: Int = 0, line: Int = 0) {
    self.target = target
    self.settings = settings
    self.labels = labels
    self.priority = priority
    self.line = line
  }
}

/// Finds the entries that a growing table does not have yet. It may take its time, so it is asked on
/// a thread of its own.
package protocol EntrySource: Sendable {
  /// Some more entries, as soon as there are some worth a hand-over; nil: there are no more.
  mutating func next() -> EntryBatch?
}

/// Entries of one origin that have been found together. An entry takes 8 bytes beside its texts.
package struct EntryBatch: Sendable {
  private struct Row {
    var start: UInt32
    var fileLength: UInt16
    var keyLength: UInt16
  }

  /// The number under which the table expects them.
  package let origin: Int
  private var rows: ContiguousArray<Row> = []
  private var bytes: ContiguousArray<UInt8> = []
  /// Why some of them cannot be sent, by their place.
  fileprivate private(set) var problems: [Int: String] = [:]

  package init(origin: Int) { self.origin = origin }

  package var count: Int { rows.count }

  /// `file` and `key` have at most `EntryTable.maximumTextLength` bytes. `problem`: why it cannot be sent.
  package mutating func append(file: String, key: String, problem: String? = nil) {
    if let problem { problems[rows.count] = problem }
    rows.append(
      Row(
        start: UInt32(bytes.count), fileLength: UInt16(file.utf8.count),
        keyLength: UInt16(key.utf8.count)))
    bytes.append(contentsOf: file.utf8)
    bytes.append(contentsOf: key.utf8)
  }

  package func file(_ place: Int) -> String {
    let start = Int(rows[place].start)
    return String(decoding: bytes[start..<start + Int(rows[place].fileLength)], as: UTF8.self)
  }

  package func key(_ place: Int) -> String {
    let start = Int(rows[place].start) + Int(rows[place].fileLength)
    return String(decoding: bytes[start..<start + Int(rows[place].keyLength)], as: UTF8.self)
  }
}

/// Batches one behind the other. A batch never changes, so copies of the table share it.
struct LateEntries: Sendable {
  private(set) var isGrowing = false
  private(set) var origins: [EntryOrigin] = []
  private(set) var count = 0
  private(set) var hasProblems = false
  private var batches: [EntryBatch] = []
  /// The place of each batch's first entry, ascending.
  private var starts: [Int] = []

  mutating func expect(_ origin: EntryOrigin) -> Int {
    origins.append(origin)
    isGrowing = true
    return origins.count - 1
  }

  mutating func append(_ batch: EntryBatch) {
    precondition(isGrowing, "entries that nobody expects")
    guard batch.count > 0 else { return }
    if !batch.problems.isEmpty { hasProblems = true }
    starts.append(count)
    batches.append(batch)
    count += batch.count
  }

  mutating func stopGrowing() { isGrowing = false }

  func origin(_ place: Int) -> EntryOrigin { origins[batches[batch(of: place)].origin] }

  func file(_ place: Int) -> String {
    let batch = batch(of: place)
    return batches[batch].file(place - starts[batch])
  }

  func key(_ place: Int) -> String {
    let batch = batch(of: place)
    return batches[batch].key(place - starts[batch])
  }

  func problem(_ place: Int) -> String? {
    guard hasProblems else { return nil }
    let batch = batch(of: place)
    return batches[batch].problems[place - starts[batch]]
  }

  /// The last batch that does not begin behind `place`.
  private func batch(of place: Int) -> Int {
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= place { low = middle } else { high = middle }
    }
    return low
  }
}
