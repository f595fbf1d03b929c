package import BatchCore
internal import Checksum
internal import Glibc
internal import Platform

/// The acknowledged parts of one multipart upload, beside the journal (FORMAT.md, "Checkpoint").
/// They only spare the reading and listing of what is already there, so nothing that is wrong with
/// a checkpoint stops a run: it is read for what is true in it.
package enum Checkpoint {
  /// Parts have these numbers at the service.
  static let partNumbers = 1...10_000
  /// No checkpoint is larger, in bytes: 10,000 parts, each acknowledged many times.
  static let maximumSize = 32 << 20

  static let headerWords: StaticString = "osbatch checkpoint 2"
  /// Without the intent.
  static let firstHeaderWords: StaticString = "osbatch checkpoint 1"
  static let partKind = UInt8(ascii: "p")

  /// The parts kept for this upload, ascending by number, the last word on each. Empty when the
  /// checkpoint is missing, unreadable, or another upload's.
  package static func load(
    in directory: RunDirectory, _ identity: EntryIdentity, uploadID: String
  ) -> [CheckpointPart] {
    let path = directory.checkpoint(identity)
    do throws(SystemError) {
      let file = try FileDescriptor.open(path, O_RDONLY | O_NOFOLLOW)
      guard Int(try file.status(path).st_size) <= maximumSize else { return [] }
      return try parts(file, path, identity, uploadID)
    } catch {
      return []
    }
  }

  private static func parts(
    _ file: borrowing FileDescriptor, _ path: String, _ identity: EntryIdentity, _ uploadID: String
  ) throws(SystemError) -> [CheckpointPart] {
    var reader = LineReader(path: path)
    guard let (head, seed) = try head(file, &reader), head.identity == identity,
      head.uploadID == uploadID
    else { return [] }
    var parts: [Int: CheckpointPart] = [:]
    while let line = try reader.next(from: file) {
      guard line.isTerminated, let part = part(reader.bytes, line.range, seed) else { continue }
      parts[part.number] = part
    }
    return parts.values.sorted { $0.number < $1.number }
  }

  /// What the file at `path` says of its upload; nil when it is not a whole checkpoint's beginning.
  static func head(_ path: String) throws(SystemError) -> CheckpointHead? {
    let file = try FileDescriptor.open(path, O_RDONLY | O_NOFOLLOW)
    var reader = LineReader(path: path)
    return try head(file, &reader)?.head
  }

  /// The first line, with its checksum.
  private static func head(
    _ file: borrowing FileDescriptor, _ reader: inout LineReader
  ) throws(SystemError) -> (head: CheckpointHead, seed: UInt32)? {
    guard let line = try reader.next(from: file), line.isTerminated,
      let fields = FieldScanner(sealed: reader.bytes, line.range)
    else { return nil }
    var second = fields
    if second.words(headerWords), let identity = second.identity(), let intent = second.intent(),
      let uploadID = second.text(), second.isAtEnd
    {
      let head = CheckpointHead(identity: identity, uploadID: uploadID, intent: intent)
      return (head, fields.checksum)
    }
    var first = fields
    guard first.words(firstHeaderWords), let identity = first.identity(),
      let uploadID = first.text(), first.isAtEnd
    else { return nil }
    return (CheckpointHead(identity: identity, uploadID: uploadID, intent: nil), fields.checksum)
  }

  private static func part(_ bytes: [UInt8], _ range: Range<Int>, _ seed: UInt32)
    -> CheckpointPart?
  {
    guard var fields = FieldScanner(sealed: bytes, range, seed: seed), fields.byte() == partKind,
      let number = fields.adjacentHexadecimal(), number <= partNumbers.upperBound,
      partNumbers.contains(Int(number)), let crc64 = fields.optionalBase64(),
      let etag = fields.text(), fields.isAtEnd
    else { return nil }
    return CheckpointPart(
      number: Int(number), etag: etag, crc64: crc64.map { CRC64(value: $0) })
  }
}

extension LineBuffer {
  /// Returns the checksum that every part line continues: no part can pass for another upload's.
  mutating func appendCheckpointHeader(
    _ identity: EntryIdentity, _ intent: UploadIntent, uploadID: String
  ) -> UInt32 {
    begin(words: Checkpoint.headerWords)
    field(identity)
    field(intent)
    field(text: uploadID)
    return seal()
  }

  mutating func append(_ part: CheckpointPart, seed: UInt32) {
    begin(Checkpoint.partKind)
    hexadecimalWithoutZeros(UInt(part.number))
    field(base64: part.crc64?.value)
    field(text: part.etag)
    seal(seed: seed)
  }
}
