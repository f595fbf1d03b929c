internal import CLibCurl
internal import Glibc
internal import Platform

/// Where libcurl takes its memory from. It takes an upload buffer with every request and gives it back at
/// its end; the general allocator returns one of that size to the system each time, and so each of its pages
/// costs a fault with the next request: 8 % of the time of a run of middling files. Here the buffer that was given
/// back last is the first to be taken again, its pages in place. Everything else comes from the general allocator.
enum LibcurlMemory {
  /// Sizes that are taken from the pool: upload buffers, and what is as large.
  private static let pooled = (UploadBufferPool.blockBytes / 2 + 1)...UploadBufferPool.blockBytes

  static func initialize() -> Bool {
    curl_global_init_mem(
      Int(CURL_GLOBAL_DEFAULT),
      { LibcurlMemory.allocate($0) },
      { LibcurlMemory.free($0) },
      { LibcurlMemory.reallocate($0, $1) },
      { $0.flatMap { strdup($0) } },
      { calloc($0, $1) }) == CURLE_OK
  }

  static func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
    if pooled.contains(count), let block = pool.take() { return block }
    return malloc(count)
  }

  static func free(_ memory: UnsafeMutableRawPointer?) {
    if let memory, pool.owns(memory) { pool.give(memory) } else { Glibc.free(memory) }
  }

  /// Gives back what was not needed for a while. Called now and then.
  static func trim(at now: Instant) { pool.trim(at: now) }

  static func reallocate(
    _ memory: UnsafeMutableRawPointer?, _ count: Int
  ) -> UnsafeMutableRawPointer? {
    guard let memory, pool.owns(memory) else { return realloc(memory, count) }
    if count <= UploadBufferPool.blockBytes { return memory }
    guard let larger = malloc(count) else { return nil }
    larger.copyMemory(from: memory, byteCount: UploadBufferPool.blockBytes)
    pool.give(memory)
    return larger
  }
}

private let pool = UploadBufferPool()

/// Blocks of one size for the whole process, at addresses that are reserved once. A block that was given back keeps its
/// pages as long as it is needed now and then. Any thread.
final class UploadBufferPool: Sendable {
  static let blockBytes = RequestShape.streamedBufferBytes
  /// As many as a budget may be; with more the general allocator helps out.
  static let capacity = 4096
  /// What was free while each block could have been needed so often, or for so long, is not needed.
  static let turns = 4
  static let patience = Duration.milliseconds(100)

  private struct Blocks {
    /// Given back, the last first to be taken again.
    var free: [UnsafeMutableRawPointer] = []
    /// Given back, and their pages to the system.
    var empty: [UnsafeMutableRawPointer] = []
    /// Blocks from the beginning that may be used.
    var opened = 0
    /// The fewest that were free since the last look, how many were given back since, and when to look at the latest.
    var spare = 0
    var gives = 0
    var nextLook = Instant(nanoseconds: .min)
  }

  /// Nothing where the system reserves none.
  private let addresses: Range<UInt>
  private let blocks = Lock(Blocks())

  init() {
    let length = Self.capacity * Self.blockBytes
    guard Self.addressesAreFree else {
      addresses = 0..<0
      return
    }
    // Without access nothing of it counts as used, not even where the system counts promises.
    let start = mmap(nil, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let start, start != MAP_FAILED else {
      addresses = 0..<0
      return
    }
    addresses = UInt(bitPattern: start)..<UInt(bitPattern: start + length)
  }

  /// Where they are limited (`ulimit -v`), they are needed for what is used.
  private static var addressesAreFree: Bool {
    var limit = rlimit()
    return getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) != 0
      || limit.rlim_cur == rlim_t.max
  }

  func owns(_ memory: UnsafeMutableRawPointer) -> Bool {
    addresses.contains(UInt(bitPattern: memory))
  }

  /// nil when there is no further block.
  func take() -> UnsafeMutableRawPointer? {
    blocks.withLock { blocks in
      if let block = blocks.free.popLast() {
        blocks.spare = min(blocks.spare, blocks.free.count)
        return block
      }
      if let block = blocks.empty.popLast() { return block }
      guard blocks.opened * Self.blockBytes < addresses.count else { return nil }
      let address = addresses.lowerBound + UInt(blocks.opened * Self.blockBytes)
      guard let block = UnsafeMutableRawPointer(bitPattern: address),
        mprotect(block, Self.blockBytes, PROT_READ | PROT_WRITE) == 0
      else { return nil }
      blocks.opened += 1
      return block
    }
  }

  /// A block of this pool that nobody uses any more.
  func give(_ block: UnsafeMutableRawPointer) {
    blocks.withLock { blocks in
      blocks.free.append(block)
      blocks.gives += 1
    }
  }

  /// Gives the pages of blocks that were not needed for a while back to the system: when large bodies become fewer, as they do
  /// towards the end of a run, what they took is there for others. Called now and then.
  func trim(at now: Instant) {
    blocks.withLock { blocks in
      guard blocks.gives >= Self.turns * blocks.opened || now >= blocks.nextLook else { return }
      for block in blocks.free.prefix(blocks.spare) {
        madvise(block, Self.blockBytes, MADV_DONTNEED)
        blocks.empty.append(block)
      }
      blocks.free.removeFirst(blocks.spare)
      (blocks.spare, blocks.gives) = (blocks.free.count, 0)
      blocks.nextLook = now + Self.patience
    }
  }
}
