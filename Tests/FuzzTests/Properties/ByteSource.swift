import BatchCore
import Checksum

/// Values made of a fuzzer's bytes: small numbers from one byte, so that records meet each other.
struct ByteSource {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position >= bytes.count }

  mutating func byte() -> UInt8 {
    guard position < bytes.count else { return 0 }
    defer { position += 1 }
    return bytes[position]
  }

  /// Small, or one of the limits.
  mutating func number() -> Int {
    let byte = byte()
    return switch byte {
    case 0xFF: .max
    case 0xFE: .min
    case 0xFD: -1
    case 0xFC: 1 << 40
    default: Int(byte)
    }
  }

  /// As `number`, with the limits of what a file or an object may have.
  private mutating func size() -> Int { min(max(number(), 0), UploadPlan.maximumSize) }

  /// The same of seconds that can be told in nanoseconds.
  private mutating func time() -> Int64 {
    min(max(Int64(number()), -9_223_372_036), 9_223_372_036)
  }

  mutating func text() -> String {
    let length = Int(byte() & 0x3F)
    let range = position..<min(bytes.count, position + length)
    position = range.upperBound
    return String(decoding: bytes[range], as: UTF8.self)
  }

  private mutating func identity() -> EntryIdentity {
    EntryIdentity(high: 0, low: UInt64(byte() & 7))
  }

  private mutating func checksum() -> CRC64? {
    let byte = byte()
    return byte == 0 ? nil : CRC64(value: UInt64(byte) &* 0x0101_0101_0101_0101)
  }

  private mutating func fingerprint() -> Fingerprint {
    Fingerprint(
      path: UInt64(bitPattern: Int64(number())), size: size(), modified: Int64(number()),
      inode: UInt64(bitPattern: Int64(number())), settings: UInt64(byte()))
  }

  mutating func intent() -> UploadIntent {
    UploadIntent(
      fingerprint: fingerprint(), partSize: number(), target: text(), bucket: text(), key: text(),
      time: time())
  }

  mutating func record() -> JournalRecord {
    switch byte() % 15 {
    case 0: .runStarted(RunStart(id: text(), time: time(), planned: number()))
    case 1:
      .intent(identity(), intent())
    case 2: .opened(identity(), uploadID: text())
    case 3: .completing(identity(), crc64: checksum())
    case 4: .closed(identity())
    case 5: .replacing(identity())
    case 6:
      .done(
        identity(),
        DoneFact(fingerprint: fingerprint(), crc64: checksum(), verified: byte() & 1 == 1))
    case 7: .failed(identity(), message: text())
    case 8: .sending(identity(), SendReason.allCases[Int(byte()) % SendReason.allCases.count])
    case 9: .putting(identity(), PutIntent(time: time(), settings: checksum()?.value))
    case 10: .existing(identity())
    case 11: .orphaned(identity(), uploadID: text())
    case 12: .doubted(byte() & 1 == 1)
    case 13: .kept(identity())
    default: .runEnded(exitCode: number())
    }
  }

  mutating func part() -> CheckpointPart {
    let number = Int(byte()) << 8 | Int(byte())
    return CheckpointPart(number: 1 + number % 10_000, etag: text(), crc64: checksum())
  }
}
