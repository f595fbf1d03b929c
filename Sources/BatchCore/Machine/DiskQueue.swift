/// What is to be sent from one disk to one target, and how much of it is read before its turn. Each disk has queues and
/// bounds of its own, so that one that is slow, or does not answer, keeps no other from being read and sent.
package struct DiskQueue: Sendable {
  /// Larger bodies are read as they are sent, from what the kernel has by then: only their beginnings are fetched.
  package static let largestFetch = 16 << 20
  /// Bodies up to this size are read whole, so that header and body leave in one send; until then they are in this
  /// program's memory. With twice as much, they take more of it than the upload buffers that they spare.
  package static let smallBody = 32 << 10
  private static let smallBytes = 1 << 20
  /// What the kernel has fetched of larger bodies is in its memory: little enough that it is still there when they
  /// are sent, and enough for a disk to be busy.
  private static let largeBytes = 64 << 20

  struct Next: Sendable {
    var item: ReadyQueue.Item
    /// One of an upload, or an object whole.
    var isPart: Bool
  }

  /// The name of the disk, and the number of the target.
  let name: UInt64
  let lane: Int
  /// Small objects, for their one Put.
  var puts = ReadyQueue()
  /// Active uploads with unsent parts.
  var transfers = ReadyQueue()
  /// Objects in parts, and objects with an old upload, that are not active yet.
  var candidates = ReadyQueue()
  /// Unsent parts of active uploads by priority, those whose upload is being opened included.
  var pledgedParts: [Int: Int] = [:]
  /// Bodies that are being read, or have been and are not sent yet; and their bytes.
  private(set) var ahead = 0
  private var smallAhead = 0
  private var largeAhead = 0
  /// From when half of what may be read ahead has gone until it is there again: several bodies are handed over at the
  /// price of one.
  private var isFilling = false

  init(name: UInt64, lane: Int) {
    self.name = name
    self.lane = lane
  }

  /// Nothing waits to be read.
  var isEmpty: Bool { puts.isEmpty && transfers.isEmpty && candidates.isEmpty }

  /// Work ahead that is as urgent as this: less urgent work does not keep more urgent work waiting.
  func pledgedParts(atLeast priority: Int) -> Int {
    pledgedParts.reduce(0) { $1.key >= priority ? $0 + $1.value : $0 }
  }

  /// What is to be read now, if anything, where `limit` bodies may be read ahead. It stays in its queue.
  mutating func next(limit: Int) -> Next? {
    guard let next = first else { return nil }
    guard hasRoom(limit: limit) else {
      isFilling = false
      return nil
    }
    if ahead <= limit / 2 { isFilling = true }
    return isFilling || next.isPart || next.item.remaining > Self.smallBody ? next : nil
  }

  private var first: Next? {
    switch (transfers.first, puts.first) {
    case (nil, nil): nil
    case (let part?, let put?) where part.precedes(put): Next(item: part, isPart: true)
    case (let part?, nil): Next(item: part, isPart: true)
    case (_, let put?): Next(item: put, isPart: false)
    }
  }

  private func hasRoom(limit: Int) -> Bool {
    ahead < limit && smallAhead < Self.smallBytes && largeAhead < Self.largeBytes
  }

  /// It could be read more of: for the check that no disk idles meanwhile.
  func idles(limit: Int) -> Bool { first != nil && hasRoom(limit: limit) && ahead <= limit / 2 }

  /// A body of so many bytes is being read.
  mutating func began(bytes: Int) { count(1, bytes) }

  /// It is being sent, or has been given up.
  mutating func ended(bytes: Int) { count(-1, bytes) }

  private mutating func count(_ sign: Int, _ bytes: Int) {
    ahead += sign
    if bytes <= Self.smallBody {
      smallAhead += sign * bytes
    } else {
      largeAhead += sign * min(bytes, Self.largestFetch)
    }
  }
}
