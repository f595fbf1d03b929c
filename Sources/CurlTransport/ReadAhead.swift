internal import Platform

/// A body that other threads read ahead of the loop that sends it, in blocks. The loop takes them in
/// their order, and is woken when one that it asked for in vain has come.
final class ReadAhead: Sendable {
  /// A piece of the body in memory.
  final class Block: @unchecked Sendable {  // whoever has it has it alone
    let room = UnsafeMutableRawBufferPointer.allocate(
      byteCount: ReadAhead.blockBytes, alignment: 64)
    fileprivate(set) var count = 0

    deinit { room.deallocate() }
  }

  /// As large as what libcurl takes at once.
  static let blockBytes = 256 << 10
  /// Blocks that one body may have read ahead of it. That a read takes long is the kernel's to hide, in its own memory:
  /// it is told what will be needed `kernelWindow` bytes ahead, so that at 20 ms for 128 KiB one body gets 50 MB/s.
  private static let window = 2
  private static let kernelWindow = 2 << 20
  /// What the kernel is asked for at once: file systems take no more of it.
  private static let kernelBlock = 128 << 10

  private struct State {
    /// By their number, what has been read and not been taken.
    var read: [Int: Result<Block, StopReason>] = [:]
    /// The number of the block that the loop takes next.
    var next = 0
    /// Blocks that have been asked for.
    var requested = 0
    /// Blocks of the file system that this body holds.
    var held = 0
    /// The loop waits for `next`.
    var isAwaited = false
    var isOver = false
    /// What the kernel knows will be needed ends here.
    var announced = 0
  }

  private let file: SourceFile
  private let start: Int
  private let end: Int
  private let fileSystem: SourceReaders.FileSystem
  private let wake: @Sendable () -> Void
  private let state = Lock(State())

  /// The bytes of `file` from `start` to `end`. `wake` is called on a reader's thread.
  init(
    _ file: SourceFile, from start: Int, to end: Int, fileSystem: SourceReaders.FileSystem,
    wake: @escaping @Sendable () -> Void
  ) {
    self.file = file
    self.start = start
    self.end = end
    self.fileSystem = fileSystem
    self.wake = wake
  }

  var path: String { file.path }

  private var blocks: Int { (end - start + Self.blockBytes - 1) / Self.blockBytes }

  // The loop's side

  /// The next block; nil when it is not there yet: `wake` follows. `used` is the one before, for others
  /// to be read into.
  func next(after used: Block?) throws(StopReason) -> Block? {
    let result: Result<Block, StopReason>? = state.withLock { state in
      if let used {
        state.held -= 1
        fileSystem.giveBack(used)
      }
      let result = state.read.removeValue(forKey: state.next)
      if result != nil { state.next += 1 }
      state.isAwaited = result == nil
      request(&state)
      return result
    }
    return try result?.get()
  }

  private func request(_ state: inout State) {
    while state.requested < min(blocks, state.next + Self.window),
      fileSystem.takeBlock(mustBe: state.held == 0)
    {
      state.held += 1
      fileSystem.post(SourceReaders.Job(body: self, block: state.requested))
      state.requested += 1
    }
  }

  /// Nobody takes any more.
  func cancel() {
    state.withLock { state in
      guard !state.isOver else { return }
      state.isOver = true
      fileSystem.giveBack(state.held)
      state.read = [:]
    }
  }

  // The readers' side

  func fill(_ number: Int) {
    guard state.withLock({ !$0.isOver }) else { return }
    let block = fileSystem.emptyBlock()
    let offset = start + number * Self.blockBytes
    announce(upTo: min(offset + Self.kernelWindow, end))
    block.count = min(Self.blockBytes, end - offset)
    var result = Result<Block, StopReason>.success(block)
    do throws(StopReason) {
      let room = UnsafeMutableRawBufferPointer(rebasing: block.room[..<block.count])
      try file.read(into: room, at: offset)
    } catch {
      result = .failure(error)
    }
    if keep(result, number) { wake() }
  }

  private func announce(upTo end: Int) {
    let news = state.withLock { state in
      let first = max(state.announced, start)
      state.announced = max(first, end)
      return first..<max(first, end)
    }
    for offset in stride(from: news.lowerBound, to: news.upperBound, by: Self.kernelBlock) {
      file.willNeed(offset..<min(offset + Self.kernelBlock, news.upperBound))
    }
  }

  /// Whether the loop waits for it.
  private func keep(_ result: Result<Block, StopReason>, _ number: Int) -> Bool {
    state.withLock { state in
      guard !state.isOver else { return false }
      state.read[number] = result
      guard state.isAwaited, number == state.next else { return false }
      state.isAwaited = false
      return true
    }
  }
}
