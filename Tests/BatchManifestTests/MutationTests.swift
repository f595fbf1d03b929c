import BatchCore
import BatchManifest
import Testing

/// Damaged manifests: whatever the bytes, the reader ends, and its errors point into the file.
@Suite struct MutationTests {
  private static let seedText = """
    version: 1
    name: "nightly \\u00e9"
    x-common: &common {acl: private, headers: {Cache-Control: 'no-store'}}
    targets:
      near: &near {bucket: backups, endpoint: "https://oss-cn-hangzhou.aliyuncs.com", prefix: 日志/}
      far: {<<: *near, bucket: archive}
    concurrency: 32
    defaults: {target: near, part_size: 8MiB, tags: {env: prod}}
    entries:
      - <<: [*common, {retries: 3}]
        file: dumps/orders.zst   # a comment
        key: orders$$.zst
        encryption: {algorithm: KMS, key_id: k1}
      - file: >-
          folded
          name
        key: |-
          literal
        metadata: {host: ~, n: 007}
        content_md5: true
      - {id: marker, file: dumps/SUCCESS, key: "S\\tU", target: far, priority: -1}

    """

  private static let fragments: [[UInt8]] = [
    "&a ", "*a", "*common", "<<: ", "- ", ": ", "{", "}", "[", "]", "\"", "'", "|", ">", "\t", "\n",
    "\r", "#", "%YAML", "---\n", "...\n", "? ", "!", "!!str ", "${x}", "~", "\u{2028}", "\u{85}",
    "\\ud83d\\ude00", "\\ud83d", "\u{10FFFC}", "\\U0010FFFC", "\\\\",
    "\u{FEFF}", "🎉",
  ].map { Array($0.utf8) }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let position = Int.random(in: 0..<max(1, bytes.count), using: &random)
    let length = min(bytes.count - position, Int.random(in: 0...12, using: &random))
    switch Int.random(in: 0...4, using: &random) {
    case 0 where !bytes.isEmpty: bytes[position] = UInt8.random(in: 0...255, using: &random)
    case 1: bytes.removeSubrange(position..<position + length)
    case 2: bytes.insert(contentsOf: bytes[position..<position + length], at: position)
    case 3: bytes = Array(bytes[..<position])
    default:
      guard let fragment = Self.fragments.randomElement(using: &random) else { return }
      bytes.insert(contentsOf: fragment, at: min(position, bytes.count))
    }
  }

  @Test(arguments: 0..<8) func damageIsAlwaysAnswered(_ seed: UInt64) {
    var random = SeededGenerator(state: seed)
    for round in 0..<500 {
      var bytes = Array(Self.seedText.utf8)
      for _ in 0...Int.random(in: 0...3, using: &random) { mutate(&bytes, &random) }
      do throws(ManifestErrors) {
        let manifest = try ManifestReader.read(
          bytes: bytes, path: "m.yaml", in: testContext())
        #expect(!manifest.targets.isEmpty)
      } catch {
        let lines = bytes.count + 2
        #expect(error.count > 0, "seed \(seed), round \(round)")
        #expect(error.diagnostics.allSatisfy { (1...lines).contains($0.place?.line ?? 0) })
        #expect(DiagnosticRenderer.render(error).hasPrefix("m.yaml:"))
      }
    }
  }

  /// What a manifest means, as far as no line numbers stand in it.
  private struct Meaning: Equatable {
    var keys: [String] = []
    var files: [String] = []
    var errors = 0
    var places: [SourcePlace] = []
    var messages: [String] = []

    /// `line`: the line of the damaged text that a line of `bytes` is.
    init(_ bytes: [UInt8], line: (Int) -> Int = { $0 }) {
      do throws(ManifestErrors) {
        let entries = try ManifestReader.read(bytes: bytes, path: "m.yaml", in: testContext())
          .entries
        keys = entries.indices.map { entries.key(EntryIndex($0)) }
        files = entries.indices.map { entries.file(EntryIndex($0)) }
      } catch {
        errors = error.count
        messages = error.diagnostics.map(\.message)
        places = error.diagnostics.compactMap(\.place).map {
          SourcePlace(line: line($0.line), column: $0.column)
        }
      }
    }
  }

  /// A long manifest is parsed by another thread, in batches that end anywhere: that must change nothing.
  @Test(arguments: 0..<4) func damageIsAnsweredAlikeInLongManifests(_ seed: UInt64) {
    let comments = 660
    let comment = String(
      repeating: "#" + String(repeating: " long", count: 20) + "\n", count: comments)
    let first = "version: 1\n"
    var random = SeededGenerator(state: seed)
    for round in 0..<60 {
      var bytes = Array(Self.seedText.utf8)
      for _ in 0...Int.random(in: 0...3, using: &random) { mutate(&bytes, &random) }
      // (What stands before may mean something for what comes behind it.)
      guard bytes.starts(with: (first + "name: ").utf8) else { continue }
      let ignored = Int.random(in: 150...700, using: &random)
      let padding = "x-ignored: [" + String(repeating: "1,", count: ignored) + "]\n"
      let long = Array((comment + first + padding).utf8) + bytes.dropFirst(first.utf8.count)
      let meaning = Meaning(long) { $0 > comments + 1 ? $0 - comments - 1 : $0 - comments }
      #expect(meaning == Meaning(bytes), "seed \(seed), round \(round)")
    }
  }

  @Test func theUndamagedTextIsValid() throws {
    #expect(try read(Self.seedText).entries.count == 3)
  }
}
