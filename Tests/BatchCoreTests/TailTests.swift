import BatchCore
import Testing

/// How long a run takes when every connection carries the same number of bytes a second, in units of
/// bytes per connection: what is left of a schedule when machine and network are perfect.
@Suite struct TailTests {
  enum Order: CaseIterable { case largeFirst, largeLast, largeInTheMiddle }

  private static let connections = 32
  private static let partSize = 8 << 20
  private static let large = 10_000_000_000
  private static let small = Array(repeating: 100_000, count: 5_000)

  private static func sizes(_ order: Order) -> [Int] {
    switch order {
    case .largeFirst: [large] + small
    case .largeLast: small + [large]
    case .largeInTheMiddle: small.prefix(2_500) + [large] + small.dropFirst(2_500)
    }
  }

  /// All connections full from the first moment to the last.
  private static var bound: Int { (large + small.reduce(0, +)) / connections }

  @Test(arguments: Order.allCases)
  func aLargeObjectAmongManySmallOnesEndsWithThem(order: Order) {
    let time = Self.time(Self.sizes(order))
    #expect(Double(time) <= 1.05 * Double(Self.bound))
  }

  /// The usual scheme: so many files at a time, so many parts of each. Whatever the split, it leaves
  /// connections idle that one budget uses.
  @Test(arguments: Order.allCases)
  func oneBudgetBeatsEverySplitIntoFilesAndParts(order: Order) {
    let sizes = Self.sizes(order)
    let splits = [1, 2, 4, 8, 16, 32].map { files in
      Self.time(sizes, files: files, parts: Self.connections / files)
    }
    let best = splits.min() ?? 0
    #expect(Double(Self.time(sizes)) <= 0.8 * Double(best), "\(splits)")
  }

  /// The machine's own schedule.
  private static func time(_ sizes: [Int]) -> Int {
    var run = MachineHarness(sizes: sizes, concurrency: connections, partSize: partSize)
    var now = 0
    var ends: [RequestID: Int] = [:]
    run.settle()
    while !run.flying.isEmpty {
      // What was sent beyond the connections waits for one.
      let carried = run.flying.prefix(connections)
      for (id, request) in carried where ends[id] == nil { ends[id] = now + bytes(request) }
      let next = carried.indices.min {
        ends[run.flying[$0].id, default: 0] < ends[run.flying[$1].id, default: 0]
      }
      guard let next else { break }
      now = ends.removeValue(forKey: run.flying[next].id) ?? now
      run.succeed(next)
    }
    #expect(run.end == .finished)
    return now
  }

  private static func bytes(_ request: RunRequest) -> Int {
    switch request.operation {
    case .putObject: request.source.size
    case .uploadPart(_, _, let range): range.count
    default: 0
    }
  }

  /// `files` workers take the files in their order, and each sends `parts` parts at a time.
  private static func time(_ sizes: [Int], files: Int, parts: Int) -> Int {
    var free = Array(repeating: 0, count: files)
    for size in sizes {
      let worker = free.indices.min { free[$0] < free[$1] } ?? 0
      let rounds = (size + partSize * parts - 1) / (partSize * parts)
      free[worker] += size <= partSize ? size : rounds * partSize
    }
    return free.max() ?? 0
  }
}
