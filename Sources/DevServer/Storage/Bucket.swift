/// The objects and open uploads of one bucket, as they lie on disk.
struct Bucket: Sendable {
  /// Seconds since 1970.
  let created: Int64
  private(set) var objects: [ObjectKey: StoredObject] = [:]
  var uploads: [String: OpenUpload] = [:]
  /// In byte order, for listings; nil when a change has made it stale.
  private var sortedKeys: [ObjectKey]?

  init(created: Int64) { self.created = created }

  mutating func insert(_ object: StoredObject) {
    if objects.updateValue(object, forKey: object.key) == nil { sortedKeys = nil }
  }

  mutating func remove(_ key: ObjectKey) {
    if objects.removeValue(forKey: key) != nil { sortedKeys = nil }
  }

  /// All keys in byte order.
  mutating func keys() -> [ObjectKey] {
    if let sortedKeys { return sortedKeys }
    let keys = objects.keys.sorted()
    sortedKeys = keys
    return keys
  }
}
