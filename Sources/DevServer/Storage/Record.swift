/// The text form of a metadata file: a first line that names the format, `name: value` fields, an
/// empty line, and the stored headers as `name: value`. Values are percent-encoded.
struct Record {
  private static let formatLine = "oss-devserver 1"
  var fields: [String: String] = [:]
  var headers: [StoredHeader] = []

  init() {}

  /// nil when the text is not a whole record.
  init?(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first == Substring(Record.formatLine), lines.last == "end" else { return nil }
    var inHeaders = false
    for line in lines.dropFirst().dropLast() {
      if line.isEmpty {
        inHeaders = true
        continue
      }
      guard let colon = line.firstIndex(of: ":"),
        let bytes = PercentEncoding.decode(line[colon...].dropFirst(2).utf8)
      else { return nil }
      let name = String(line[..<colon])
      let value = String(decoding: bytes, as: UTF8.self)
      if inHeaders {
        headers.append(StoredHeader(name: name, value: value))
      } else {
        fields[name] = value
      }
    }
  }

  var text: String {
    let head = fields.sorted { $0.key < $1.key }.map { line($0.key, $0.value) }
    return Record.formatLine + "\n" + head.joined() + "\n"
      + headers.map { line($0.name, $0.value) }.joined() + "end"
  }

  private func line(_ name: String, _ value: String) -> String {
    "\(name): \(PercentEncoding.encode(value.utf8))\n"
  }
}

extension StoredObject {
  /// `data` is the name of the incoming file that becomes the object's file.
  func record(data: String) -> Record {
    var record = Record()
    record.fields = [
      "key": key.text, "size": String(size), "modified": String(modified),
      "crc64": String(checksum), "etag": entityTag, "kind": kind.rawValue, "data": data,
    ]
    record.headers = headers
    return record
  }

  init?(_ record: Record) {
    guard let key = record.fields["key"], let size = record.fields["size"].flatMap(Int.init),
      let modified = record.fields["modified"].flatMap(Int64.init),
      let checksum = record.fields["crc64"].flatMap(UInt64.init),
      let entityTag = record.fields["etag"],
      let kind = record.fields["kind"].flatMap(Kind.init(rawValue:))
    else { return nil }
    self.init(
      key: ObjectKey(key), size: size, modified: modified, checksum: checksum,
      entityTag: entityTag, kind: kind, headers: record.headers)
  }
}

extension OpenUpload {
  var record: Record {
    var record = Record()
    record.fields = ["key": key.text, "initiated": String(initiated)]
    record.headers = headers
    return record
  }

  init?(identifier: String, _ record: Record) {
    guard let key = record.fields["key"],
      let initiated = record.fields["initiated"].flatMap(Int64.init)
    else { return nil }
    self.init(
      identifier: identifier, key: ObjectKey(key), initiated: initiated, headers: record.headers)
  }
}
