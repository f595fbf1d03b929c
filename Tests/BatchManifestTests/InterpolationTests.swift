import BatchCore
import BatchManifest
import Testing

@Suite struct InterpolationTests {
  private let environment = ["SET": "value", "EMPTY": "", "DOLLARS": "${SET} $$", "RETRIES": "3"]

  private func key(_ text: String) throws(ManifestErrors) -> String {
    let manifest = try read(
      """
      version: 1
      target: {bucket: backups}
      vars: {host: db1, none: ""}
      entries:
        - file: dumps/orders.sql.zst
          key: \(text)
      """, in: testContext(environment))
    return manifest.entry(0).key
  }

  /// The forms of Compose files.
  @Test(arguments: [
    ("${SET}", "value"), ("a${SET}b${SET}", "avaluebvalue"), ("x${EMPTY}", "x"),
    ("${SET:-d}", "value"), ("${UNSET:-d}", "d"), ("${EMPTY:-d}", "d"), ("${UNSET:-}x", "x"),
    ("${SET-d}", "value"), ("${UNSET-d}", "d"), ("${EMPTY-d}x", "x"),
    ("${SET:?m}", "value"), ("x${EMPTY?m}", "x"),
    ("${SET:+a}", "a"), ("x${UNSET:+a}", "x"), ("x${EMPTY:+a}", "x"), ("${EMPTY+a}", "a"),
    ("${UNSET:-${ALSO:-${SET}}}", "value"), ("${UNSET:-a${SET}b}", "avalueb"),
    ("${SET:+<${SET}>}", "<value>"),
    ("$$", "$"), ("$${SET}", "${SET}"), ("$$$${SET}", "$${SET}"), ("cost$5", "cost$5"),
    ("${UNSET:-$${SET}}", "${SET}"),
    ("${vars.host}", "db1"), ("${vars.none:-d}", "d"), ("${vars.host:+has}", "has"),
  ])
  func theFormsMeanWhatComposeUsersKnow(_ text: String, _ expected: String) throws {
    #expect(try key("\"\(text)\"") == expected)
  }

  @Test(arguments: [
    ("${run.date}", "2026-01-31"), ("${run.time}", "235958"), ("${run.id}", "9f3c5a1e00d27b44"),
    ("${run.date:%Y/%m/%d}", "2026/01/31"), ("${run.time:%H-%M}", "23-59"),
    ("${run.date:%a %b %j %V %s %%}", "Sat Jan 031 05 1769903998 %"),
    (
      "x${run.date:" + String(repeating: "%F", count: 32) + "}y",
      "x" + String(repeating: "2026-01-31", count: 32) + "y"
    ),
  ])
  func theRunIsThatOfTheContext(_ text: String, _ expected: String) throws {
    #expect(try key("\"\(text)\"") == expected)
  }

  @Test(arguments: [
    ("${file.path}", "dumps/orders.sql.zst"), ("${file.name}", "orders.sql.zst"),
    ("${file.stem}", "orders.sql"), ("${file.ext}", "zst"), ("${file.dir}", "dumps"),
  ])
  func theFileIsThatOfTheEntry(_ text: String, _ expected: String) throws {
    #expect(try key(text) == expected)
  }

  /// Flow mappings demand the quotes; without `${…}` in them they make a text of what they hold.
  @Test func inQuotesItStillIsANumberOrABoolean() throws {
    let manifest = try read(
      """
      version: 1
      target: {bucket: backups}
      concurrency: "${RETRIES}0"
      entries:
        - {file: a, key: a, retries: "${RETRIES}", part_size: "${UNSET:-1}MiB", content_md5: "${UNSET:-true}"}
        - {file: b, key: b, retries: '${UNSET:-5}', priority: "-${RETRIES}", content_md5: "${UNSET:-False}"}
      """, in: testContext(environment))
    #expect(manifest.concurrency == 30)
    #expect(manifest.settings(0).retries == 3)
    #expect(manifest.settings(0).contentMD5)
    #expect(manifest.settings(1).retries == 5)
    #expect(!manifest.settings(1).contentMD5)
    #expect(manifest.entry(1).priority == -3)
  }

