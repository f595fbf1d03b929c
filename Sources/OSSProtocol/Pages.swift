internal import BatchCore
internal import Checksum

/// Why a page of a list is not believed. One that does not go on where it was asked to might have no end.
enum PageProblem: Error {
  /// A value is missing, or cannot be what it is.
  case missingValue
  case outOfOrder

  /// The end of a sentence that begins with the list.
  var words: String {
    switch self {
    case .missingValue: "lacks a value"
    case .outOfOrder: "is out of order"
    }
  }
}

extension PartsPage {
  /// Reads a `ListPartsResult` (OSS API reference, "ListParts"), the answer to a request for what is behind `marker`.
  init(_ root: XMLElement, after marker: Int) throws(PageProblem) {
    var parts: [ListedPart] = []
    for element in root.children("Part") {
      guard let part = ListedPart(element) else { throw .missingValue }
      guard part.number > parts.last?.number ?? marker else { throw .outOfOrder }
      parts.append(part)
    }
    var next: Int?
    if root["IsTruncated"] == "true" {
      guard let number = root["NextPartNumberMarker"].flatMap({ Int($0) }) else {
        throw .missingValue
      }
      guard let last = parts.last, (last.number...UploadPlan.maximumPartCount).contains(number)
      else { throw .outOfOrder }
      next = number
    }
    self.init(parts: parts, nextMarker: next)
  }
}

extension ListedPart {
  fileprivate init?(_ element: XMLElement) {
    guard let number = element["PartNumber"].flatMap({ Int($0) }),
      (1...UploadPlan.maximumPartCount).contains(number),
      let size = element["Size"].flatMap({ Int($0) }), size >= 0,
      let etag = element["ETag"], !etag.isEmpty
    else { return nil }
    let crc64 = element["HashCrc64ecma"].flatMap { CRC64(decimal: $0.utf8.span) }
    self.init(number: number, size: size, etag: etag, crc64: crc64)
  }
}

extension UploadsPage {
  /// Reads a `ListMultipartUploadsResult` (OSS API reference, "ListMultipartUploads": keys in their order, and of one key the
  /// upload ids in theirs), the answer to a request for what is behind `marker`, by a service with
  /// this clock.
  init(
    _ root: XMLElement, after marker: UploadsMarker?, _ clock: ServiceClock
  ) throws(PageProblem) {
    let decoded = { (text: String) in
      root["EncodingType"] == "url" ? PercentEncoding.decode(text) : text
    }
    var uploads: [Upload] = []
    for element in root.children("Upload") {
      guard let key = element["Key"], let uploadID = element["UploadId"], !uploadID.isEmpty
      else { throw .missingValue }
      let initiated = element["Initiated"].flatMap(CalendarTime.init(rfc3339:))?.seconds
      uploads.append(
        Upload(
          key: decoded(key), uploadID: uploadID,
          initiated: initiated.flatMap { ReplyInterpreter.span(of: $0, by: clock) }))
    }
    var next: UploadsMarker?
    if root["IsTruncated"] == "true" {
      guard let key = root["NextKeyMarker"], !key.isEmpty else { throw .missingValue }
      let following = UploadsMarker(key: decoded(key), uploadID: root["NextUploadIdMarker"] ?? "")
      guard marker?.precedes(following) ?? true else { throw .outOfOrder }
      next = following
    }
    self.init(uploads: uploads, next: next)
  }
}
