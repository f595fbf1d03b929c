import BatchCore
import OSSProtocol
import Platform
import TestKit
import Testing

@testable import BatchRunner

/// When jobs about sources are given up, and that each is answered once.
@Suite struct SourceBatchTests {
  private let start = Instant.now
  private let all = ReadProgress.OfFileSystem()
  private let limit = Duration.seconds(30)
  private let queue: WorkQueue<SourceBatch>
  /// What was left to other threads.
  private let shared = Inbox<SourceBatch>()
  private let worker: SourceWorker
  private let jobs: [SourceJob] = (0..<4).map { .inspect(EntryIndex($0)) }

  init() throws {
    var entries = EntryTable()
    let settings = entries.intern(ObjectSettings())
    for index in 0..<4 {
      entries.append(Entry(file: "/nowhere/\(index)", key: "\(index)", settings: settings))
    }
    let target = Target(bucket: "bucket", endpoint: "http://127.0.0.1:9", region: "cn-hangzhou")
    worker = SourceWorker(
      Manifest(name: "", targets: [target], concurrency: 1, entries: entries),
      endpoints: [try Endpoint(target) { _ in nil }])
    queue = WorkQueue("test", threads: 1, limit: 1) { [shared] in shared.post($0) }
  }

  private func batch() -> SourceBatch { SourceBatch(jobs, worker, queue, all) }

  /// Looks at it every second, as the run does; `read` says in which seconds another source is read. When and how it
  /// is given up, in seconds from the start.
  private func givenUp(
    _ batch: SourceBatch, whileRead read: Range<Int> = 0..<0
  ) throws -> (second: Int, stalled: [Int]) {
    let other = ReadProgress(all)
    for second in 1...100 {
      let now = start + .seconds(second)
      if read.contains(second) { other.note(at: now) }
      let stalled = batch.giveUp(at: now, after: limit, awakeSince: start)
      if !stalled.isEmpty { return (second, entries(stalled)) }
    }
    throw Problem("it is never given up")
  }

  private func entries(_ jobs: some Sequence<SourceJob>) -> [Int] { jobs.map(\.entry.value) }

  /// The jobs of so many batches that other threads were left.
  private func others(_ count: Int) -> [Int] {
    (0..<count).flatMap { _ in entries(shared.next().jobs) }
  }

  @Test func aJobOfWhichNothingComesIsGivenUpAndThoseAroundItAreNot() throws {
    let batch = batch()
    #expect(batch.begin(2, at: start))
    let (second, stalled) = try givenUp(batch)
    #expect((30...33).contains(second))
    #expect(stalled == [2])
    #expect(
      others(3) == [0, 1, 3], "two of which are done, but have not been answered")
  }

  /// A checksum of a large file may keep the threads of its file system busy for long.
  @Test func whatNobodyHasBegunWaitsWhileOtherSourcesAreRead() throws {
    let (second, stalled) = try givenUp(batch(), whileRead: 0..<61)
    #expect((90...93).contains(second))
    #expect(stalled == [0, 1, 2, 3])
  }

  @Test func whatHangsIsGivenUpWhateverElseIsRead() throws {
    let batch = batch()
    #expect(batch.begin(0, at: start))
    let (second, stalled) = try givenUp(batch, whileRead: 0..<100)
    #expect((30...33).contains(second))
    #expect(stalled == [0])
    #expect(others(3) == [1, 2, 3])
  }

  /// The program was stopped for an hour, say.
  @Test func timeInWhichNobodyLookedDoesNotCount() {
    let batch = batch()
    #expect(batch.begin(0, at: start))
    let now = start + .seconds(3_600)
    #expect(batch.giveUp(at: now, after: limit, awakeSince: now).isEmpty)
    #expect(batch.giveUp(at: now + limit, after: limit, awakeSince: now).count == 1)
  }

  @Test func whoWasGivenUpAnswersNoMore() throws {
    let batch = batch()
    #expect(batch.begin(1, at: start))
    _ = try givenUp(batch)
    #expect(!batch.begin(2, at: start), "the thread that comes back leaves the rest")
    batch.perform { Issue.record("\($0.count) jobs are answered twice") }
    #expect(batch.giveUp(at: start + .seconds(100), after: limit, awakeSince: start).isEmpty)
  }

  @Test func whatHasBeenAnsweredIsNotGivenUp() throws {
    let batch = SourceBatch([jobs[0]], worker, queue, all)
    var answered = 0
    batch.perform { answered += $0.count }
    #expect(answered == 1)
    #expect(batch.giveUp(at: .now + .seconds(100), after: limit, awakeSince: start).isEmpty)
  }
}
