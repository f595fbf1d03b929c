/// The keys of one kind of mapping. The raw value is the place in `descriptions`.
protocol ManifestKey: RawRepresentable<Int>, CaseIterable, Hashable, Sendable {
  static var descriptions: [KeyDescription] { get }
}

extension ManifestKey {
  var description: KeyDescription { Self.descriptions[rawValue] }
  /// As the manifest writes it.
  var name: String { description.name }
  var range: ClosedRange<Int> { description.kind.range }
}

/// What may stand in a mapping: found by comparing bytes, so that no String is made for a known key.
struct KeyTable<Key: ManifestKey>: Sendable {
  private struct Row: Sendable {
    var name: [UInt8]
    var head: UInt64
    var key: Key
  }

  let kind: MappingKind
  private let rows: [Row]

  init(_ kind: MappingKind) {
    self.kind = kind
    rows = Key.allCases.filter { $0.description.places.contains(kind) }.map { key in
      let name = Array(key.name.utf8)
      return name.withUnsafeBufferPointer { Row(name: name, head: Self.head($0), key: key) }
    }
  }

  var names: [String] { rows.map(\.key.name) }

  func ignores(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    kind.ignoredPrefix.map { name.starts(with: $0.utf8) } ?? false
  }

  func key(_ name: UnsafeBufferPointer<UInt8>) -> Key? {
    let head = Self.head(name)
    for row in rows where row.head == head && row.name.elementsEqual(name) { return row.key }
    return nil
  }

  /// Length and first bytes in one number: most names differ in it.
  private static func head(_ name: UnsafeBufferPointer<UInt8>) -> UInt64 {
    name.prefix(7).reduce(UInt64(truncatingIfNeeded: name.count)) { $0 << 8 | UInt64($1) }
  }
}
