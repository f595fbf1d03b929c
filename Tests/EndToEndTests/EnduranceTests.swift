import Foundation
import TestKit
import Testing

/// A long run costs no more than a short one: the process is looked at while it works through many
/// entries, with faults that open new connections and repeat requests. `OSBATCH_SOAK=N` sends N objects
/// instead of a few.
@Suite struct EnduranceTests {
  private static let concurrency = 16
  private static let faults = [
    "any probability=0.02 seed=1 status=500 code=InternalError",
    "any probability=0.01 seed=2 reset=before-effect",
    "any probability=0.01 seed=3 reset=after-effect", "any probability=0.01 seed=4 truncate",
  ]

  private static var count: Int {
    getenv("OSBATCH_SOAK").flatMap { Int(String(cString: $0)) } ?? 3_000
  }

  @Test func nothingGrowsWithTheRun() throws {
    let stage = try Stage()
    for index in 0..<10 {
      let size = index < 1 ? 3 * Stage.partSize : 1_500 * index
      try stage.directory.write("file-\(index)", content(size, seed: UInt64(index + 1)))
    }
    let entries = (0..<Self.count).map {
      "  - {file: file-\($0 % 10), key: key-\($0), retries: 20}"
    }
    try stage.manifest(entries.joined(separator: "\n"), concurrency: Self.concurrency)
    for fault in Self.faults { try stage.server.fault(fault) }
    let samples = try samplesOfARun(stage)
    #expect(try stage.server.statistics().objects == Self.count)

    // Where sources keep threads busy for long there may be up to 16 for them.
    #expect(samples.allSatisfy { $0.threads <= 24 }, "\(samples)")
    // Connections, caches and buffers have been made by then; in the last one it may be ending.
    let threads = try #require(samples.first).threads
    let settled = samples.dropFirst(samples.count / 4).filter { $0.threads >= threads }
    let last = settled.suffix(settled.count / 3)
    try #require(last.count >= 5, "\(samples)")
    // The lock, the journal and the like, and three for each request.
    #expect(settled.allSatisfy { $0.descriptors <= 24 + 3 * Self.concurrency }, "\(settled)")
    let most = { (samples: ArraySlice<ProcessSample>) in samples.map(\.descriptors).max() ?? 0 }
    #expect(most(last) <= most(settled.prefix(last.count)) + Self.concurrency / 2, "\(settled)")
    guard getenv("OSBATCH_SANITIZER") == nil else { return }  // it keeps memory that is free
    let memory = { (samples: ArraySlice<ProcessSample>) in samples.map(\.memory).min() ?? 0 }
    let growth = memory(last) - memory(settled.prefix(last.count))
    #expect(growth < 2 << 20, "\(growth) bytes: \(settled.map(\.memory))")
  }

  /// One each time that the run tells of another fiftieth of the entries.
  private func samplesOfARun(_ stage: Stage) throws -> [ProcessSample] {
    let ends = try Child.pipe()
    let run = try stage.start(
      ["run", "manifest.yaml", "--json"], under: Stage.withoutOtherDescriptors(), output: ends.write
    )
    close(ends.write)
    var samples: [ProcessSample] = []
    var done = 0
    try forEachLine(of: ends.read) { line in
      guard line.contains(#""type":"done""#) else { return }
      done += 1
      // What it tells is ahead of what is read here: near the end it may be gone.
      if done.isMultiple(of: Self.count / 50), let sample = ProcessSample(run.process) {
        samples.append(sample)
      }
    }
    let end = try run.wait()
    #expect(end.code == 0, "\(end.errors)")
    #expect(done == Self.count)
    return samples
  }

  private func forEachLine(of descriptor: Int32, _ body: (Substring) throws -> Void) throws {
    let stream = try #require(fdopen(descriptor, "r"))
    defer { fclose(stream) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while getline(&line, &capacity, stream) > 0, let line {
      try body(Substring(String(cString: line)))
    }
  }
}

/// What a process uses at one moment.
private struct ProcessSample: CustomStringConvertible {
  var threads: Int
  var descriptors: Int
  /// Bytes of its own in memory.
  var memory: Int

  /// nil: the process has ended.
  init?(_ process: pid_t) {
    guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
      let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd"),
      let threads = Self.number("Threads", in: status),
      let kibibytes = Self.number("RssAnon", in: status), !names.isEmpty
    else { return nil }
    self.threads = threads
    descriptors = names.count
    memory = kibibytes << 10
  }

  private static func number(_ name: String, in status: String) -> Int? {
    let line = status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
    return line?.split { $0 == "\t" || $0 == " " }.dropFirst().first.flatMap { Int($0) }
  }

  var description: String { "\(threads) threads, \(descriptors) files, \(memory >> 10) KiB" }
}
