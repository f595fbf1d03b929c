import BatchCore
import Foundation
import Platform
import RunStore
import Testing

@Suite struct StoreWriterTests {
  private let home: TemporaryDirectory
  private let directory: RunDirectory

  init() throws {
    home = try TemporaryDirectory()
    directory = try home.run()
  }

  /// What the report closure saw on the disk at each event.
  private final class Witness: Sendable {
    private let seen = Lock<[(ticket: Int, onDisk: Int, checkpointExists: Bool)]>([])

    var reports: [(ticket: Int, onDisk: Int, checkpointExists: Bool)] { seen.withLock { $0 } }

    func add(ticket: Int, onDisk: Int, checkpointExists: Bool) {
      seen.withLock { $0.append((ticket, onDisk, checkpointExists)) }
    }
  }

  private func openJournal(_ directory: RunDirectory? = nil) throws -> Journal {
    let directory = directory ?? self.directory
    var facts = RunFacts()
    return try Journal.open(
      in: directory, lock: RunLock.acquire(in: directory), facts: &facts)
  }

  @Test func nothingIsReportedBeforeItIsInTheFile() throws {
    let witness = Witness()
    let journal = directory.journal
    let writer = StoreWriter(try openJournal()) { event in
      guard case .durable(let ticket) = event else { return }
      let lines = (try? contents(journal).count { $0 == UInt8(ascii: "\n") }) ?? 0
      witness.add(ticket: ticket, onDisk: lines - 1, checkpointExists: false)
    }
    var batch: [StoreCommand] = []
    for number in 1...5_000 {
      batch.append(.append(done(number)))
      if number % 97 == 0 { writer.post(draining: &batch) }
    }
    writer.post(draining: &batch)
    writer.close()
    #expect(witness.reports.last?.ticket == 5_000)
    #expect(witness.reports.allSatisfy { $0.ticket == $0.onDisk })
    #expect(zip(witness.reports, witness.reports.dropFirst()).allSatisfy { $0.ticket < $1.ticket })
  }

  @Test func aCheckpointGoesOnlyAfterItsRecordIsDurable() throws {
    let witness = Witness()
    let name = String(format: "/%016lx%016lx", identity(1).high, identity(1).low)
    let file = directory.checkpoints + name
    let writer = StoreWriter(try openJournal()) { event in
      guard case .durable(let ticket) = event else { return }
      let exists = FileManager.default.fileExists(atPath: file)
      witness.add(ticket: ticket, onDisk: 0, checkpointExists: exists)
    }
    var opening: [StoreCommand] = [
      .append(intent(1)), .beginCheckpoint(identity(1), uploadIntent(1), uploadID: "upload"),
    ]
    var ending: [StoreCommand] = [.removeCheckpoint(identity(1)), .append(done(1))]
    writer.post(draining: &opening)
    while !FileManager.default.fileExists(atPath: file) { sched_yield() }
    writer.post(draining: &ending)
    writer.close()
    #expect(witness.reports.last?.ticket == 2)
    #expect(witness.reports.last?.checkpointExists == true)
    #expect(!FileManager.default.fileExists(atPath: file))
  }

  @Test func whatNobodyWaitsForIsFlushedWithWhatIsAwaited() throws {
    let run = try OpenRun(directory)
    var commands: [StoreCommand] = [
      .append(done(1), isAwaited: false), .append(done(2), isAwaited: false), .append(done(3)),
    ]
    run.writer.post(draining: &commands)
    #expect(run.events.next() == .durable(upTo: 3))
    run.writer.close()
  }

  @Test func whatNobodyWaitsForBecomesDurableByItself() throws {
    let run = try OpenRun(directory)
    run.writer.post(.append(done(1), isAwaited: false))
    #expect(run.events.next() == .durable(upTo: 1))
    run.writer.post(.append(done(2), isAwaited: false))
    run.writer.close()
    #expect(run.events.next() == .durable(upTo: 2))
    #expect(try Journal.facts(in: directory).doneCount == 2)
  }

  @Test func aWriterThatHasFailedOnlyWaits() throws {
    let writer = try failedWriter()
    defer { writer.close() }
    // It may not have come to its rest yet when the failure is read; from then on it computes nothing.
    var samples = [writer.processorTime]
    repeat {
      (Instant.now + .milliseconds(20)).sleep()
      samples.append(writer.processorTime)
    } while samples.count < 20
    let lastChange = samples.lastIndex { $0 != samples.last } ?? 0
    #expect(lastChange < samples.count / 2, "it does not rest: \(samples)")
  }

