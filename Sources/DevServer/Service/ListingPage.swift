/// One page of a listing: entries in order, those with a common beginning grouped when a delimiter
/// says so.
struct ListingPage<Entry: Sendable>: Sendable {
  private(set) var entries: [Entry] = []
  /// Beginnings up to and with the delimiter, in order.
  private(set) var commonPrefixes: [ObjectKey] = []
  private(set) var isTruncated = false
  /// The last entry or prefix of the page, where the next page starts after.
  private(set) var lastKey: ObjectKey?
  private let prefix: [UInt8]
  private let delimiter: [UInt8]
  private let maximum: Int

  /// `maximum` counts entries and common prefixes together.
  init(prefix: String, delimiter: String, maximum: Int) {
    self.prefix = Array(prefix.utf8)
    self.delimiter = Array(delimiter.utf8)
    self.maximum = maximum
  }

  /// Takes the next entry in order; false when the page is full and the listing can stop.
  mutating func offer(_ key: ObjectKey, after marker: ObjectKey?, _ entry: () -> Entry?) -> Bool {
    guard key.bytes.starts(with: prefix) else { return true }
    let group = commonPrefix(of: key)
    if let group, group == commonPrefixes.last || group == marker { return true }
    guard let entry = entry() else { return true }
    guard entries.count + commonPrefixes.count < maximum else {
      isTruncated = true
      return false
    }
    if let group {
      commonPrefixes.append(group)
    } else {
      entries.append(entry)
    }
    lastKey = group ?? key
    return true
  }

  private func commonPrefix(of key: ObjectKey) -> ObjectKey? {
    guard !delimiter.isEmpty else { return nil }
    let rest = key.bytes[prefix.count...]
    guard let range = rest.firstRange(of: delimiter) else { return nil }
    return ObjectKey(Array(key.bytes[..<range.upperBound]))
  }
}
