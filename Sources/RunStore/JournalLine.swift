internal import BatchCore
internal import Checksum

/// A journal's line as it was read (FORMAT.md, "Journal").
enum JournalLine {
  case record(JournalRecord, sequence: Int)
  /// Whole, but of a kind that a newer program added.
  case unknown(sequence: Int)
  case unreadable

  static let version = 1
  static let versionWords: StaticString = "osbatch journal "
  /// Behind each of them is another.
  private static let sequences = 1..<Int.max

  enum Kind {
    static let runStarted = UInt8(ascii: "r")
    static let intent = UInt8(ascii: "i")
    static let opened = UInt8(ascii: "o")
    static let completing = UInt8(ascii: "c")
    static let closed = UInt8(ascii: "x")
    static let replacing = UInt8(ascii: "w")
    static let kept = UInt8(ascii: "s")
    static let done = UInt8(ascii: "d")
    static let earlier = UInt8(ascii: "h")
    static let failed = UInt8(ascii: "f")
    static let sending = UInt8(ascii: "b")
    static let putting = UInt8(ascii: "p")
    static let puttingWithSettings = UInt8(ascii: "q")
    static let existing = UInt8(ascii: "n")
    static let orphaned = UInt8(ascii: "k")
    static let doubted = UInt8(ascii: "u")
    static let runEnded = UInt8(ascii: "e")
  }

  /// `range` is without the LF.
  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self = .unreadable
    guard var fields = FieldScanner(sealed: bytes, range), let kind = fields.byte(),
      let sequence = fields.decimal(), Self.sequences.contains(sequence)
    else { return }
    switch Self.record(kind, &fields) {
    case .none: self = .unknown(sequence: sequence)
    case .some(.none): break
    case .some(.some(let record)) where fields.isAtEnd:
      self = .record(record, sequence: sequence)
    case .some(.some): break
    }
  }

  /// The outer nil: the kind is not known; the inner: its fields are not what they must be.
  private static func record(_ kind: UInt8, _ fields: inout FieldScanner) -> JournalRecord?? {
    switch kind {
    case Kind.runStarted: .some(fields.runStarted())
    case Kind.intent: .some(fields.intentRecord())
    case Kind.opened: .some(fields.opened())
    case Kind.completing: .some(fields.completing())
    case Kind.closed: .some(fields.identity().map { .closed($0) })
    case Kind.replacing: .some(fields.identity().map { .replacing($0) })
    case Kind.kept: .some(fields.identity().map { .kept($0) })
    case Kind.done: .some(fields.done().map { .done($0, $1) })
    case Kind.earlier: .some(fields.done().map { .earlier($0, $1) })
    case Kind.failed: .some(fields.failed())
    case Kind.sending: fields.sending()
    case Kind.putting: .some(fields.putting(withSettings: false))
    case Kind.puttingWithSettings: .some(fields.putting(withSettings: true))
    case Kind.existing: .some(fields.identity().map { .existing($0) })
    case Kind.orphaned: .some(fields.orphaned())
    case Kind.doubted: .some(fields.decimal().map { .doubted($0 != 0) })
    case Kind.runEnded: .some(fields.decimal().map { .runEnded(exitCode: $0) })
    default: .none
    }
  }
}

extension FieldScanner {
  mutating func identity() -> EntryIdentity? {
    guard let field = hexadecimalPair() else { return nil }
    return EntryIdentity(high: field.high, low: field.low)
  }

  fileprivate mutating func runStarted() -> JournalRecord? {
    guard let id = text(), let time = time(), let planned = decimal() else { return nil }
    return .runStarted(RunStart(id: id, time: time, planned: planned))
  }

  fileprivate mutating func intentRecord() -> JournalRecord? {
    guard let identity = identity(), let intent = intent() else { return nil }
    return .intent(identity, intent)
  }

  mutating func intent() -> UploadIntent? {
    guard let fingerprint = fingerprint(), let partSize = decimal(), let time = time(),
      let target = text(), let bucket = text(), let key = text()
    else { return nil }
    return UploadIntent(
      fingerprint: fingerprint, partSize: partSize, target: target, bucket: bucket, key: key,
      time: time)
  }

  fileprivate mutating func opened() -> JournalRecord? {
    guard let identity = identity(), let uploadID = text() else { return nil }
    return .opened(identity, uploadID: uploadID)
  }

  /// A word that is not known is a newer program's: nothing that a run depends on.
  fileprivate mutating func sending() -> JournalRecord?? {
    guard let identity = identity(), let word = text() else { return .some(nil) }
    guard let reason = SendReason(word: word) else { return .none }
    return .some(.sending(identity, reason))
  }

  fileprivate mutating func putting(withSettings: Bool) -> JournalRecord? {
    guard let identity = identity(), let time = time() else { return nil }
    guard withSettings else { return .putting(identity, PutIntent(time: time, settings: nil)) }
    guard let settings = hexadecimal() else { return nil }
    return .putting(identity, PutIntent(time: time, settings: settings))
  }

  fileprivate mutating func orphaned() -> JournalRecord? {
    guard let identity = identity(), let uploadID = text() else { return nil }
    return .orphaned(identity, uploadID: uploadID)
  }

