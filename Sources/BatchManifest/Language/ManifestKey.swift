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
  // No kind of mapping has more than 32 keys. (In place, as whatever refers to memory is destroyed by way of its type; and types of generic tables come to be while
  // the program runs, one for each kind of key.)
  private var rows = InlineArray<32, KeyRow>(repeating: KeyRow(head: 0, key: 0))
  private var count = 0

  init(_ kind: MappingKind) {
    self.kind = kind
    for (index, description) in Key.descriptions.enumerated()
    where description.places.contains(kind) {
      var name = description.name
      rows[count] = KeyRow(head: name.withUTF8(Self.head), key: index)
      count += 1
    }
  }

  var names: [String] { (0..<count).map { Key.descriptions[rows[$0].key].name } }

  func ignores(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    kind.ignoredPrefix.map { name.starts(with: $0.utf8) } ?? false
  }

  func key(_ name: UnsafeBufferPointer<UInt8>) -> Key? {
    let head = Self.head(name)
    for index in 0..<count where rows[index].head == head {
      let key = rows[index].key
      if Key.descriptions[key].name.utf8.elementsEqual(name) { return Key(rawValue: key) }
    }
    return nil
  }

  /// Length and first bytes in one number: most names differ in it.
  private static func head(_ name: UnsafeBufferPointer<UInt8>) -> UInt64 {
    name.prefix(7).reduce(UInt64(truncatingIfNeeded: name.count)) { $0 << 8 | UInt64($1) }
  }
}

private struct KeyRow: Sendable {
  /// Length and first bytes of the name.
  var head: UInt64
  /// Place in `descriptions`.
  var key: Int
}
