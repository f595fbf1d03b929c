import BatchCore
import BatchManifest
import Testing

/// Manifests are YAML 1.2, of which JSON is a part, although libyaml reads YAML 1.1.
@Suite struct YAMLVersionTests {
  /// As Python's json.dumps writes it.
  @Test func jsonIsAManifest() throws {
    let manifest = try read(
      #"""
      {"version": 1, "target": {"bucket": "backups", "prefix": "\uD83C\uDF89/"},
       "entries": [
        {"file": "caf\u00e9/\ud83d\ude00\/\ud83d\udc69\u200d\ud83d\udcbb.txt", "key": "\ud800\udc00\udbff\udfff",
         "metadata": {"m": "\\ud83d\\ude00 \\\ud83d\ude00 \"\ud83d\ude00\""}}]}
      """#)
    #expect(manifest.entry(0).file == "conf/café/😀/👩‍💻.txt")
    #expect(manifest.entry(0).key == "🎉/\u{10000}\u{10FFFF}")
    #expect(manifest.headers(0) == ["x-oss-meta-m": #"\ud83d\ude00 \😀 "😀""#])
  }

  @Test func elsewhereABackslashIsABackslash() throws {
    let entries = try readEntries(
      #"""
        # "\ud83d\ude00"
        - file: \ud83d\ude00
          key: 'a"\ud83d\ude00"' # "\ud83d\ude00
        - file: it"s\ud83d\ude00"
            "\ud83d\ude00"
          key: |-
            "\ud83d\ude00"
              # \U0010ffff
        - file: >-
            \ud83d
            \ude00\ud83d\ude00
          key: a

      """#)
    #expect(entries[0].file == #"conf/\ud83d\ude00"#)
    #expect(entries[0].key == #"a"\ud83d\ude00""#)
    #expect(entries[1].file == #"conf/it"s\ud83d\ude00" "\ud83d\ude00""#)
    #expect(entries[1].key == "\"\\ud83d\\ude00\"\n  # \\U0010ffff")
    #expect(entries[2].file == #"conf/\ud83d \ude00\ud83d\ude00"#)
  }

  @Test func keysOfMappingsMayBeEscaped() throws {
    let manifest = try read(
      #"{"version": 1, "target": {"bucket": "backups"}, "templates": {"\ud83d\ude00": {"acl": "private"}},"#
        + #" "entries": [{"file": "a", "key": "a", "use": "😀"}]}"#)
    #expect(manifest.headers(0) == ["x-oss-object-acl": "private"])
  }

  /// They end no line: not in a text, where they would be folded, and not in a comment, of which the rest would be content.
  @Test(arguments: ["\u{85}", "\u{2028}", "\u{2029}"])
  func separatorsAreCharactersLikeOthers(_ separator: String) throws {
    let entries = try readEntries(
      """
        # a comment\(separator)  - {file: x, key: x}
        - file: \(separator)a\(separator) b\(separator)
          key: "\(separator)a \(separator)\(separator)
            b\(separator)"
        - file: '\(separator)a'
          key: |
            \(separator)a\(separator)
             b
        - file: "a\\N\\L\\P\\u2028\(separator)"
          key: >-
            a\(separator)

            b

      """)
    #expect(entries[0].file == "conf/\(separator)a\(separator) b\(separator)")
    #expect(entries[0].key == "\(separator)a \(separator)\(separator) b\(separator)")
    #expect(entries[1].file == "conf/\(separator)a")
    #expect(entries[1].key == "\(separator)a\(separator)\n b\n")
    #expect(entries[2].file == "conf/a\u{85}\u{2028}\u{2029}\u{2028}\(separator)")
    #expect(entries[2].key == "a\(separator)\nb")
  }

  /// A file is read by pieces, and what is replaced may lie in two of them.
  @Test func piecesMayEndAnywhere() throws {
    let name = #"\\\ud83d\ude00"# + "\u{2028}\u{10FFFC}\u{85}" + #"\U0010FFFC\\ud83d\ude00"#
    for length in stride(from: 16_200, through: 16_400, by: 1) {
      let comment = "#" + String(repeating: "é", count: length / 2) + (length % 2 == 0 ? "" : "x")
      let errors = #expect(throws: ManifestErrors.self) {
        try read(comment + "\nversion: 1\nentries: [{file: \"\(name)\", kye: x}]\n")
      }
      #expect(errors?.diagnostics.first?.message.hasPrefix("this escape") == true)
      let good = name.dropLast(6)
      let manifest = try read(
        comment
          + "\nversion: 1\ntarget: {bucket: backups}\nentries: [{file: \"\(good)\", key: x}]\n")
      let expected = "conf/\\😀\u{2028}\u{10FFFC}\u{85}\u{10FFFC}\\ud83d"
      #expect(manifest.entry(0).file == expected, "\(length)")
    }
  }

  private struct Piece {
    /// In double quotes.
    var source: String
    var meaning: String
  }

  private static let pieces: [Piece] =
    [
      Piece(source: #"\ud83d\ude00"#, meaning: "😀"),
      Piece(source: #"\uDBFF\uDFFC"#, meaning: "\u{10FFFC}"),
      Piece(source: #"\\"#, meaning: #"\"#), Piece(source: #"\u005C"#, meaning: #"\"#),
      Piece(source: #"\U0010fffC"#, meaning: "\u{10FFFC}"),
      Piece(source: #"\U0010FFFF"#, meaning: "\u{10FFFF}"),
      Piece(source: #"\u0075"#, meaning: "u"), Piece(source: #"\x75"#, meaning: "u"),
      Piece(source: #"\L"#, meaning: "\u{2028}"), Piece(source: #"\N"#, meaning: "\u{85}"),
    ]
    + [
      "u", "U", "d83d", "ud83d", "ude00", "U0010fffc", "\u{10FFFC}", "\u{10FFFD}", "\u{10FFFE}",
      "\u{10FFFF}", "\u{2028}",
      "\u{2029}", "\u{85}", "é", "—", "\u{10FFFB}", "x",
    ].map { Piece(source: $0, meaning: $0) }

  /// Whatever stands side by side: in double quotes an escape is its character, elsewhere its letters.
  @Test(arguments: 0..<20) func nothingElseChanges(_ seed: UInt64) throws {
    var random = SeededGenerator(state: seed)
    for _ in 0..<50 {
      let texts = (0..<Int.random(in: 1...9, using: &random)).map { _ in
        Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &random)]
      }
      let source = texts.map(\.source).joined()
      let entries = try readEntries(
        """
          - {file: a, key: "k\(source)"}
          - {file: a, key: 'k\(source)''s'}
          - file: k\(source)
            key: |-
              b\(source)

        """)
      let place = "seed \(seed): \(source.debugDescription)"
      #expect(
        ExactText(entries[0].key) == ExactText("k" + texts.map(\.meaning).joined()), "\(place)")
      #expect(ExactText(entries[1].key) == ExactText("k\(source)'s"), "\(place)")
      #expect(ExactText(entries[2].file) == ExactText("conf/k\(source)"), "\(place)")
      #expect(ExactText(entries[2].key) == ExactText("b" + source), "\(place)")
    }
  }

  @Test(arguments: [
    (#"\ud83d"#, 0), (#"😀\ud83dx"#, 1), (#"x\ude00"#, 1), (#"\ude00\ud83d"#, 0),
    (#"\ud83d\ud83d\ude00"#, 0),
    (#"\\\ud83d"#, 2), (#"\ud83d\\ude00"#, 0), (#"\ud83d\ude0"#, 0), (#"\ud83d\ude00\ud83d"#, 12),
    (#"\U0000d83d\U0000de00"#, 0), (#"\U00110000"#, 0),
  ])
  func halfOfAPairIsAnError(_ text: String, _ column: Int) {
    let errors = #expect(throws: ManifestErrors.self) {
      try readEntries("  - {file: \"\(text)\", key: a}\n")
    }
    let first = errors?.diagnostics.first
    #expect(first?.place == SourcePlace(line: 4, column: 13 + column))
    #expect(first?.message.hasPrefix("this escape is no character: ") == true)
  }
}