  fileprivate mutating func completing() -> JournalRecord? {
    guard let identity = identity(), let crc64 = optionalHexadecimal() else { return nil }
    return .completing(identity, crc64: crc64.map { CRC64(value: $0) })
  }

  fileprivate mutating func done() -> (EntryIdentity, DoneFact)? {
    guard let identity = identity(), let fingerprint = fingerprint(),
      let crc64 = optionalHexadecimal(), let verified = verified()
    else { return nil }
    let fact = DoneFact(
      fingerprint: fingerprint, crc64: crc64.map { CRC64(value: $0) }, verified: verified)
    return (identity, fact)
  }

  fileprivate mutating func failed() -> JournalRecord? {
    guard let identity = identity(), let message = text() else { return nil }
    return .failed(identity, message: message)
  }

  private mutating func fingerprint() -> Fingerprint? {
    guard let path = hexadecimal(), let size = decimal(), let modified = decimal(),
      let inode = unsignedDecimal(), let settings = hexadecimal(),
      (0...UploadPlan.maximumSize).contains(size)
    else { return nil }
    return Fingerprint(
      path: path, size: size, modified: Int64(modified), inode: inode, settings: settings)
  }

  private mutating func verified() -> Bool? {
    guard byte() == UInt8(ascii: " "), let flag = byte() else { return nil }
    switch flag {
    case UInt8(ascii: "v"): return true
    case UInt8(ascii: "-"): return false
    default: return nil
    }
  }
}

extension LineBuffer {
  /// Longest failure message that is kept, in bytes: what a person reads of it in a report.
  static let maximumMessageLength = 2_000

  mutating func appendVersion() {
    begin(words: JournalLine.versionWords)
    endUnsealed(decimal: JournalLine.version)
  }

  mutating func append(_ record: JournalRecord, sequence: Int) {
    begin(record.kind)
    field(decimal: sequence)
    switch record {
    case .runStarted(let start):
      field(text: start.id)
      field(decimal: Int(start.time))
      field(decimal: start.planned)
    case .intent(let identity, let intent):
      field(identity)
      field(intent)
    case .opened(let identity, let uploadID):
      field(identity)
      field(text: uploadID)
    case .completing(let identity, let crc64):
      field(identity)
      field(hexadecimal: crc64?.value)
    case .closed(let identity), .replacing(let identity), .kept(let identity),
      .existing(let identity):
      field(identity)
    case .done(let identity, let fact), .earlier(let identity, let fact):
      field(identity)
      field(fact.fingerprint)
      field(hexadecimal: fact.crc64?.value)
      field(byte: fact.verified ? UInt8(ascii: "v") : UInt8(ascii: "-"))
    case .failed(let identity, let message):
      field(identity)
      field(text: Self.shortened(message))
    case .sending(let identity, let reason):
      field(identity)
      field(text: reason.word)
    case .putting(let identity, let intent):
      field(identity)
      field(decimal: Int(intent.time))
      if let settings = intent.settings { field(hexadecimal: settings) }
    case .orphaned(let identity, let uploadID):
      field(identity)
      field(text: uploadID)
    case .doubted(let isDoubtful):
      field(decimal: isDoubtful ? 1 : 0)
    case .runEnded(let exitCode):
      field(decimal: exitCode)
    }
    seal()
  }

  mutating func field(_ identity: EntryIdentity) {
    field(hexadecimal: identity.high)
    hexadecimal(identity.low)
  }

  mutating func field(_ intent: UploadIntent) {
    field(intent.fingerprint)
    field(decimal: intent.partSize)
    field(decimal: Int(intent.time))
    field(text: intent.target)
    field(text: intent.bucket)
    field(text: intent.key)
  }

  private mutating func field(_ fingerprint: Fingerprint) {
    field(hexadecimal: fingerprint.path)
    field(decimal: fingerprint.size)
    field(decimal: Int(fingerprint.modified))
    field(decimal: fingerprint.inode)
    field(hexadecimal: fingerprint.settings)
  }

  private static func shortened(_ message: String) -> String {
    guard message.utf8.count > maximumMessageLength else { return message }
    var end = message.utf8.index(message.startIndex, offsetBy: maximumMessageLength)
    while message.utf8[end] & 0xC0 == 0x80 { end = message.utf8.index(before: end) }
    return String(message[..<end])
  }
}

extension JournalRecord {
  fileprivate var kind: UInt8 {
    switch self {
    case .runStarted: JournalLine.Kind.runStarted
    case .intent: JournalLine.Kind.intent
    case .opened: JournalLine.Kind.opened
    case .completing: JournalLine.Kind.completing
    case .closed: JournalLine.Kind.closed
    case .replacing: JournalLine.Kind.replacing
    case .kept: JournalLine.Kind.kept
    case .done: JournalLine.Kind.done
    case .earlier: JournalLine.Kind.earlier
    case .failed: JournalLine.Kind.failed
    case .sending: JournalLine.Kind.sending
    case .putting(_, let intent):
      intent.settings == nil ? JournalLine.Kind.putting : JournalLine.Kind.puttingWithSettings
    case .existing: JournalLine.Kind.existing
    case .orphaned: JournalLine.Kind.orphaned
    case .doubted: JournalLine.Kind.doubted
    case .runEnded: JournalLine.Kind.runEnded
    }
  }
}