  /// One that fails while a flush of what nobody waits for is due: that comes too late when the flush was quicker.
  private func failedWriter() throws -> TimedWriter {
    let tooLong = StoreCommand.append(
      .opened(identity(1), uploadID: String(repeating: "x", count: 1 << 20)))
    for attempt in 1...100 {
      let directory = try home.run("attempt-\(attempt)")
      let writer = TimedWriter(try openJournal(directory))
      writer.post(.append(done(1), isAwaited: false))
      while try contents(directory.journal).count(where: { $0 == UInt8(ascii: "\n") }) < 2 {
        sched_yield()
      }
      writer.post(tooLong)
      if case .failed = writer.events.next() { return writer }
      writer.close()
    }
    throw SystemError("fail", "before the flush", code: ETIME)
  }

  @Test func partsAloneReportNothing() throws {
    let run = try OpenRun(directory)
    run.writer.post(.beginCheckpoint(identity(1), uploadIntent(1), uploadID: "upload"))
    run.writer.close()
    var events: [StoreEvent] = []
    run.events.take(into: &events)
    #expect(events.isEmpty)
  }

  @Test(.enabled(if: SmallDisk.isPossible, "mounting a small file system needs root"))
  func aFullDiskStopsTheRunAndLeavesAJournalThatContinues() throws {
    let disk = try SmallDisk()
    let directory = RunDirectory(disk.path + "/state")
    try directory.prepare()
    let run = try OpenRun(directory)
    var posted = 0
    var durable = 0
    var failure: StoreError?
    while failure == nil, posted < 10_000 {
      posted += 1
      run.writer.post(.append(done(posted)))
      switch run.events.next() {
      case .durable(let ticket): durable = ticket
      case .failed(let error): failure = error
      }
    }
    for number in 1...100 { run.writer.post(.append(done(posted + number))) }
    run.writer.close()
    var later: [StoreEvent] = []
    run.events.take(into: &later)
    #expect(later.isEmpty, "failed is said once, and nothing after it")
    guard case .writeFailed = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(failure.map { "\($0)" }?.contains("No space left on device") == true)

    #expect(try Journal.facts(in: directory).doneCount == durable)
    try disk.grow()
    #expect(try record([done(9_999)], in: directory).doneCount == durable)
    #expect(try Journal.facts(in: directory).doneCount == durable + 1)
  }

  @Test(.enabled(if: SmallDisk.isPossible, "mounting a small file system needs root"))
  func aFullDiskAtTheStartIsAnErrorThatNamesTheFile() throws {
    let disk = try SmallDisk()
    let directory = RunDirectory(disk.path + "/state")
    try directory.prepare()
    try disk.fill()
    let error = #expect(throws: StoreError.self) { try record([], in: directory) }
    guard case .io = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error.map { "\($0)" }?.contains(directory.path) == true)
  }
}

/// A writer that tells how much its thread computes, once it has reported something.
private final class TimedWriter: Sendable {
  let events = Inbox<StoreEvent>()
  private let writer: StoreWriter
  private let clock: Lock<clockid_t?>

  init(_ journal: consuming Journal) {
    let clock = Lock<clockid_t?>(nil)
    self.clock = clock
    writer = StoreWriter(journal) { [events] event in
      var own: clockid_t = 0
      if pthread_getcpuclockid(pthread_self(), &own) == 0 { clock.withLock { $0 = own } }
      events.post(event)
    }
  }

  func post(_ command: StoreCommand) { writer.post(command) }
  func close() { writer.close() }

  /// Nanoseconds.
  var processorTime: Int {
    var time = timespec()
    clock.withLock { if let clock = $0 { clock_gettime(clock, &time) } }
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}

/// A file system of 64 KiB, unmounted with its value.
private final class SmallDisk {
  let path: String
  private let home: TemporaryDirectory

  static let isPossible: Bool = (try? SmallDisk()) != nil

  init() throws {
    home = try TemporaryDirectory()
    path = home.path + "/disk"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    try Self.run("mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", path)
  }

  deinit { try? Self.run("umount", "--lazy", path) }

  func grow() throws { try Self.run("mount", "-o", "remount,size=1m", path) }

  func fill() throws {
    let file = try FileDescriptor.open(path + "/filler", O_WRONLY | O_CREAT)
    let block = [UInt8](repeating: 1, count: 4_096)
    while true {
      do throws(SystemError) {
        try block.withUnsafeBufferPointer { (block) throws(SystemError) in
          try file.write(UnsafeRawBufferPointer(block))
        }
      } catch {
        #expect(error.code == ENOSPC)
        return
      }
    }
  }

  private static func run(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw SystemError("run", arguments[0], code: EPERM)
    }
  }
}
