/// Writes mappings and lists in YAML's block style, line by line.
struct YAMLWriter {
  enum Value {
    /// Text of the manifest's language, in which dollar signs are doubled.
    case text(String)
    case texts([String])
    /// A number, a size, a word of a choice: what needs no quotes.
    case literal(String)
    case null
  }

  /// A key without `? ` before it must end within 1,024 characters (YAML 1.2 §7.4.2).
  private static let longestSimpleKey = 1_000

  private(set) var bytes: [UInt8] = []
  /// How many collections the next line stands in.
  private var depth: Int
  /// The next line is the first of an item.
  private var beginsItem = false

  init(depth: Int = 0) { self.depth = depth }

  mutating func add(_ key: some ManifestKey, _ value: Value) { add(key.name, value) }

  /// A pair of a mapping; `name` as it stands for itself.
  mutating func add(_ name: String, _ value: Value) {
    begin(name)
    bytes.append(UInt8(ascii: " "))
    switch value {
    case .text(let text): append(text)
    case .literal(let text): bytes.append(contentsOf: text.utf8)
    case .null: bytes.append(contentsOf: "null".utf8)
    case .texts(let texts):
      bytes.append(UInt8(ascii: "["))
      for (position, text) in texts.enumerated() {
        if position > 0 { bytes.append(contentsOf: ", ".utf8) }
        append(text)
      }
      bytes.append(UInt8(ascii: "]"))
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  /// A pair whose value is a mapping or a list of what `body` writes: at least one line.
  mutating func nest(_ name: String, _ body: (inout YAMLWriter) -> Void) {
    open(name)
    depth += 1
    body(&self)
    depth -= 1
  }

  /// As `nest`, where the lines follow by themselves.
  mutating func open(_ name: String) {
    begin(name)
    bytes.append(UInt8(ascii: "\n"))
  }

  /// An item of a list: a mapping of what `body` writes.
  mutating func item(_ body: (inout YAMLWriter) -> Void) {
    beginsItem = true
    depth += 1
    body(&self)
    depth -= 1
  }

  private mutating func append(_ text: String) {
    YAMLScalar.append(Interpolation.written(text), to: &bytes)
  }

  private mutating func begin(_ name: String) {
    indent()
    let start = bytes.count
    YAMLScalar.append(name, to: &bytes)
    if bytes.count - start > Self.longestSimpleKey {
      bytes.insert(contentsOf: "? ".utf8, at: start)
      bytes.append(UInt8(ascii: "\n"))
      indent()
    }
    bytes.append(UInt8(ascii: ":"))
  }

  private mutating func indent() {
    let spaces = 2 * (beginsItem ? depth - 1 : depth)
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: spaces))
    if beginsItem { bytes.append(contentsOf: "- ".utf8) }
    beginsItem = false
  }
}
