import BatchCore
import Glibc

@testable import RunStore

/// A state directory in memory that lasts as long as the process, emptied for each input.
struct StateScene {
  let directory: RunDirectory

  private static let home: String? = {
    let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(parent)/osbatch-fuzz-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { return nil }
    atexit { StateScene.removeHome() }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }()

  init(_ name: String) throws(BrokenProperty) {
    guard let home = Self.home else { throw BrokenProperty("no directory can be made") }
    directory = RunDirectory(home + "/" + name)
    do throws(StoreError) {
      try directory.prepare()
    } catch {
      throw BrokenProperty("\(error)")
    }
    for path in [directory.journal] + damagedJournals { unlink(path) }
  }

  private var damagedJournals: [String] { (1...3).map(directory.damagedJournal) }

  private static func removeHome() {
    guard let home else { return }
    for name in FuzzTarget.allCases.map(\.rawValue) {
      let directory = RunDirectory(home + "/" + name)
      let rows = directory.path + "/rows"
      for path in [directory.journal, directory.lock, directory.checkpoint(Self.identity), rows] {
        unlink(path)
      }
      for path in [directory.checkpoints, directory.path] { rmdir(path) }
    }
    rmdir(home)
  }

  /// The identity of which this process keeps checkpoints.
  static let identity = EntryIdentity(high: 0x5FEC_EB66_FFC8_6F38, low: 0xD952_786C_6D69_6C79)

  func write(_ bytes: some Collection<UInt8>, to path: String) throws(BrokenProperty) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    defer { close(file) }
    let bytes = Array(bytes)
    guard file >= 0, Glibc.write(file, bytes, bytes.count) == bytes.count else {
      throw BrokenProperty("\(path) cannot be written: errno \(errno)")
    }
  }

  /// What the journal says, without the right to change it.
  func facts() -> Result<[String], StoreError> {
    do throws(StoreError) {
      return .success(statements(try Journal.facts(in: directory)))
    } catch {
      return .failure(error)
    }
  }

  /// Opens the journal as a run does, adds these records, and ends; what was read.
  @discardableResult
  func run(adding records: [JournalRecord] = []) throws(BrokenProperty) -> [String] {
    do throws(StoreError) {
      let lock = try RunLock.acquire(in: directory)
      var facts = RunFacts()
      var journal = try Journal.open(in: directory, lock: lock, facts: &facts)
      for record in records { try journal.add(record) }
      try journal.commit()
      return statements(facts)
    } catch {
      throw BrokenProperty("a run cannot open its journal: \(error)")
    }
  }

  func rebuild() throws(BrokenProperty) -> Journal.Rebuilt? {
    do throws(StoreError) {
      let lock = try RunLock.acquire(in: directory)
      return try Journal.rebuild(in: directory, lock: lock)
    } catch {
      throw BrokenProperty("a damaged journal cannot be rebuilt: \(error)")
    }
  }
}

/// Everything that facts say, in an order of its own.
func statements(_ facts: RunFacts) -> [String] {
  var statements: [String] = []
  facts.forEachRecord { statements.append("\($0)") }
  return statements.sorted()
}

/// Lines whose checksum is a ` !` get the right one, computed here by the book (CRC-32C), so that a
/// fuzzer comes past it and the program's own tables are checked against something else.
enum Sealing {
  /// `seed` is the checksum that every line but the first continues.
  static func seal(_ bytes: [UInt8], continuingFirst: Bool = false) -> [UInt8] {
    var result: [UInt8] = []
    var seed: UInt32 = 0
    for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
      .enumerated()
    {
      if number > 0 { result.append(0x0A) }
      guard line.suffix(2).elementsEqual(" !".utf8) else {
        result += line
        continue
      }
      let checksum = checksum(line.dropLast(2), seed: number > 0 ? seed : 0)
      if number == 0, continuingFirst { seed = checksum }
      result += line.dropLast()
      let digits = String(checksum, radix: 16)
      result += (String(repeating: "0", count: 8 - digits.count) + digits).utf8
    }
    return result
  }

  private static func checksum(_ bytes: some Sequence<UInt8>, seed: UInt32) -> UInt32 {
    var register = ~seed
    for byte in bytes {
      register ^= UInt32(byte)
      for _ in 0..<8 {
        register = register & 1 == 1 ? register >> 1 ^ 0x82F6_3B78 : register >> 1
      }
    }
    return ~register
  }
}
