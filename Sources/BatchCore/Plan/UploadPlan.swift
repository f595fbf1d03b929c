/// How an object of a given size travels: in one PutObject, or in parts. The only place where a part
/// size is chosen. Limits: OSS documentation, "Limits" (parts of 100 KiB … 5 GiB, at most 10,000).
package struct UploadPlan: Sendable, Equatable {
  package static let minimumPartSize = 100 << 10
  package static let maximumPartSize = 5 << 30
  package static let maximumPartCount = 10_000
  /// No object is larger.
  package static let maximumSize = maximumPartSize * maximumPartCount
  /// Largest body of one PutObject.
  package static let maximumPutSize = 5 << 30
  /// Part size of `auto` as long as it gives no more than 10,000 parts.
  package static let automaticPartSize = 8 << 20
  /// `auto` grows in steps of this, so that part boundaries stay round.
  private static let automaticStep = 1 << 20

  /// Bytes of the object.
  package var size: Int
  /// Bytes of every part but the last; nil when the object travels in one PutObject.
  package var partSize: Int?

  /// Why an object cannot be planned.
  package enum Problem: Error, Equatable {
    /// The explicit part size would need this many parts; `needed` is the smallest that would do.
    case tooManyParts(count: Int, partSize: Int, needed: Int)
    /// Larger than any object may be.
    case tooLarge(size: Int, limit: Int)

    package var message: String {
      switch self {
      case .tooManyParts(let count, let partSize, let needed):
        "part_size \(partSize) would make \(count) parts, and \(maximumPartCount) is the limit: "
          + "set part_size to auto or at least \(needed)"
      case .tooLarge(let size, let limit):
        "the file has \(size) bytes, and the largest possible object has \(limit)"
      }
    }
  }

  package init(size: Int, settings: ObjectSettings) throws(Problem) {
    self.size = size
    guard size > settings.multipartThreshold else {
      partSize = nil
      return
    }
    guard size <= Self.maximumSize else { throw .tooLarge(size: size, limit: Self.maximumSize) }
    switch settings.partSize {
    case .auto: partSize = Self.automatic(for: size)
    case .fixed(let bytes):
      let count = Self.count(size, bytes)
      guard count <= Self.maximumPartCount else {
        let needed = Self.count(size, Self.maximumPartCount)
        throw .tooManyParts(count: count, partSize: bytes, needed: needed)
      }
      partSize = bytes
    }
  }

  /// A plan that is already known, of an upload that exists.
  package init(size: Int, partSize: Int) {
    self.size = size
    self.partSize = partSize
  }

  package var partCount: Int {
    guard let partSize else { return 1 }
    return Self.count(size, partSize)
  }

  /// The bytes of part `number`, from 1.
  package func range(ofPart number: Int) -> Range<Int> {
    guard let partSize else { return 0..<size }
    let start = (number - 1) * partSize
    return start..<min(start + partSize, size)
  }

  private static func count(_ size: Int, _ unit: Int) -> Int { (size + unit - 1) / unit }

  private static func automatic(for size: Int) -> Int {
    let least = count(size, maximumPartCount)
    return max(automaticPartSize, count(least, automaticStep) * automaticStep)
  }
}
