internal import Foundation

/// An object as it lies in the server's files.
package struct StoredObject {
  package var bytes: [UInt8]
  /// Stored headers by lower-case name.
  package var headers: [String: String]
  package var crc64: String
}

extension Server {
  /// The object of a key, nil when there is none.
  package func object(_ key: String, bucket: String = "bucket") throws -> StoredObject? {
    try objects(bucket: bucket)[key]
  }

  /// All objects of a bucket by their keys.
  package func objects(bucket: String = "bucket") throws -> [String: StoredObject] {
    guard FileManager.default.fileExists(atPath: root("\(bucket)/metadata")) else { return [:] }
    var objects: [String: StoredObject] = [:]
    for name in try root.names(in: "\(bucket)/metadata") {
      let record = String(
        decoding: try root.read("\(bucket)/metadata/\(name)"), as: UTF8.self)
      let halves = record.components(separatedBy: "\n\n")
      let fields = Self.fields(halves[0])
      guard let key = fields["key"] else { throw Problem("a record without a key: \(record)") }
      objects[key] = StoredObject(
        bytes: try root.read("\(bucket)/objects/\(name)"),
        headers: halves.count > 1 ? Self.fields(halves[1]) : [:], crc64: fields["crc64"] ?? "")
    }
    return objects
  }

  private static func fields(_ text: String) -> [String: String] {
    var fields: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let halves = line.components(separatedBy: ": ")
      if halves.count == 2 { fields[halves[0]] = halves[1].removingPercentEncoding }
    }
    return fields
  }
}
