import Platform
import Testing

@testable import CurlTransport

@Suite struct UploadBufferPoolTests {
  private let blockBytes = UploadBufferPool.blockBytes

  @Test func aBlockThatWasGivenBackLastIsTakenFirst() throws {
    let pool = UploadBufferPool()
    let first = try #require(pool.take())
    let second = try #require(pool.take())
    pool.give(first)
    pool.give(second)
    #expect(pool.take() == second)
    #expect(pool.take() == first)
  }

  @Test func blocksAreWholeAndApart() throws {
    let pool = UploadBufferPool()
    let blocks = try (0..<40).map { _ in try #require(pool.take()) }
    for (number, block) in blocks.enumerated() {
      block.initializeMemory(as: UInt8.self, repeating: UInt8(number), count: blockBytes)
    }
    for (number, block) in blocks.enumerated() {
      let bytes = UnsafeRawBufferPointer(start: block, count: blockBytes)
      #expect(bytes.allSatisfy { $0 == UInt8(number) })
    }
  }

  @Test func itKnowsWhatIsItsOwn() throws {
    let pool = UploadBufferPool()
    let block = try #require(pool.take())
    #expect(pool.owns(block))
    #expect(pool.owns(block + blockBytes - 1))
    let other = UnsafeMutableRawPointer.allocate(byteCount: blockBytes, alignment: 16)
    defer { other.deallocate() }
    #expect(!pool.owns(other))
  }

  /// What the system has taken back reads as zeros.
  @Test(arguments: [(needed: 0, kept: 0), (needed: 1, kept: 1), (needed: 3, kept: 3)])
  func pagesThatAreNotNeededForAWhileGoBackToTheSystem(_ row: (needed: Int, kept: Int)) throws {
    let pool = UploadBufferPool()
    let all = try (0..<3).map { _ in try #require(pool.take()) }
    for block in all {
      block.initializeMemory(as: UInt8.self, repeating: 7, count: blockBytes)
      pool.give(block)
    }
    var now = Instant(nanoseconds: 0)
    for _ in 0..<3 {
      pool.trim(at: now)
      let taken = try (0..<row.needed).map { _ in try #require(pool.take()) }
      for block in taken { pool.give(block) }
      now = now + UploadBufferPool.patience
    }
    pool.trim(at: now)
    #expect(all.count { $0.load(as: UInt8.self) == 7 } == row.kept)
    #expect(Set(try (0..<3).map { _ in try #require(pool.take()) }) == Set(all))
  }

  @Test func afterItsLastBlockThereIsNone() throws {
    let pool = UploadBufferPool()
    for _ in 0..<UploadBufferPool.capacity { _ = try #require(pool.take()) }
    #expect(pool.take() == nil)
  }
}

@Suite struct LibcurlMemoryTests {
  @Test func anUploadBufferKeepsItsBytesWhenItGrows() throws {
    let count = UploadBufferPool.blockBytes
    let block = try #require(LibcurlMemory.allocate(count))
    block.initializeMemory(as: UInt8.self, repeating: 7, count: count)
    #expect(LibcurlMemory.reallocate(block, count - 1) == block)
    let larger = try #require(LibcurlMemory.reallocate(block, 2 * count))
    #expect(larger != block)
    #expect(UnsafeRawBufferPointer(start: larger, count: count).allSatisfy { $0 == 7 })
    LibcurlMemory.free(larger)
  }
}
