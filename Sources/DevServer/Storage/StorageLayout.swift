internal import Digests

/// Where things lie below the root directory:
///
/// - `BUCKET/objects/NAME`: an object's bytes; `NAME` is its key percent-encoded (`FileNames`)
/// - `BUCKET/metadata/NAME`: its key, headers, checksums and times, as text (`Record`)
/// - `BUCKET/uploads/ID/upload`: an open multipart upload
/// - `BUCKET/uploads/ID/NNNNN.TIME.CRC64.MD5`: one of its parts
/// - `.incoming/`: bodies being received
/// - `.lock`: held by the running server
///
/// Everything appears by a rename, so a kill at any moment leaves a state that can be continued. An
/// object has two files: its metadata is renamed first and names the incoming file, and a start
/// finishes what was cut off between the two (`StorageLoader`).
struct StorageLayout: Sendable {
  static let uploadRecord = "upload"
  let root: String

  var incoming: String { "\(root)/.incoming" }
  var lock: String { "\(root)/.lock" }

  func bucket(_ name: String) -> String { "\(root)/\(name)" }
  func objects(_ bucket: String) -> String { "\(root)/\(bucket)/objects" }
  func metadata(_ bucket: String) -> String { "\(root)/\(bucket)/metadata" }
  func uploads(_ bucket: String) -> String { "\(root)/\(bucket)/uploads" }
  func upload(_ bucket: String, _ identifier: String) -> String {
    "\(root)/\(bucket)/uploads/\(identifier)"
  }

  func object(_ bucket: String, _ key: ObjectKey) -> String {
    "\(objects(bucket))/\(FileNames.name(for: key))"
  }

  func metadata(_ bucket: String, _ key: ObjectKey) -> String {
    "\(metadata(bucket))/\(FileNames.name(for: key))"
  }

  func part(_ bucket: String, _ identifier: String, _ part: StoredPart) -> String {
    "\(upload(bucket, identifier))/\(part.fileName)"
  }
}

extension StoredPart {
  /// The name holds what the file itself does not, so that one rename stores the whole part.
  static func fileName(number: Int, time: Int64, checksum: UInt64, md5: [UInt8]) -> String {
    let padded = String(100_000 + number).dropFirst()
    return "\(padded).\(time).\(checksum).\(Hexadecimal.lowercase(md5))"
  }

  /// From a file's name, size and time; nil when the name is not a part's.
  init?(fileName: String, size: Int, modified: Int64) {
    let fields = fileName.split(separator: ".", omittingEmptySubsequences: false)
    guard fields.count == 4, let number = Int(fields[0]), StoredPart.numbers.contains(number),
      let checksum = UInt64(fields[2]), let md5 = Hexadecimal.decode(fields[3]), md5.count == 16
    else { return nil }
    self.init(
      number: number, size: size, modified: modified, checksum: checksum, md5: md5,
      fileName: fileName)
  }
}
