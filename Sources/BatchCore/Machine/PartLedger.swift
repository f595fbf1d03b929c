package import Checksum

/// The parts of one multipart upload: which are stored, which are still to be sent.
package struct PartLedger: Sendable, Equatable {
  private struct Part: Sendable, Equatable {
    var etag = ""
    var crc64: CRC64?
    var state: State = .unsent
  }

  private enum State: Sendable, Equatable { case unsent, taken, stored }

  package let plan: UploadPlan
  private var parts: ContiguousArray<Part>
  /// No unsent part has a lower index.
  private var cursor = 0
  package private(set) var unsentCount: Int
  package private(set) var storedCount = 0

  package init(plan: UploadPlan) {
    self.plan = plan
    parts = ContiguousArray(repeating: Part(), count: plan.partCount)
    unsentCount = parts.count
  }

  package var count: Int { parts.count }
  package var isComplete: Bool { storedCount == parts.count }

  /// Bytes of unsent parts, the last one counted as a full one.
  package var unsentBytes: Int { unsentCount * (plan.partSize ?? plan.size) }

  /// The lowest unsent part, which is then the caller's to send.
  package mutating func takeNext() -> Int? {
    while cursor < parts.count, parts[cursor].state != .unsent { cursor += 1 }
    guard cursor < parts.count else { return nil }
    parts[cursor].state = .taken
    unsentCount -= 1
    return cursor + 1
  }

  /// The service has this part; `crc64` is nil when its bytes were not checksummed.
  package mutating func store(_ number: Int, etag: String, crc64: CRC64?) {
    let index = number - 1
    if parts[index].state == .unsent { unsentCount -= 1 }
    if parts[index].state != .stored { storedCount += 1 }
    parts[index] = Part(etag: etag, crc64: crc64, state: .stored)
  }

  package var completedParts: [CompletedPart] {
    parts.indices.map { CompletedPart(number: $0 + 1, etag: parts[$0].etag) }
  }

  /// The whole object's checksum, combined over the parts; nil when one of them has none.
  package var combinedChecksum: CRC64? {
    var total = CRC64()
    for index in parts.indices {
      guard let crc64 = parts[index].crc64 else { return nil }
      total = CRC64.combine(total, crc64, lengthOfB: plan.range(ofPart: index + 1).count)
    }
    return total
  }
}
