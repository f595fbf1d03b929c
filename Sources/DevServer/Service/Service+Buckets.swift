extension Service {
  private static let defaultRegion = "cn-hangzhou"

  /// As the service names it, e.g. `oss-cn-hangzhou`.
  private var location: String { "oss-\(verifier.region ?? Service.defaultRegion)" }

  /// GetBucketInfo (OSS API reference, "GetBucketInfo").
  func bucketInfo(_ request: Request) throws(ServiceError) -> Reply {
    let bucket = try request.requireBucket()
    let created = storage.read(bucket, \.created)
    return .xml(
      XMLWriter.document("BucketInfo") { xml in
        xml.element("Bucket") { xml in
          xml.element("Name", bucket)
          xml.element("Location", location)
          xml.element("CreationDate", Timestamps.iso8601(created))
          xml.element("ExtranetEndpoint", request.host)
          xml.element("IntranetEndpoint", request.host)
          xml.element("StorageClass", "Standard")
          xml.element("DataRedundancyType", "LRS")
          xml.owner()
          xml.element("AccessControlList") { $0.element("Grant", "private") }
        }
      })
  }

  /// GetBucketLocation.
  func bucketLocation() -> Reply {
    var xml = XMLWriter()
    xml.element("LocationConstraint", location)
    return .xml(xml.text + "\n")
  }

  /// PutBucket: a bucket that is there stays as it is.
  func putBucket(_ request: Request) throws(ServiceError) -> Reply {
    let bucket = try request.requireBucket()
    try storage.change(bucket) { _ throws(StorageFailure) in }
    return Reply(200, [("Location", "/\(bucket)")])
  }
}