  @Test(arguments: ["\"5\"", "!!str ${UNSET:-5}", "!!str \"${UNSET:-5}\"", "\"$$5\""])
  func otherQuotesMakeAText(_ retries: String) {
    #expect(throws: ManifestErrors.self) {
      try readEntries("  - file: a\n    key: a\n    retries: \(retries)\n")
    }
  }

  @Test func whatStandsBehindCountsForTheLength() {
    let longest = String(repeating: "x", count: 1 << 16)
    for text in ["${SET}" + longest, longest + "${SET}"] {
      #expect(throws: ManifestErrors.self) {
        try read(
          "version: 1\ntarget: {bucket: backups}\nvars: {long: \"\(text)\"}\nentries: []\n",
          in: testContext(environment))
      }
    }
  }

  @Test func whatIsPutInIsTextAndNothingElse() throws {
    #expect(try key("${DOLLARS}") == "${SET} $$")
    let manifest = try read(
      """
      version: 1
      target: {bucket: backups}
      vars: {text: "a: b, {c}  # ${DOLLARS}"}
      entries: [{file: a, key: "${vars.text}"}]
      """, in: testContext(environment))
    #expect(manifest.entry(0).key == "a: b, {c}  # ${SET} $$")
  }

  @Test func everyKindOfValueTakesIt() throws {
    let manifest = try read(
      """
      version: 1
      name: ${vars.name}-${run.date}
      concurrency: ${JOBS:-7}
      vars: {name: nightly, class: IA, size: 16MiB}
      target: {bucket: "${vars.name}", prefix: "${run.date:%Y}/"}
      entries:
        - file: ${vars.name}/a
          key: b
          id: ${vars.name}-${file.name}
          retries: ${RETRIES}
          storage_class: ${vars.class}
          part_size: ${vars.size}
          content_md5: ${MD5:-true}
          headers: {x-a: "${file.ext:-none}"}
          tags: {name: "${file.name}"}
      """, in: testContext(environment))
    #expect(manifest.name == "nightly-2026-01-31")
    #expect(manifest.concurrency == 7)
    #expect(manifest.targets[0].bucket == "nightly")
    #expect(manifest.entry(0).key == "2026/b")
    #expect(manifest.entry(0).id == "nightly-a")
    #expect(manifest.settings(0).retries == 3)
    #expect(manifest.settings(0).partSize == .fixed(16 << 20))
    #expect(manifest.settings(0).contentMD5)
    let headers = ["x-a": "none", "x-oss-storage-class": "IA", "x-oss-tagging": "name=a"]
    #expect(manifest.headers(0) == headers)
  }

  @Test func variablesMayStandBehindTheirUseAndEachOther() throws {
    let manifest = try read(
      """
      version: 1
      entries: [{file: a, key: "${vars.a}"}]
      target: {bucket: backups, prefix: "${vars.b}/"}
      vars: {a: "1${vars.b}", b: "2${vars.c}", c: "${SET}"}
      """, in: testContext(environment))
    #expect(manifest.entry(0).key == "2value/12value")
  }

  @Test func setReplacesAVariable() throws {
    let text = """
      version: 1
      target: {bucket: backups}
      vars: {a: "${NOT_SET}", b: "<${vars.a}>", host: x}
      entries: [{file: a, key: "${vars.b}"}]
      """
    let manifest = try read(text, in: testContext(set: [("a", "1"), ("a", "${x}")]))
    #expect(manifest.entry(0).key == "<${x}>")
    let errors = #expect(throws: ManifestErrors.self) {
      try read(text, path: "m.yaml", in: testContext(set: [("a", "1"), ("hots", "2")]))
    }
    let expected = """
      m.yaml: error: --set hots=…: there is no "hots" in vars
      note: did you mean "host"?

      """
    #expect(DiagnosticRenderer.render(try #require(errors)) == expected)
  }

  /// Only who asks is told, so that others need not look.
  @Test func theRunIsAskedForOnlyWhenItIsUsed() throws {
    for (key, isUsed) in [("a", false), ("$${run.id}", false), ("${run.id}", true)] {
      let context = testContext()
      _ = try read(
        "version: 1\ntarget: {bucket: backups}\nentries: [{file: a, key: \"\(key)\"}]\n",
        in: context)
      #expect((context.run.asked != nil) == isUsed)
    }
  }

  /// As one line of JSON, whatever its length and its escapes.
  @Test func thePlaceIsThatOfTheReference() {
    let text =
      #"{"version": 1, "target": {"bucket": "backups"}, "x-long": ""#
      + String(repeating: #"\u00e9 \ud83d\ude00 ${X} "#, count: 5_000)
      + #"", "entries": [{"file": "a", "key": "\ud83d\ude00\n$${X} ${SET}${UNSET}"}]}"#
    let errors = #expect(throws: ManifestErrors.self) {
      try read(text, in: testContext(environment))
    }
    let column = text.count - "${UNSET}\"}]}".count + 1
    #expect(errors?.diagnostics.map(\.place) == [SourcePlace(line: 1, column: column)])
  }
}
