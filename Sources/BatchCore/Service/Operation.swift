package import Checksum

/// One request to the service about one object (OSS API names). What it is about, the target and
/// key, travels beside it.
package enum Operation: Sendable, Equatable {
  case putObject
  case initiateMultipartUpload
  /// `number` counts from 1; `range` is the part's bytes in the source.
  case uploadPart(uploadID: String, number: Int, range: Range<Int>)
  /// Parts with a number greater than `marker`.
  case listParts(uploadID: String, marker: Int)
  /// Parts ascending by number.
  case completeMultipartUpload(uploadID: String, parts: [CompletedPart])
  case abortMultipartUpload(uploadID: String)
  case headObject
  /// Open uploads whose key begins with the object's key, one page, beginning after `marker`.
  case listMultipartUploads(marker: UploadsMarker?)
}

/// A part as Complete names it: the number and the ETag that the service gave, verbatim.
package struct CompletedPart: Sendable, Equatable {
  package var number: Int
  package var etag: String

  package init(number: Int, etag: String) {
    self.number = number
    self.etag = etag
  }
}

/// Where the next page of ListMultipartUploads begins.
package struct UploadsMarker: Sendable, Equatable {
  package var key: String
  package var uploadID: String

  package init(key: String, uploadID: String) {
    self.key = key
    self.uploadID = uploadID
  }

  /// In the order of the service's listings, by bytes; Swift compares texts by what Unicode takes for equal.
  package func precedes(_ other: UploadsMarker) -> Bool {
    guard key.utf8.elementsEqual(other.key.utf8) else {
      return key.utf8.lexicographicallyPrecedes(other.key.utf8)
    }
    return uploadID.utf8.lexicographicallyPrecedes(other.uploadID.utf8)
  }
}

/// What the service answered to an operation that succeeded.
package enum Reply: Sendable, Equatable {
  /// PutObject, UploadPart, CompleteMultipartUpload. `crc64` is nil when the service sent none.
  case stored(etag: String, crc64: CRC64?)
  case initiated(uploadID: String)
  case parts(PartsPage)
  case aborted
  case object(StoredObject)
  case uploads(UploadsPage)
}

/// A page of ListParts, ascending by number.
package struct PartsPage: Sendable, Equatable {
  package var parts: [ListedPart]
  /// The marker of the next page, nil on the last one.
  package var nextMarker: Int?

  package init(parts: [ListedPart], nextMarker: Int?) {
    self.parts = parts
    self.nextMarker = nextMarker
  }
}

/// A part as the service lists it.
package struct ListedPart: Sendable, Equatable {
  package var number: Int
  package var size: Int
  package var etag: String
  /// nil: the service gave none.
  package var crc64: CRC64?

  package init(number: Int, size: Int, etag: String, crc64: CRC64?) {
    self.number = number
    self.size = size
    self.etag = etag
    self.crc64 = crc64
  }
}

/// What HEAD tells of an object.
package struct StoredObject: Sendable, Equatable {
  package var size: Int
  package var etag: String
  package var crc64: CRC64?
  /// `x-oss-object-type`, e.g. "Normal" or "Multipart"; empty when the service gave none.
  package var type: String
  /// When it was stored; nil when the service did not say.
  package var modified: TimeSpan?
  /// It was not stored with the entry's settings, for certain.
  package var hasOtherHeaders = false

  package init(size: Int, etag: String, crc64: CRC64?, type: String, modified: TimeSpan?) {
    self.modified = modified
    self.size = size
    self.etag = etag
    self.crc64 = crc64
    self.type = type
  }
}

/// A page of ListMultipartUploads.
package struct UploadsPage: Sendable, Equatable {
  package struct Upload: Sendable, Equatable {
    package var key: String
    package var uploadID: String
    /// When it was; nil when the service did not say.
    package var initiated: TimeSpan?

    package init(key: String, uploadID: String, initiated: TimeSpan?) {
      self.key = key
      self.uploadID = uploadID
      self.initiated = initiated
    }
  }

  /// Upload ids that can only be of an Initiate whose answer was lost: of exactly this key, begun no
  /// earlier than the intent (seconds since 1970).
  package func strays(of key: String, since intent: Int64) -> [String] {
    uploads(of: key).filter { $0.initiated?.isSince(intent) == true }.map(\.uploadID)
  }

  /// What people are told of the uploads that are ours if a clock was set since the intent, and else somebody else's.
  package func warnings(ofDoubtful key: String, since intent: Int64) -> [String] {
    uploads(of: key).compactMap { upload in
      guard let initiated = upload.initiated else {
        return Self.warning(
          ofUpload: upload.uploadID, why: "since it is not known when it was begun")
      }
      guard !initiated.isSince(intent), !initiated.isBefore(intent - TimeSpan.largestClockChange)
      else { return nil }
      let why =
        initiated.isVague
        ? "since it is not known exactly when it was begun" : "if a clock has been set since"
      return Self.warning(ofUpload: upload.uploadID, why: why)
    }
  }

  /// To ask once more may tell whose some of them are.
  package func isVague(of key: String, since intent: Int64) -> Bool {
    uploads(of: key).contains { upload in
      upload.initiated.map { $0.isVague && !$0.isSince(intent) && !$0.isBefore(intent) } ?? false
    }
  }

  private func uploads(of key: String) -> [Upload] {
    uploads.filter { ExactText($0.key) == ExactText(key) }
  }

  /// What people are told of an upload that stays since it may be somebody else's; `why` it may be ours.
  static func warning(ofUpload uploadID: String, why: String) -> String {
    "an upload of this key is open that may be ours, \(why), or somebody else's: upload id \(uploadID) "
      + "stays until its owner aborts it"
  }

  package var uploads: [Upload]
  package var next: UploadsMarker?

  package init(uploads: [Upload], next: UploadsMarker?) {
    self.uploads = uploads
    self.next = next
  }
}

extension Operation {
  /// The operation's name in events and messages.
  package var name: String {
    switch self {
    case .putObject: "PutObject"
    case .initiateMultipartUpload: "InitiateMultipartUpload"
    case .uploadPart(_, let number, _): "UploadPart \(number)"
    case .listParts: "ListParts"
    case .completeMultipartUpload: "CompleteMultipartUpload"
    case .abortMultipartUpload: "AbortMultipartUpload"
    case .headObject: "HeadObject"
    case .listMultipartUploads: "ListMultipartUploads"
    }
  }
}
