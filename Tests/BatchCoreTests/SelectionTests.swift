import BatchCore
import Testing

@Suite struct SelectionTests {
  private var manifest: Manifest {
    var entries = EntryTable()
    let settings = entries.intern(ObjectSettings())
    let nightly = entries.intern(labels: [entries.intern(label: "nightly")])
    for (id, key, labels) in [
      ("orders", "db/orders.sql", nightly), (nil, "db/logs/a.gz", 0),
      (nil, "db/logs/b.gz", nightly),
      ("mark[er", "db/SUCCESS", 0),
    ] {
      entries.append(Entry(id: id, file: "f", key: key, settings: settings, labels: labels))
    }
    return Manifest(
      name: "m", targets: [Target(bucket: "b", prefix: "db/")], concurrency: 1, entries: entries)
  }

  private func rows(_ only: [String], _ skip: [String] = []) throws -> [Int] {
    let manifest = manifest
    let selection = try Selection(
      of: manifest, only: only.map { try Selector($0) }, skip: skip.map { try Selector($0) },
      state: { $0.value == 1 ? .failed : $0.value == 2 ? .done : .pending })
    let rows = manifest.entries.indices.filter { selection.contains(EntryIndex($0)) }
    #expect(selection.count(of: manifest.entries) == rows.count)
    return rows
  }

  @Test func entriesAreNamedByIDKeyLabelAndState() throws {
    #expect(try rows(["orders"]) == [0])
    #expect(try rows(["db/logs/*"]) == [1, 2])
    #expect(try rows(["logs/*.gz"]) == [1, 2])
    #expect(try rows(["**"]) == [0, 1, 2, 3])
    #expect(try rows(["mark[er"]) == [3])
    #expect(try rows(["tag:nightly"]) == [0, 2])
    #expect(try rows(["state:failed"]) == [1])
    #expect(try rows(["state:done", "orders"]) == [0, 2])
    #expect(try rows([], ["tag:nightly"]) == [1, 3])
    #expect(try rows(["logs/*"], ["state:failed"]) == [2])
    #expect(try rows([]) == [0, 1, 2, 3])
  }

  /// A letter with its accent may be one character or two: they are different names.
  @Test func namesAreBytes() throws {
    var entries = EntryTable()
    let settings = entries.intern(ObjectSettings())
    for (id, label) in [("caf\u{E9}", "\u{E9}"), ("cafe\u{301}", "e\u{301}")] {
      let labels = entries.intern(labels: [entries.intern(label: label)])
      entries.append(
        Entry(
          id: id, file: "f", key: "e\u{301}/\(id.utf8.count)", settings: settings, labels: labels))
    }
    let manifest = Manifest(
      name: "m", targets: [Target(bucket: "b", prefix: "e")], concurrency: 1, entries: entries)
    for (selector, row) in [
      ("cafe\u{301}", 1), ("caf\u{E9}", 0), ("tag:e\u{301}", 1), ("tag:\u{E9}", 0),
      ("\u{301}/5", 0),
    ] {
      let selection = try Selection(
        of: manifest, only: [try Selector(selector)], skip: [], state: { _ in .pending })
      #expect((0...1).filter { selection.contains(EntryIndex($0)) } == [row], "\(selector)")
    }
  }

  @Test func aSelectorWithoutAMatchIsNamed() {
    #expect(throws: Selector.Unmatched.self) { try rows(["oders"]) }
    #expect(throws: Selector.Unmatched.self) { try rows([], ["tag:weekly"]) }
    #expect(throws: Selector.Malformed.self) { try rows(["state:broken"]) }
    #expect(throws: Selector.Malformed.self) { try rows([""]) }
  }
}
