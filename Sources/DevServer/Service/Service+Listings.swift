internal import Digests

extension Service {
  private static let maximumPage = 1000
  private static let defaultPage = 100

  /// ListObjects and ListObjectsV2.
  func listObjects(_ request: Request) throws(ServiceError) -> Reply {
    let bucket = try request.requireBucket()
    let query = request.target.query
    let isVersion2 = query["list-type"] == "2"
    let maximum = try query.number(
      "max-keys", in: 0...Service.maximumPage, fallback: Service.defaultPage)
    let marker = try startMarker(query, isVersion2: isVersion2)
    var page = ListingPage<StoredObject>(
      prefix: query["prefix"] ?? "", delimiter: query["delimiter"] ?? "", maximum: maximum)
    page = storage.read(bucket) { [page] state in
      var page = page
      let keys = state.keys()
      for key in keys[keys.firstIndex(after: marker, and: query["prefix"])...] {
        guard page.offer(key, after: marker, { state.objects[key] }) else { break }
      }
      return page
    }
    let listing = Listing(request: request, bucket: bucket, maximum: maximum, page: page)
    return .xml(
      XMLWriter.document("ListBucketResult") { xml in
        if isVersion2 { xml.version2(listing) } else { xml.version1(listing, marker) }
        for object in page.entries {
          xml.object(object, request, owner: !isVersion2 || query["fetch-owner"] == "true")
        }
        xml.commonPrefixes(page.commonPrefixes, request)
      })
  }

  /// Where a page starts: after the marker of version 1, the token or `start-after` of version 2.
  private func startMarker(_ query: Query, isVersion2: Bool) throws(ServiceError) -> ObjectKey? {
    guard isVersion2 else { return query["marker"].flatMap { $0.isEmpty ? nil : ObjectKey($0) } }
    guard let token = query["continuation-token"], !token.isEmpty else {
      return query["start-after"].map(ObjectKey.init)
    }
    guard let bytes = Base64.decode(token.utf8) else {
      throw ServiceError.invalidArgument(
        "The continuation token is none of this server's.", "continuation-token", token)
    }
    return ObjectKey(bytes)
  }

  /// ListMultipartUploads (OSS API reference, "ListMultipartUploads").
  func listUploads(_ request: Request) throws(ServiceError) -> Reply {
    let bucket = try request.requireBucket()
    let query = request.target.query
    let maximum = try query.number(
      "max-uploads", in: 1...Service.maximumPage, fallback: Service.maximumPage)
    let marker = query["key-marker"].flatMap { $0.isEmpty ? nil : ObjectKey($0) }
    let identifierMarker = marker == nil ? "" : query["upload-id-marker"] ?? ""
    let uploads = storage.read(bucket) { Array($0.uploads.values) }
      .filter { $0.follows(marker, identifierMarker) }
      .sorted { ($0.key, $0.identifier) < ($1.key, $1.identifier) }
    var page = ListingPage<OpenUpload>(
      prefix: query["prefix"] ?? "", delimiter: query["delimiter"] ?? "", maximum: maximum)
    for upload in uploads {
      guard page.offer(upload.key, after: marker, { upload }) else { break }
    }
    let result = page
    return .xml(
      XMLWriter.document("ListMultipartUploadsResult") { xml in
        xml.encodingType(request)
        xml.element("Bucket", bucket)
        xml.element("KeyMarker", request.shown(marker ?? ObjectKey("")))
        xml.element("UploadIdMarker", identifierMarker)
        xml.element("NextKeyMarker", request.shown(result.nextMarker))
        xml.element("NextUploadIdMarker", result.nextIdentifierMarker)
        xml.echo(["Prefix": "prefix", "Delimiter": "delimiter"], request)
        xml.element("MaxUploads", maximum)
        xml.element("IsTruncated", result.isTruncated ? "true" : "false")
        for upload in result.entries { xml.upload(upload, request) }
        xml.commonPrefixes(result.commonPrefixes, request)
      })
  }
}

