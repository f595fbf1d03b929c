internal import BatchCore
internal import Checksum

extension PartsPage {
  /// Reads a `ListPartsResult` (OSS API reference, "ListParts"); nil when a value is missing or is no number, or
  /// when the next page would not lie behind this one.
  init?(_ root: XMLElement) {
    var parts: [ListedPart] = []
    for element in root.children("Part") {
      guard let part = ListedPart(element) else { return nil }
      guard part.number > (parts.last?.number ?? 0) else { return nil }
      parts.append(part)
    }
    var marker: Int?
    if root["IsTruncated"] == "true" {
      marker = root["NextPartNumberMarker"].flatMap { Int($0) }
      guard let marker, let last = parts.last, marker >= last.number else { return nil }
    }
    self.init(parts: parts, nextMarker: marker)
  }
}

extension ListedPart {
  fileprivate init?(_ element: XMLElement) {
    guard let number = element["PartNumber"].flatMap({ Int($0) }),
      let size = element["Size"].flatMap({ Int($0) }), size >= 0,
      let etag = element["ETag"], !etag.isEmpty
    else { return nil }
    let crc64 = element["HashCrc64ecma"].flatMap { CRC64(decimal: $0.utf8.span) }
    self.init(number: number, size: size, etag: etag, crc64: crc64)
  }
}

extension UploadsPage {
  /// Reads a `ListMultipartUploadsResult` (OSS API reference, "ListMultipartUploads"); nil when a value is missing, or when
  /// the next page would be the one asked for.
  init?(_ root: XMLElement, after marker: UploadsMarker?) {
    let decoded = { (text: String) in
      root["EncodingType"] == "url" ? PercentEncoding.decode(text) : text
    }
    var uploads: [Upload] = []
    for element in root.children("Upload") {
      guard let key = element["Key"], let uploadID = element["UploadId"], !uploadID.isEmpty
      else { return nil }
      let initiated = element["Initiated"].flatMap(CalendarTime.init(rfc3339:))?.seconds
      uploads.append(Upload(key: decoded(key), uploadID: uploadID, initiated: initiated))
    }
    var next: UploadsMarker?
    if root["IsTruncated"] == "true" {
      guard let key = root["NextKeyMarker"], !key.isEmpty else { return nil }
      next = UploadsMarker(key: decoded(key), uploadID: root["NextUploadIdMarker"] ?? "")
      guard next != marker else { return nil }
    }
    self.init(uploads: uploads, next: next)
  }
}
