/// The types of `contentTypeTable` by extension: a hash table of places in its text. It is made with the first object of
/// each run, so making it takes less than a small request: nothing is copied out of the text.
struct ContentTypeIndex: Sendable {
  private struct Slot {
    /// Where the extension stands in the text; 0, where no extension can be: the slot is empty.
    var start: UInt16 = 0
    var count: UInt16 = 0
    /// Where its type stands.
    var typeStart: UInt16 = 0
    var typeCount: UInt16 = 0
  }

  /// A power of two, and more than twice as many as there are extensions.
  private static let capacity = 2048

  private let text: [UInt8]
  private let slots: [Slot]

  /// Each line of the table is a type and its extensions in small letters, with one space between words.
  init(_ table: String) {
    text = Array(table.utf8)
    precondition(text.count <= UInt16.max, "the table is too long")
    var slots = [Slot](repeating: Slot(), count: Self.capacity)
    text.withUnsafeBufferPointer { text in
      slots.withUnsafeMutableBufferPointer { Self.fill($0, from: text) }
    }
    self.slots = slots
  }

  private static func fill(
    _ slots: UnsafeMutableBufferPointer<Slot>, from text: UnsafeBufferPointer<UInt8>
  ) {
    var type = 0..<0
    var wordStart = 0
    for place in 0...text.count {
      let isEnd = place == text.count || text[place] == UInt8(ascii: "\n")
      guard isEnd || text[place] == UInt8(ascii: " ") else { continue }
      if type.isEmpty {
        type = wordStart..<place
      } else {
        let word = UnsafeBufferPointer(rebasing: text[wordStart..<place])
        slots[Self.place(of: word, UnsafeBufferPointer(slots), text)] = Slot(
          start: UInt16(wordStart), count: UInt16(word.count),
          typeStart: UInt16(type.lowerBound), typeCount: UInt16(type.count))
      }
      if isEnd { type = 0..<0 }
      wordStart = place + 1
    }
  }

  /// The slot of this extension, in letters of any size, or the empty one where it would stand.
  private static func place(
    of word: UnsafeBufferPointer<UInt8>, _ slots: UnsafeBufferPointer<Slot>,
    _ text: UnsafeBufferPointer<UInt8>
  ) -> Int {
    // FNV-1a
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in word { hash = (hash ^ UInt64(small(byte))) &* 0x100_0000_01B3 }
    var place = Int(truncatingIfNeeded: hash >> 32) & (capacity - 1)
    while slots[place].start != 0, !holds(slots[place], word, text) {
      place = (place + 1) & (capacity - 1)
    }
    return place
  }

  private static func holds(
    _ slot: Slot, _ word: UnsafeBufferPointer<UInt8>, _ text: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    word.count == Int(slot.count)
      && word.indices.allSatisfy { text[Int(slot.start) + $0] == small(word[$0]) }
  }

  private static func small(_ letter: UInt8) -> UInt8 {
    (65...90).contains(letter) ? letter | 0x20 : letter
  }

  /// The type of an extension without its dot, in letters of any size.
  subscript(fileExtension: UnsafeBufferPointer<UInt8>) -> String? {
    text.withUnsafeBufferPointer { text in
      slots.withUnsafeBufferPointer { slots in
        let slot = slots[Self.place(of: fileExtension, slots, text)]
        guard slot.start != 0 else { return nil }
        let type = text[Int(slot.typeStart)..<Int(slot.typeStart) + Int(slot.typeCount)]
        return String(decoding: type, as: UTF8.self)
      }
    }
  }
}
