import BatchCore
import BatchRunner
import Checksum
import TestKit
import Testing

@testable import osbatch

/// Whatever texts an entry has, each form of the report says them so that its readers get them back.
@Suite struct HostileTextTests {
  /// What ends, opens or escapes something in one of the forms, or may not stand in it at all.
  private static let hostile: [String] = [
    "\"", "'", "''", "\\", ",", ";", "\n", "\r", "\r\n", "\t", " ", "<", ">", "&", "&amp;", "]]>",
    "<!--",
    "-->", "</bdi>", "<script>alert(1)</script>", "=1+1", "+", "-", "@", "'=", "\0", "\u{1}",
    "\u{1B}[31m",
    "\u{7F}", "\u{85}", "\u{9F}", "\u{A0}", "\u{2028}", "\u{202E}", "\u{FEFF}", "\u{FFFD}",
    "\u{FFFE}",
    "\u{FFFF}", "\u{1FFFF}", "é", "e\u{301}", "目", "😀", "a", "0", "null", "true", "%s", "{{",
    "${x}",
  ]

  /// Every text by itself, and random rows of them.
  private static func texts() -> [String] {
    var random = Sequence(seed: 7)
    return hostile
      + (0..<400).map { _ in
        (0..<random.next(upTo: 6) + 1).map { _ in hostile[random.next(upTo: hostile.count)] }
          .joined()
      }
  }

  private struct Sequence {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next(upTo limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
  }

  /// An entry for each text, which is its id, key, file, and reason to have failed; every third is done and
  /// every seventh open.
  private static func report(_ texts: [String]) -> Report {
    var table = EntryTable()
    let settings = table.intern(ObjectSettings())
    for (index, text) in texts.enumerated() {
      table.append(
        Entry(
          id: "\(text)\(index)", file: text, key: "\(text)/\(index)", settings: settings,
          line: index + 1))
    }
    let manifest = Manifest(
      name: texts[index(of: texts)], targets: [Target(bucket: "bucket", line: 1)], concurrency: 1,
      entries: table)
    let run = ReportRun(id: "0123", started: "2026-01-31T23:59:58.000Z", exitCode: 1, owner: nil)
    return Report(manifest, run: run) { entry in
      let upload = StatusSession.OpenUpload(size: 9, parts: 2)
      if entry.value.isMultiple(of: 3) {
        let fingerprint = Fingerprint(
          path: 0, size: entry.value, modified: -1, inode: 0, settings: 0)
        let fact = DoneFact(fingerprint: fingerprint, crc64: CRC64(value: .max), verified: true)
        return StatusSession.Entry(.done(verified: true), done: fact)
      }
      if entry.value.isMultiple(of: 7) {
        return StatusSession.Entry(.open(parts: 2), upload: upload)
      }
      return StatusSession.Entry(.failed(texts[entry.value]))
    }
  }

  private static func index(of texts: [String]) -> Int { texts.count / 2 }

  private static func read(_ texts: [String], _ format: ReportFormat) throws
    -> ReportReader.Reading
  {
    let directory = try TemporaryDirectory()
    let path = directory("report")
    let report = report(texts)
    try ReportFile(path).write { report.write(as: format, to: $0) }
    return try ReportReader.read(path, as: format.rawValue)
  }

  @Test func jsonGivesEveryTextBack() throws {
    let texts = Self.texts()
    let reading = try Self.read(texts, .json)
    #expect(reading.entries.count == texts.count)
    for (index, (entry, text)) in zip(reading.entries, texts).enumerated() {
      expect(entry, index, text) { $0 }
    }
    #expect(reading.head["planned"] == "\(texts.count)")
    let sum = ["done", "unchanged", "failed", "open", "pending"].reduce(0) {
      $0 + (Int(reading.head[$1] ?? "") ?? -1)
    }
    #expect(sum == texts.count)
    #expect(reading.head["run.exit_code"] == "1")
    #expect(reading.head["run.running"] == "false")
  }

