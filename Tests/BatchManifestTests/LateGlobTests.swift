import BatchCore
import BatchManifest
import Foundation
import Testing

/// Large globs, of which a run knows only the first matches when it begins.
@Suite final class LateGlobTests {
  private let folder = FileManager.default.temporaryDirectory
    .appending(path: "osbatch-late-\(UUID().uuidString)")

  /// A tree of 1,100 files, a directory for every 100.
  init() throws { try plant("tree") }

  private func plant(_ tree: String) throws {
    for directory in 0..<11 {
      for file in 0..<100 { try put("\(tree)/d\(directory)/f\(file).\(["txt", "csv"][file % 2])") }
    }
  }

  private func plantFlat() throws { for file in 0..<1_050 { try put("flat/\(file)") } }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func put(_ path: String) throws {
    let file = folder.appending(path: path)
    if !FileManager.default.createFile(atPath: file.path, contents: nil) {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      #expect(FileManager.default.createFile(atPath: file.path, contents: nil))
    }
  }

  /// Each of `entries` is a flow mapping of its own.
  private func write(_ entries: [String], target: String? = nil) throws -> String {
    let path = folder.path + "/m.yaml"
    let target = target ?? "target: {bucket: backups, prefix: p/}"
    let text =
      "version: 1\n\(target)\nentries:\n" + entries.map { "  - {\($0)}\n" }.joined()
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  private struct Found: Equatable {
    var file: String
    var key: String
    var target: Int
    var line: Int
    var settings: ObjectSettings
    var labels: [String]
    var priority: Int
  }

  private func entries(_ manifest: Manifest) -> [Found] {
    manifest.entries.indicesInOrder.map { index in
      let entry = manifest.entries[index]
      return Found(
        file: entry.file, key: entry.key, target: entry.target, line: entry.line,
        settings: manifest.entries.settings[entry.settings],
        labels: manifest.entries.labels(index).map { manifest.entries.labelNames[$0.value] },
        priority: entry.priority)
    }
  }

  /// Nothing but what is found late is missing when a run begins, and then it is as if all had been
  /// found at once. Returns how many are late.
  private func lateCount(_ entries: [String], target: String? = nil) throws -> Int {
    let path = try write(entries, target: target)
    let whole = try ManifestReader.read(path: path, in: testContext())
    let begun = try ManifestReader.begin(path: path, in: testContext())
    var manifest = begun.manifest
    let known = manifest.entries.count
    #expect(manifest.entries.isGrowing == (begun.others != nil))
    var others = begun.others
    while let batch = others?.next() { manifest.entries.append(batch) }
    #expect(self.entries(manifest) == self.entries(whole))
    #expect(!manifest.entries.hasProblems)
    return manifest.entries.count - known
  }

  private let glob = "glob: 'tree/**', key: 'data/${file.path}'"

  @Test func aGlobIsLeftWhenNothingElseCanHaveItsKeys() throws {
    try plant("other")
    try plantFlat()
    // How many are late with the others before it, and with them behind it.
    let cases: [(beside: [String], before: Int, behind: Int)] = [
      ([], 100, 100),
      // Whatever stands beside it, when no match can have its key.
      (["file: a, key: SUCCESS, needs: ['*'], id: marker", "file: a, key: data"], 100, 100),
      (["file: a, key: data/", "file: a, key: xdata/a"], 100, 100),
      // What could be a match's key, even if no such file is there now.
      (["file: a, key: data/new"], 0, 0),
      // Globs that cannot meet; and that could, of which the first is left, unless it meets the entries
      // of the other.
      (["glob: 'other/**', key: 'other/${file.path}'"], 200, 200),
      (["glob: 'other/**', key: 'data/${file.path}.old'"], 100, 0),
      (["glob: 'flat/*', key: 'data/d${file.name}'"], 50, 0),
    ]
    for (beside, before, behind) in cases {
      #expect(try lateCount(beside + [glob]) == before, "\(beside)")
      #expect(try lateCount([glob] + beside) == behind, "\(beside)")
    }
  }

  @Test func aGlobIsLeftWhenNoMatchCanBeWrong() throws {
    try plantFlat()
    let cases = [
      ("glob: 'tree/**/*.txt', key: '${file.path}'", 0),
      ("glob: 'tree/**/*', key: '${vars.a}/${file.path}.gz', priority: 3, labels: [x]", 100),
      ("glob: 'tree/**/*', key: '${file.path}', exclude: 'd1/f0.txt'", 99),
      ("glob: 'tree/**', key: '${file.path}', optional: true, storage_class: IA", 100),
      ("glob: 'flat/*', key: 'flat/${file.name}'", 50),
      ("glob: '{flat,none}/*', key: '${file.path}'", 50),
      // Keys that could be the same for two files, or are not known before the last file is.
      ("glob: '{flat,none}/*', key: '${file.name}'", 0),
      ("glob: 'flat/**', key: '${file.name}'", 0),
      ("glob: 'flat/*', key: '${file.stem}'", 0),
      ("glob: 'flat/*', key: '${file.dir}${file.path}'", 0),
      ("glob: 'flat/*', key: '${file.path:-x}'", 0),
      // Ids are unique, settings can be wrong, needs can go round in circles.
      ("glob: 'flat/*', key: '${file.path}', id: 'id-${file.name}'", 0),
      ("glob: 'flat/*', key: '${file.path}', metadata: {name: '${file.name}'}", 0),
      ("glob: 'flat/*', key: '${file.path}', needs: [m]", 0),
    ]
    let targets =
      "targets: {a: {bucket: backups, region: cn-a}, b: {bucket: marks, region: cn-a}}"
    for (entry, late) in cases {
      let found = try lateCount(
        ["file: a, key: m, id: m, target: b", entry + ", target: a"],
        target: "vars: {a: b}\n" + targets)
      #expect(found == late, "\(entry)")
    }
  }

  @Test func targetsOfOneBucketCountAsOne() throws {
    let entries = ["file: a, key: data/new, target: b", glob + ", target: a"]
    let targets = { (second: String) in
      "targets: {a: {bucket: first, region: cn-a}, b: {bucket: \(second), region: cn-b}}"
    }
    #expect(try lateCount(entries, target: targets("first")) == 0)
    #expect(try lateCount(entries, target: targets("second")) == 100)
  }

  /// The target is known only in a second pass.
  @Test func aTargetBehindTheEntriesCountsToo() throws {
    let path = folder.path + "/m.yaml"
    try Data("version: 1\nentries: [{\(glob)}]\ntarget: {bucket: backups}\n".utf8)
      .write(to: URL(fileURLWithPath: path))
    #expect(try ManifestReader.begin(path: path, in: testContext()).others != nil)
  }

  @Test func whatIsWrongIsFoundBeforeARunBegins() throws {
    let wrong = [
      "file: a, key: a, kye: b", "glob: 'none/*', key: '${file.path}'",
      // The key of the match that is found last.
      "file: a, key: data/d9/f99.csv",
    ]
    for entry in wrong {
      let path = try write([glob, entry])
      let whole = #expect(throws: ManifestErrors.self) {
        try ManifestReader.read(path: path, in: testContext())
      }
      let begun = #expect(throws: ManifestErrors.self) {
        try ManifestReader.begin(path: path, in: testContext())
      }
      #expect(begun?.count == 1)
      #expect(begun.map(DiagnosticRenderer.render) == whole.map(DiagnosticRenderer.render))
    }
  }

  /// With an error elsewhere, those of late matches are told with it.
  @Test func allErrorsAreToldAtOnce() throws {
    try put("tree/z/" + String(repeating: "n", count: 250))
    let long = "glob: 'tree/**', key: '\(String(repeating: "k", count: 800))/${file.path}'"
    let path = try write([long, "file: a, key: a, kye: b"])
    let begun = #expect(throws: ManifestErrors.self) {
      try ManifestReader.begin(path: path, in: testContext())
    }
    #expect(begun?.count == 2)
  }

  @Test func aLateMatchThatCannotBeSentHasAProblem() throws {
    try put("tree/z/" + String(repeating: "n", count: 250))
    try put("tree/z/ok")
    let bad = folder.path.utf8CString.dropLast() + "/tree/z/".utf8CString.dropLast() + [-1, 0]
    let descriptor = open(Array(bad), O_CREAT | O_WRONLY, 0o600)
    #expect(descriptor >= 0)
    close(descriptor)
    let head = String(repeating: "k", count: 800)
    let path = try write(["glob: 'tree/**', key: '\(head)/${file.path}'"])
    #expect(throws: ManifestErrors.self) {
      try ManifestReader.read(path: path, in: testContext())
    }
    var (manifest, others) = try ManifestReader.begin(path: path, in: testContext())
    while let batch = others?.next() { manifest.entries.append(batch) }
    let entries = manifest.entries
    let problems = entries.indices.map { EntryIndex($0) }.filter { entries.problem($0) != nil }
    #expect(entries.count == 1_103)
    #expect(entries.key(EntryIndex(1_102)) == "p/\(head)/z/ok", "the walk goes on")
    #expect(
      problems.compactMap { entries.problem($0) } == [
        "\"\(folder.path)/tree/z/\u{FFFD}\" is not UTF-8 text, so it cannot be a key; give the file"
          + " another name or leave it out with a narrower pattern",
        "key has 1,055 bytes with its prefix; at most 1,023",
      ])
  }
}
