import BatchCore
import Checksum
import Foundation
import Platform
import RunStore
import Testing

/// A directory of the test's own; it goes with the last reference. In memory where the system has
/// a place for that: these tests flush some ten thousand files.
final class TemporaryDirectory: Sendable {
  let path: String

  private static let parent =
    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory()

  init() throws {
    var template = Array((Self.parent + "/run-store-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemError("create", Self.parent) }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// A prepared state directory below this one.
  func run(_ name: String = "state") throws -> RunDirectory {
    let directory = RunDirectory(path + "/" + name)
    try directory.prepare()
    return directory
  }
}

func contents(_ path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}

func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
  try Data(bytes).write(to: URL(fileURLWithPath: path))
}

/// A writer whose events can be waited for.
final class OpenRun {
  let writer: StoreWriter
  let events = Inbox<StoreEvent>()
  let facts: RunFacts
  private var posted = 0
  private var durable = 0

  init(_ directory: RunDirectory) throws {
    let lock = try RunLock.acquire(in: directory)
    var facts = RunFacts()
    let journal = try Journal.open(in: directory, lock: lock, facts: &facts)
    self.facts = facts
    writer = StoreWriter(journal) { [events] in events.post($0) }
  }

  func post(_ records: [JournalRecord]) {
    posted += records.count
    for record in records { writer.post(.append(record)) }
  }

  /// Posts the records and waits until all that was posted is durable.
  func append(_ records: [JournalRecord]) {
    post(records)
    while durable < posted {
      guard case .durable(let ticket) = events.next() else {
        Issue.record("the state could not be written")
        return
      }
      #expect(ticket > durable && ticket <= posted)
      durable = ticket
    }
  }
}

/// One run that records these facts and ends.
@discardableResult
func record(_ records: [JournalRecord], in directory: RunDirectory) throws -> RunFacts {
  let run = try OpenRun(directory)
  run.append(records)
  run.writer.close()
  return run.facts
}

func facts(of records: some Sequence<JournalRecord>) -> RunFacts {
  var facts = RunFacts()
  for record in records { facts.apply(record) }
  return facts
}

/// Everything that facts say, in an order of its own.
func statements(_ facts: RunFacts) -> [String] {
  var statements: [String] = []
  facts.forEachRecord { statements.append("\($0)") }
  return statements.sorted()
}

func identity(_ number: Int) -> EntryIdentity {
  EntryIdentity(high: UInt64(number) &* 0x9E37_79B9_7F4A_7C15, low: UInt64(number))
}

func fingerprint(_ number: Int) -> Fingerprint {
  Fingerprint(
    path: .max - UInt64(number), size: number, modified: 1_769_900_000_000_000_000 + Int64(number),
    inode: UInt64(number), settings: 0x8899_AABB_CCDD_EEFF)
}

func done(_ number: Int, crc64: CRC64? = CRC64(value: 0xA1B2_C3D4_E5F6_0718)) -> JournalRecord {
  .done(
    identity(number),
    DoneFact(fingerprint: fingerprint(number), crc64: crc64, verified: crc64 != nil))
}

func done(size: Int) -> JournalRecord {
  var fingerprint = fingerprint(1)
  fingerprint.size = size
  return .done(identity(1), DoneFact(fingerprint: fingerprint, crc64: nil, verified: false))
}

func intent(_ number: Int, key: String = "a/b") -> JournalRecord {
  .intent(identity(number), uploadIntent(number, key: key))
}

func uploadIntent(
  _ number: Int, key: String = "a/b", time: Int64 = 1_769_903_999
) -> UploadIntent {
  UploadIntent(
    fingerprint: fingerprint(number), partSize: 8 << 20, target: "", bucket: "backups", key: key,
    time: time)
}

/// Texts that a line format must survive.
let hostileTexts = [
  "", " ", "%", "%20", "-", "a b", "line\nbreak\r\n", "\0nul\0", "\u{7F}\u{1B}[31m", "日本語/ключ/🗂",
  "e\u{301}", "\u{85}\u{2028}", String(repeating: " ", count: 1_023),
  String(repeating: "é", count: 511), "osbatch journal 1",
]

/// About thirty records, every kind among them.
let sampleRecords: [JournalRecord] =
  [.runStarted(RunStart(id: "9f3c5a1e00d27b44", time: 1_769_903_999, planned: 24))]
  + (1...12).map { done($0) }
  + [
    intent(20, key: "dumps/orders 1.zst"), .opened(identity(20), uploadID: "0004B9894A22E5B1"),
    intent(21), .opened(identity(21), uploadID: "id with spaces\n"),
    .completing(identity(21), crc64: CRC64(value: 7)),
    intent(22), .opened(identity(22), uploadID: "gone"), .closed(identity(22)),
    .failed(identity(23), message: "the source cannot be read: Permission denied"),
    done(13, crc64: nil), done(3), intent(24), .completing(identity(24), crc64: nil),
    .failed(identity(25), message: ""), done(25), done(26),
    .sending(identity(22), .uploadForgotten),
    .putting(identity(27), PutIntent(time: 1_769_904_000, settings: 0xFEED)),
    .kept(identity(27)), .existing(identity(28)), done(30), .replacing(identity(30)),
    .completing(identity(31), crc64: nil),
    .earlier(identity(31), DoneFact(fingerprint: fingerprint(31), crc64: nil, verified: true)),
    .orphaned(identity(29), uploadID: "strange %"),
    .doubted(true),
    .runEnded(exitCode: 1),
  ]
