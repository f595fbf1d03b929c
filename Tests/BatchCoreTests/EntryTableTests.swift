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
