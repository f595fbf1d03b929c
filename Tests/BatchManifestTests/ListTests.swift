import BatchCore
import BatchManifest
import Foundation
import Testing

/// Entries that are kept in other files.
@Suite final class ListTests {
  private let folder = FileManager.default.temporaryDirectory
    .appending(path: "osbatch-list-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(
      at: folder.appending(path: "sub"), withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func read(_ list: String, _ name: String, _ entry: String = "") throws -> Manifest {
    try Data(list.utf8).write(to: folder.appending(path: "sub/" + name))
    return try BatchManifestTests.read(
      """
      version: 1
      target: {bucket: backups}
      defaults: {headers: {A: defaults}, retries: 1}
      entries: [{list: sub/\(name), \(entry)}]
      """, path: folder.path + "/m.yaml")
  }

  @Test func aRowOfNDJSONIsAnEntry() throws {
    let manifest = try read(
      """
      {"file": "a", "key": "ключ \\u00e9\\ud83d\\ude00\\"\\\\\\/", "retries": 3, "content_md5": true}

        {"key":"b","file":"/abs/b","headers":{"B":"${X}","A":null},"labels":["x"],"id":"second"}
      {"file":"c","key":"c","part_size":"1MiB","tags":{"t":7}, "needs": ["second"]}
      """, "l.ndjson")
    #expect(manifest.entry(0).file == folder.path + "/sub/a")
    #expect(manifest.entry(0).key == "ключ é😀\"\\/")
    #expect(manifest.settings(0).retries == 3)
    #expect(manifest.settings(0).contentMD5)
    #expect(manifest.entry(0).line == 4)
    #expect(manifest.entry(1).file == "/abs/b")
    #expect(manifest.entry(1).id == "second")
    #expect(manifest.headers(1) == ["b": "${X}"])
    #expect(manifest.settings(1).retries == 1)
    #expect(manifest.headers(2) == ["a": "defaults", "x-oss-tagging": "t=7"])
    #expect(
      manifest.entries.needs[manifest.entries.needsIndex(EntryIndex(2))].entries == [EntryIndex(1)])
  }

  @Test(arguments: ["\n", "\r\n"]) func aRowOfCSVIsAnEntry(_ end: String) throws {
    let lines = [
      "\u{FEFF}file,key,retries,headers.Content-Language,tags.env,labels,metadata.x",
      "a,k1,3,de,prod,x;y,", "", "\"b, \"\"quoted\"\"\",\"two\(end)lines\",,,,,null",
      "c,007,,,,,~",
    ]
    let manifest = try read(lines.joined(separator: end), "l.csv")
    #expect(manifest.entries.count == 3)
    #expect(manifest.settings(0).retries == 3)
    let headers = ["a": "defaults", "content-language": "de", "x-oss-tagging": "env=prod"]
    #expect(manifest.headers(0) == headers)
    #expect(manifest.entries.labels(EntryIndex(0)).count == 2)
    #expect(manifest.entry(1).file == folder.path + "/sub/b, \"quoted\"")
    #expect(Array(manifest.entry(1).key.utf8) == Array("two\(end)lines".utf8))
    #expect(manifest.headers(1) == ["a": "defaults", "x-oss-meta-x": "null"])
    #expect(manifest.settings(1).retries == 1)
    #expect(manifest.entry(2).key == "007")
  }

  @Test func rowsInheritFromTheirItem() throws {
    let manifest = try read(
      "file\na/1.txt\nb/2.txt\n", "l.txt",
      "format: csv, key: 'x/${file.path}', id: '${file.stem}', acl: private, retries: 5")
    #expect([0, 1].map { manifest.entry($0).key } == ["x/a/1.txt", "x/b/2.txt"])
    #expect([0, 1].map { manifest.entry($0).id } == ["1", "2"])
    #expect(manifest.headers(1) == ["a": "defaults", "x-oss-object-acl": "private"])
    #expect(manifest.settings(1).retries == 5)
  }

