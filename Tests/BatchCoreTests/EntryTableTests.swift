import BatchCore
import Testing

@Suite struct EntryTableTests {
  private func table(rows: Int, labels: (inout EntryTable, Int) -> Int) -> EntryTable {
    var table = EntryTable()
    let settings = table.intern(ObjectSettings())
    for row in 0..<rows {
      table.append(
        Entry(
          id: row == 2 ? "third" : nil, file: "f\(row)", key: "k\(row)", settings: settings,
          labels: labels(&table, row), priority: row, line: row + 1))
    }
    return table
  }

  @Test func labelsComeBackWhateverTheOrderTheyWereGivenIn() throws {
    let table = table(rows: 4) { table, row in
      let names = [[], ["b", "a"], ["a", "b", "a"], []][row]
      return table.intern(labels: names.map { table.intern(label: $0) })
    }
    let a = try #require(table.label(named: "a"))
    let b = try #require(table.label(named: "b"))
    #expect(table.labelNames == ["b", "a"])
    #expect(table.labels(EntryIndex(0)).isEmpty && table.labels(EntryIndex(3)).isEmpty)
    #expect(table.labels(EntryIndex(1)) == [b, a])
    #expect(table[EntryIndex(1)].labels == table[EntryIndex(2)].labels)
    #expect(table.label(named: "c") == nil)
    #expect(table.id(EntryIndex(2)) == "third" && table[EntryIndex(2)].id == "third")
  }

  @Test func whatIsFoundLateStandsBehindAllOthers() {
    var table = table(rows: 3) { table, row in
      row == 1 ? table.intern(labels: [table.intern(label: "a")]) : 0
    }
    let labels = table.intern(labels: [table.intern(label: "b")])
    let first = table.expect(
      EntryOrigin(target: 0, settings: 0, labels: labels, priority: 7, line: 2))
    let second = table.expect(EntryOrigin(target: 1, settings: 0, line: 3))
    let begun = table
    var number = 3
    for (origin, count) in [(first, 2), (first, 0), (second, 3), (first, 1)] {
      var batch = EntryBatch(origin: origin)
      for _ in 0..<count {
        batch.append(
          file: "f\(number)", key: "k\(number)", problem: number == 6 ? "too long" : nil)
        number += 1
      }
      table.append(batch)
    }
    #expect(begun.count == 3 && begun.isGrowing && !begun.hasProblems)
    #expect(table.indices == 0..<9 && table.isGrowing && table.hasProblems)
    for row in table.indices {
      #expect(table.file(EntryIndex(row)) == "f\(row)" && table.key(EntryIndex(row)) == "k\(row)")
    }
    #expect(table.indices.map { table.line(EntryIndex($0)) } == [1, 2, 3, 2, 2, 3, 3, 3, 2])
    #expect(table.indices.map { table.target(EntryIndex($0)) } == [0, 0, 0, 0, 0, 1, 1, 1, 0])
    #expect(table.indices.map { table.priority(EntryIndex($0)) } == [0, 1, 2, 7, 7, 0, 0, 0, 7])
    #expect(
      table.indices.map { table.labels(EntryIndex($0)).map { table.labelNames[$0.value] } }
        == [[], ["a"], [], ["b"], ["b"], [], [], [], ["b"]])
    #expect(
      table[EntryIndex(8)]
        == Entry(file: "f8", key: "k8", settings: 0, labels: labels, priority: 7, line: 2))
    #expect(table.indices.filter { table.problem(EntryIndex($0)) != nil } == [6])
    #expect(table.indicesInOrder.map(\.value) == [0, 1, 3, 4, 8, 2, 5, 6, 7])
    table.stopGrowing()
    #expect(!table.isGrowing && table.count == 9)
  }

  @Test func equalNeedsAreOne() {
    var table = table(rows: 5) { _, _ in 0 }
    #expect(!table.hasNeeds)
    let first = Needs(entries: [EntryIndex(1), EntryIndex(0)])
    table.setNeeds(first, of: EntryIndex(4))
    table.setNeeds(Needs(entries: [EntryIndex(0), EntryIndex(1)]), of: EntryIndex(2))
    table.setNeeds(Needs(everything: true), of: EntryIndex(3))
    #expect(table.hasNeeds)
    #expect((0..<5).map { table.needsIndex(EntryIndex($0)) } == [0, 0, 1, 2, 1])
    #expect(table.needs == [Needs(), first, Needs(everything: true)])
    #expect(table.needs[0].isEmpty && !table.needs[2].isEmpty)
  }
}
