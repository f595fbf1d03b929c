internal import BatchCore
internal import Glibc
internal import Platform

/// What a journal says, line after line: the facts, how far the file is whole, and whether
/// something in it is damaged. A bad end is a write that a crash cut short; a bad line that a good
/// one follows is damage. Damage is only noted here: the facts are those of every readable line.
struct JournalReplay {
  struct Damage {
    var offset: Int
    var detail: String
  }

  private(set) var facts = RunFacts()
  /// The number of the last record.
  private(set) var sequence = 0
  /// The file is whole up to here; what follows is a torn end.
  private(set) var wholeBytes = 0
  private(set) var damage: Damage?
  /// The first line that could not be read, until one that can be proves it to be damage.
  private var suspect: Int?
  private var isFirstLine = true
  private var newerVersion: Int?

  /// How far from its end a bad line is searched for the whole line that a destroyed LF has put
  /// into it; longer than the line of any plausible record.
  private static let longestSearch = 8_192

  /// Bytes of the line of a done entry, and most lines are such: rather too few, since room that is not
  /// used costs nothing, and one entry too many would double the tables.
  private static let shortLine = 110

  /// Reads the journal, up to the first damage unless `pastDamage`.
  static func read(
    _ file: borrowing FileDescriptor, path: String, pastDamage: Bool = false
  ) throws(StoreError) -> JournalReplay {
    var replay = JournalReplay()
    var reader = LineReader(path: path)
    do throws(SystemError) {
      let size = Int(try file.status(path).st_size)
      replay.facts.reserveCapacity(size / shortLine)
      while let line = try reader.next(from: file) {
        if replay.isFirstLine {
          replay.consumeVersion(line, reader.bytes)
        } else {
          replay.consume(line, reader.bytes)
        }
        if replay.newerVersion != nil || (replay.damage != nil && !pastDamage) { break }
      }
    } catch {
      throw .io(error)
    }
    guard let version = replay.newerVersion else { return replay }
    throw .newerVersion(file: path, version: version)
  }

  private mutating func consumeVersion(_ line: LineReader.Line, _ bytes: [UInt8]) {
    isFirstLine = false
    var expected = LineBuffer()
    expected.appendVersion()
    let written = bytes[line.range]
    if line.isTerminated, written.elementsEqual(expected.bytes.dropLast()) {
      wholeBytes = line.end
      return
    }
    if !line.isTerminated, expected.bytes.starts(with: written) || Self.isUnwritten(written) {
      return
    }
    newerVersion = line.isTerminated ? Self.newerVersion(written) : nil
    if newerVersion != nil { return }
    damage = Damage(offset: 0, detail: "this is not the first line of a journal")
    consume(line, bytes)
  }

  /// A power loss may have kept a new file's length and lost its first block.
  private static func isUnwritten(_ line: ArraySlice<UInt8>) -> Bool {
    line.count <= 4096 && line.allSatisfy { $0 == 0 }
  }

  private static func newerVersion(_ line: ArraySlice<UInt8>) -> Int? {
    let words = JournalLine.versionWords.withUTF8Buffer { [UInt8]($0) }
    guard line.starts(with: words) else { return nil }
    let digits = [UInt8](line.dropFirst(words.count))
    guard let version = FieldScanner.decimal(digits, digits.indices), version > JournalLine.version
    else { return nil }
    return Int(clamping: version)
  }

  private mutating func consume(_ line: LineReader.Line, _ bytes: [UInt8]) {
    guard line.isTerminated else {
      suspect = suspect ?? line.offset
      return
    }
    switch JournalLine(bytes, line.range) {
    case .record(let record, let sequence):
      accept(record, sequence, line)
    case .unknown(let sequence):
      accept(nil, sequence, line)
    case .unreadable:
      suspect = suspect ?? line.offset
      consumeEnd(of: line, bytes)
    }
  }

  /// A bad line may be two lines whose LF was destroyed, and then the second is whole.
  private mutating func consumeEnd(of line: LineReader.Line, _ bytes: [UInt8]) {
    let end = line.range.upperBound
    var start = max(line.range.lowerBound + 1, end - Self.longestSearch)
    while start + 2 < end {
      defer { start += 1 }
      guard bytes[start + 1] == UInt8(ascii: " "),
        UInt8(ascii: "1")...UInt8(ascii: "9") ~= bytes[start + 2],
        case .record(let record, let sequence) = JournalLine(bytes, start..<end)
      else { continue }
      return accept(record, sequence, line)
    }
  }

  private mutating func accept(
    _ record: JournalRecord?, _ sequence: Int, _ line: LineReader.Line
  ) {
    if damage == nil, let suspect {
      damage = Damage(offset: suspect, detail: "a line that cannot be read")
    } else if damage == nil, sequence - 1 != self.sequence {
      damage = Damage(
        offset: line.offset, detail: "record \(sequence) stands after record \(self.sequence)")
    }
    guard sequence > self.sequence else { return }
    if sequence - 1 != self.sequence { facts.skipLostRecords() }
    if let record { facts.apply(record) }
    self.sequence = sequence
    wholeBytes = line.end
  }
}
