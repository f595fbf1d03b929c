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
  let kind: MappingKind
  private let rows: [KeyRow]

  init(_ kind: MappingKind) {
    self.kind = kind
    var rows: [KeyRow] = []
    for (index, description) in Key.descriptions.enumerated()
    where description.places.contains(kind) {
      var name = description.name
      rows.append(
        name.withUTF8 { KeyRow(name: Array($0), head: Self.head($0), key: index) })
    }
    self.rows = rows
  }

  var names: [String] { rows.map { Key.descriptions[$0.key].name } }

  func ignores(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    kind.ignoredPrefix.map { name.starts(with: $0.utf8) } ?? false
  }

  func key(_ name: UnsafeBufferPointer<UInt8>) -> Key? {
    let head = Self.head(name)
    for row in rows where row.head == head {
      if name.count <= Self.headLength || row.name.elementsEqual(name) {
        return Key(rawValue: row.key)
      }
    }
    return nil
  }

  private static var headLength: Int { 7 }

  /// Length and first bytes in one number: a short name whole, and most longer ones differ in it.
  private static func head(_ name: UnsafeBufferPointer<UInt8>) -> UInt64 {
    name.prefix(headLength).reduce(UInt64(truncatingIfNeeded: name.count)) { $0 << 8 | UInt64($1) }
  }
}

/// (Not a type of the generic table: such types come to be while the program runs, one for each kind of key.)
private struct KeyRow: Sendable {
  var name: [UInt8]
  /// Length and first bytes of the name.
  var head: UInt64
  /// Place in `descriptions`.
  var key: Int
}
