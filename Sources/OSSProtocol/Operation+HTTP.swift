internal import BatchCore

/// How operations are expressed in HTTP (OSS API reference, "API overview").
extension Operation {
  var method: Method {
    switch self {
    case .putObject, .uploadPart: .put
    case .initiateMultipartUpload, .completeMultipartUpload: .post
    case .listParts, .listMultipartUploads: .get
    case .abortMultipartUpload: .delete
    case .headObject: .head
    }
  }

  /// The largest page that the service gives.
  static let pageSize = "1000"

  /// Keys in replies are asked for percent-encoded: XML cannot express every legal key.
  func query(key: String) -> [QueryParameter] {
    switch self {
    case .putObject, .headObject: return []
    case .initiateMultipartUpload:
      return [QueryParameter("encoding-type", "url"), QueryParameter("uploads")]
    case .uploadPart(let uploadID, let number, _):
      return [QueryParameter("partNumber", String(number)), QueryParameter("uploadId", uploadID)]
    case .listParts(let uploadID, let marker):
      let page = [
        QueryParameter("encoding-type", "url"), QueryParameter("max-parts", Self.pageSize),
        QueryParameter("uploadId", uploadID),
      ]
      return marker == 0 ? page : page + [QueryParameter("part-number-marker", String(marker))]
    case .completeMultipartUpload(let uploadID, _):
      return [QueryParameter("encoding-type", "url"), QueryParameter("uploadId", uploadID)]
    case .abortMultipartUpload(let uploadID): return [QueryParameter("uploadId", uploadID)]
    case .listMultipartUploads(let marker):
      let page = [
        QueryParameter("encoding-type", "url"), QueryParameter("max-uploads", Self.pageSize),
        QueryParameter("prefix", key), QueryParameter("uploads"),
      ]
      guard let marker else { return page }
      return page + [
        QueryParameter("key-marker", marker.key),
        QueryParameter("upload-id-marker", marker.uploadID),
      ]
    }
  }

  var isAboutBucket: Bool {
    if case .listMultipartUploads = self { true } else { false }
  }

  var isPart: Bool {
    if case .uploadPart = self { true } else { false }
  }

  /// The body comes from the source file.
  var sendsSource: Bool { self == .putObject || isPart }
}
