/// Many short texts in few pieces of memory. It grows by whole blocks: one array that doubles would
/// need, while it grows, three times what it holds.
struct TextArena: Sendable {
  /// Where a group of texts begins.
  struct Place: Sendable {
    fileprivate var block: UInt32
    fileprivate var offset: UInt32
  }

  private static let blockSize = 1 << 20

  private var blocks: [ContiguousArray<UInt8>] = []

  /// Puts texts one behind the other, in one block.
  mutating func append(_ first: String, _ second: String, _ third: String) -> Place {
    let length = first.utf8.count + second.utf8.count + third.utf8.count
    if blocks.last.map({ $0.count + length > Self.blockSize }) ?? true {
      var block = ContiguousArray<UInt8>()
      block.reserveCapacity(max(Self.blockSize, length))
      blocks.append(block)
    }
    let last = blocks.count - 1
    let place = Place(block: UInt32(last), offset: UInt32(blocks[last].count))
    blocks[last].append(contentsOf: first.utf8)
    blocks[last].append(contentsOf: second.utf8)
    blocks[last].append(contentsOf: third.utf8)
    return place
  }

  /// The bytes `offset` to `offset` + `length` behind a place.
  func text(_ place: Place, _ offset: Int, _ length: Int) -> String {
    let start = Int(place.offset) + offset
    return String(decoding: blocks[Int(place.block)][start..<start + length], as: UTF8.self)
  }
}
