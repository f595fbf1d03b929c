import BatchCore

@testable import RunStore

/// A journal is whole, or cut short, or damaged at a named place; it is cut anywhere without a fact
/// that was not there before; a run changes nothing of what it says; a rebuild always helps.
enum JournalProperties {
  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    guard let cut = bytes.first else { return }
    let journal = Sealing.seal(Array(bytes.dropFirst()))
    let scene = try StateScene("journal")
    try scene.write(journal, to: scene.directory.journal)
    switch scene.facts() {
    case .success(let facts): try checkWhole(scene, journal, facts, cut: cut)
    case .failure(.damaged(_, let offset, _)): try checkDamaged(scene, journal, offset: offset)
    case .failure(.newerVersion):
      try require(journal.starts(with: "osbatch journal ".utf8), "what is newer names its version")
    case .failure(let error): throw BrokenProperty("reading bytes gives \(error)")
    }
  }

  private static func checkWhole(
    _ scene: StateScene, _ journal: [UInt8], _ facts: [String], cut: UInt8
  ) throws(BrokenProperty) {
    let length = journal.count * Int(cut) / 256
    let wholeLines = journal[..<length].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    try scene.write(journal[..<wholeLines], to: scene.directory.journal)
    let before = scene.facts()
    try scene.write(journal[..<length], to: scene.directory.journal)
    try require(scene.facts() == before, "a line that was cut short says something")
    guard case .success(let prefix) = before else {
      throw BrokenProperty("the beginning of a good journal is damaged")
    }
    try require(try scene.run() == prefix, "a run reads something else")
    try require(scene.facts() == .success(prefix), "a run has changed what it found")

    try scene.write(journal, to: scene.directory.journal)
    try require(try scene.run(adding: [.runEnded(exitCode: 5)]) == facts, "a run reads other facts")
    try require(
      try scene.run().contains("\(JournalRecord.runEnded(exitCode: 5))"), "a record is lost")
  }

  private static func checkDamaged(
    _ scene: StateScene, _ journal: [UInt8], offset: Int
  ) throws(BrokenProperty) {
    try require((0..<max(1, journal.count)).contains(offset), "the damage lies at byte \(offset)")
    try require(
      offset == 0 || journal[offset - 1] == 0x0A, "the damage does not begin with a line")
    let rebuilt = try scene.rebuild()
    try require(rebuilt?.offset == offset, "the rebuild has found another damage")
    guard case .success(let facts) = scene.facts() else {
      throw BrokenProperty("a rebuilt journal is damaged")
    }
    try require(try scene.run() == facts, "a run reads other facts than were rebuilt")
  }
}

/// What is written to a journal is read back.
enum RecordProperties {
  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    var source = ByteSource(bytes)
    var records: [JournalRecord] = []
    while !source.isAtEnd { records.append(source.record()) }
    let expected = RecordProperties.facts(of: records)
    let scene = try StateScene("records")
    let half = records.count / 2
    try scene.run(adding: Array(records[..<half]))
    let found = try scene.run(adding: Array(records[half...]))
    try require(
      found == RecordProperties.facts(of: Array(records[..<half])), "half of it is read differently"
    )
    try require(scene.facts() == .success(expected), "it is not what was written")
  }

  private static func facts(of records: [JournalRecord]) -> [String] {
    var facts = RunFacts()
    for record in records { facts.apply(record) }
    return statements(facts)
  }
}