  @Test func rowsAndEntriesShareTheRuleOfOneKey() throws {
    try Data("file,key\na,same\n".utf8).write(to: folder.appending(path: "sub/l.csv"))
    let errors = #expect(throws: ManifestErrors.self) {
      try BatchManifestTests.read(
        """
        version: 1
        target: {bucket: backups}
        entries:
          - list: sub/l.csv
          - {file: b, key: same}
        """, path: folder.path + "/m.yaml")
    }
    let text = DiagnosticRenderer.render(try #require(errors))
    #expect(text.contains("m.yaml:5:20: error: the key \"same\" is given to two entries"))
    #expect(text.contains("sub/l.csv:2:3: note: first given here"))
  }

  @Test func aListLargerThanEveryBufferIsReadWhole() throws {
    for (name, row) in [
      ("l.csv", { "f\($0),k\($0)" }), ("l.jsonl", { "{\"file\":\"f\($0)\",\"key\":\"k\($0)\"}" }),
    ] as [(String, (Int) -> String)] {
      let header = name == "l.csv" ? "file,key\n" : ""
      let rows = (0..<60_000).map(row).joined(separator: "\n")
      let manifest = try read(header + rows, name)
      #expect(manifest.entries.count == 60_000)
      #expect(manifest.entry(59_999).key == "k59999")
    }
  }

  @Test(arguments: ["l.csv", "l.ndjson"], 0..<4)
  func damageIsAlwaysAnswered(_ name: String, _ seed: Int) throws {
    let whole =
      name == "l.csv"
      ? "file,key,tags.a,labels\na,\"k\"\"1\",x,y;z\r\n\"b\",k2,,\nc,日本,1,\n"
      : "{\"file\":\"a\",\"key\":\"k\\u00e9\",\"tags\":{\"a\":1}}\n{\"file\":\"日本\",\"key\":\"c\","
        + "\"labels\":[\"x\",\"y\"],\"retries\":-1.5e3}\n"
    var state = UInt64(seed) &* 977 &+ 1
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<300 {
      var bytes = Array(whole.utf8)
      for _ in 0...random(3) {
        let position = random(bytes.count)
        switch random(3) {
        case 0: bytes[position] = UInt8(random(256))
        case 1: bytes.removeSubrange(position..<min(bytes.count, position + random(5)))
        default: bytes.insert(Array("\"\\,{}[]:\n\0".utf8)[random(10)], at: position)
        }
        if bytes.isEmpty { bytes = [0] }
      }
      try Data(bytes).write(to: folder.appending(path: "sub/" + name))
      let manifest = Result {
        try BatchManifestTests.read(
          "version: 1\ntarget: {bucket: backups}\nentries: [{list: sub/\(name)}]\n",
          path: folder.path + "/m.yaml")
      }
      if case .failure(let error) = manifest {
        let errors = try #require(error as? ManifestErrors)
        #expect(errors.count > 0)
        #expect(errors.diagnostics.allSatisfy { ($0.place?.line ?? 0) <= bytes.count + 2 })
        #expect(!DiagnosticRenderer.render(errors).isEmpty)
      }
    }
  }

  /// What the item says of every row stands in the manifest, also where a row makes it wrong.
  @Test func aReferenceOfTheItemHasItsPlaceInTheManifest() {
    let errors = #expect(throws: ManifestErrors.self) {
      try read("file,key\na.b,a\nb,b\n", "l.csv", "metadata: {m: \"${file.ext:?no suffix}\"}")
    }
    let error = errors?.diagnostics.first
    #expect(errors?.count == 1 && error?.file == nil)
    #expect(error?.place == SourcePlace(line: 4, column: 44))
    let row = Diagnostic.Note(
      "for this row", at: SourcePlace(line: 3, column: 1), in: .list(folder.path + "/sub/l.csv"))
    #expect(error?.notes.last == row)
  }
}