  @Test func csvGivesEveryTextBackAndNoFormula() throws {
    let texts = Self.texts()
    let reading = try Self.read(texts, .csv)
    #expect(reading.entries.count == texts.count)
    for (index, (entry, text)) in zip(reading.entries, texts).enumerated() {
      expect(entry, index, text) { $0 }
    }
  }

  @Test func junitHoldsOnlyWhatXMLMayHold() throws {
    let texts = Self.texts()
    let reading = try Self.read(texts, .junit)
    #expect(reading.entries.count == texts.count)
    for (index, (entry, text)) in zip(reading.entries, texts).enumerated() {
      expect(entry, index, text, Self.inXML)
    }
    #expect(reading.head["name"] == Self.inXML(texts[Self.index(of: texts)]))
    #expect(reading.head["exit_code"] == "1")
  }

  @Test func htmlShowsTextsAndIsNoMarkup() throws {
    let texts = Self.texts()
    let reading = try Self.read(texts, .html)
    #expect(reading.entries.count == texts.count)
    let outcomes = reading.entries.map { $0["outcome"] ?? "" }
    #expect(outcomes == outcomes.sorted { Self.rank($0) < Self.rank($1) }, "failures come first")
    let keys = Dictionary(grouping: reading.entries) { $0["key"] ?? "" }
    for (index, text) in texts.enumerated() {
      let shown = Self.inHTML(text)
      let entry = try #require(keys["\(shown)/\(index)"]?.first, "\(text.debugDescription)")
      #expect(same(entry["file"], shown))
      if entry["outcome"] == "failed" { #expect(same(entry["detail"], shown)) }
    }
  }

  private static func rank(_ outcome: String) -> Int {
    ["failed", "open", "pending", "unchanged", "done"].firstIndex(of: outcome) ?? -1
  }

  /// Texts are compared by their bytes: to Swift, é is é however it is written.
  private func same(_ read: String?, _ text: String) -> Bool {
    (read ?? "").utf8.elementsEqual(text.utf8)
  }

  private func expect(
    _ entry: [String: String], _ index: Int, _ text: String, _ shown: (String) -> String
  ) {
    let name = Comment(rawValue: "\(index) \(text.debugDescription): \(entry)")
    #expect(same(entry["id"], shown("\(text)\(index)")), name)
    #expect(same(entry["key"], shown("\(text)/\(index)")), name)
    #expect(same(entry["file"], shown(text)), name)
    #expect(entry["line"] == "\(index + 1)", name)
    let outcome = index.isMultiple(of: 3) ? "done" : index.isMultiple(of: 7) ? "open" : "failed"
    #expect(entry["outcome"] == outcome, name)
    #expect(entry["crc64"] == (outcome == "done" ? "18446744073709551615" : nil), name)
    #expect(
      entry["modified"] == (outcome == "done" ? "1969-12-31T23:59:59.999Z" : nil), name)
    if outcome == "failed" { #expect(same(entry["error"], shown(text)), name) }
    #expect(entry["parts"] == (outcome == "open" ? "2" : nil), name)
  }

  private static func inXML(_ text: String) -> String {
    replaced(text) { value in
      value < 0x20 && ![9, 10, 13].contains(value) || value == 0xFFFE || value == 0xFFFF
        ? 0xFFFD : value
    }
  }

  private static func inHTML(_ text: String) -> String {
    replaced(text) { value in
      switch value {
      case 0..<0x20: 0x2400 + value
      case 0x7F: 0x2421
      case 0x80..<0xA0, 0xFFFE, 0xFFFF: 0xFFFD
      default: value
      }
    }
  }

  private static func replaced(_ text: String, _ map: (UInt32) -> UInt32) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      result.unicodeScalars.append(Unicode.Scalar(map(scalar.value)) ?? "?")
    }
    return result
  }
}