/// What the head of an object listing tells.
private struct Listing {
  let request: Request
  let bucket: String
  let maximum: Int
  let page: ListingPage<StoredObject>
}

extension ListingPage {
  fileprivate var nextMarker: ObjectKey { (isTruncated ? lastKey : nil) ?? ObjectKey("") }
}

extension ListingPage<OpenUpload> {
  /// Empty when the page ends with a common prefix: the next one then starts after its whole group.
  fileprivate var nextIdentifierMarker: String {
    guard isTruncated, let last = entries.last, last.key == lastKey else { return "" }
    return last.identifier
  }
}

extension OpenUpload {
  fileprivate func follows(_ marker: ObjectKey?, _ identifierMarker: String) -> Bool {
    guard let marker else { return true }
    if key == marker && !identifierMarker.isEmpty { return identifier > identifierMarker }
    return key > marker
  }
}

extension [ObjectKey] {
  /// The first key behind the marker that can have the prefix, by binary search.
  fileprivate func firstIndex(after marker: ObjectKey?, and prefix: String?) -> Int {
    let start = ObjectKey(prefix ?? "")
    var range = 0..<count
    while !range.isEmpty {
      let middle = (range.lowerBound + range.upperBound) / 2
      let isBefore = self[middle] < start || marker.map { self[middle] <= $0 } == true
      range = isBefore ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return range.lowerBound
  }
}

extension XMLWriter {
  fileprivate mutating func version1(_ listing: Listing, _ marker: ObjectKey?) {
    head(listing)
    element("Marker", listing.request.shown(marker ?? ObjectKey("")))
    if listing.page.isTruncated {
      element("NextMarker", listing.request.shown(listing.page.nextMarker))
    }
  }

  fileprivate mutating func version2(_ listing: Listing) {
    head(listing)
    echo(["StartAfter": "start-after"], listing.request)
    element("ContinuationToken", listing.request.target.query["continuation-token"] ?? "")
    element("KeyCount", listing.page.entries.count + listing.page.commonPrefixes.count)
    if listing.page.isTruncated {
      element("NextContinuationToken", Base64.encode(listing.page.nextMarker.bytes))
    }
  }

  private mutating func head(_ listing: Listing) {
    encodingType(listing.request)
    element("Name", listing.bucket)
    echo(["Prefix": "prefix", "Delimiter": "delimiter"], listing.request)
    element("MaxKeys", listing.maximum)
    element("IsTruncated", listing.page.isTruncated ? "true" : "false")
  }

  /// Repeats parameters of the query, as elements.
  fileprivate mutating func echo(_ names: KeyValuePairs<String, String>, _ request: Request) {
    for (name, parameter) in names {
      element(name, request.shown(ObjectKey(request.target.query[parameter] ?? "")))
    }
  }

  fileprivate mutating func object(_ object: StoredObject, _ request: Request, owner: Bool) {
    element("Contents") { xml in
      xml.element("Key", request.shown(object.key))
      xml.element("LastModified", Timestamps.iso8601(object.modified))
      xml.element("ETag", "\"\(object.entityTag)\"")
      xml.element("Type", object.kind.rawValue)
      xml.element("Size", object.size)
      xml.element("StorageClass", object.header("x-oss-storage-class") ?? "Standard")
      if owner { xml.owner() }
    }
  }

  fileprivate mutating func upload(_ upload: OpenUpload, _ request: Request) {
    element("Upload") { xml in
      xml.element("Key", request.shown(upload.key))
      xml.element("UploadId", upload.identifier)
      xml.element("StorageClass", upload.storageClass)
      xml.element("Initiated", Timestamps.iso8601(upload.initiated))
    }
  }

  fileprivate mutating func commonPrefixes(_ prefixes: [ObjectKey], _ request: Request) {
    for prefix in prefixes {
      element("CommonPrefixes") { $0.element("Prefix", request.shown(prefix)) }
    }
  }
}
