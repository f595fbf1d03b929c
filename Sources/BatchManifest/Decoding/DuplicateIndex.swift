/// Finds texts that come twice among millions, in 16 bytes for each when every row has one, else in 20: the texts
/// themselves stay in the entry table, and are compared only when 32 bits of their hash agree.
struct DuplicateIndex {
  /// Open addressing with linear probing: 32 bits of the hash, and the ordinal + 1; 0 is free.
  private var slots = ContiguousArray<UInt64>(repeating: 0, count: 64)
  /// Of each ordinal; nil: it is the ordinal itself.
  private var rows: ContiguousArray<UInt32>?
  private var places: ContiguousArray<SourcePlace> = []

  struct Found {
    var row: Int
    var place: SourcePlace
  }

  /// Where the same text was inserted before; if nowhere, it is inserted as that of `row`.
  mutating func insert(
    hash: Int, row: Int, at place: SourcePlace, isSame: (_ row: Int) -> Bool
  ) -> Found? {
    if (places.count + 1) * 4 > slots.count * 3 { grow() }
    let bits = UInt64(UInt(bitPattern: hash))
    var slot = index(bits)
    while slots[slot] != 0 {
      let ordinal = Int(slots[slot] & 0xFFFF_FFFF) - 1
      if slots[slot] >> 32 == bits >> 32, isSame(self.row(ordinal)) {
        return Found(row: self.row(ordinal), place: places[ordinal])
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    if rows == nil, row != places.count { rows = ContiguousArray(0..<UInt32(places.count)) }
    rows?.append(UInt32(row))
    places.append(place)
    slots[slot] = (bits >> 32) << 32 | UInt64(places.count)
    return nil
  }

  /// The row in which a text is; nil when it was not inserted.
  func row(hash: Int, isSame: (_ row: Int) -> Bool) -> Int? {
    let bits = UInt64(UInt(bitPattern: hash))
    var slot = index(bits)
    while slots[slot] != 0 {
      let row = self.row(Int(slots[slot] & 0xFFFF_FFFF) - 1)
      if slots[slot] >> 32 == bits >> 32, isSame(row) { return row }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private func row(_ ordinal: Int) -> Int { rows.map { Int($0[ordinal]) } ?? ordinal }

  /// Only the kept half of the hash decides, so that the table can grow without the texts.
  private func index(_ bits: UInt64) -> Int { Int(bits >> 32) & (slots.count - 1) }

  private mutating func grow() {
    let old = slots
    slots = ContiguousArray(repeating: 0, count: old.count * 2)
    for value in old where value != 0 {
      var slot = index(value)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = value
    }
  }
}
