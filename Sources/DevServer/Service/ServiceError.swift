/// A refusal as OSS words it (OSS API reference, "Error responses"): the status, the code that programs read, the message
/// that people read, the EC where it is known, and the code's own elements.
struct ServiceError: Error, Sendable {
  var status: Int
  var code: String
  var message: String
  var errorCode: String?
  var details: [(name: String, value: String)] = []

  init(_ status: Int, _ code: String, _ message: String, errorCode: String? = nil) {
    self.status = status
    self.code = code
    self.message = message
    self.errorCode = errorCode
  }

  func with(_ name: String, _ value: String) -> ServiceError {
    var copy = self
    copy.details.append((name, value))
    return copy
  }

  /// The error's document.
  func document(requestID: String, host: String) -> String {
    XMLWriter.document("Error") { xml in
      xml.element("Code", code)
      xml.element("Message", message)
      xml.element("RequestId", requestID)
      xml.element("HostId", host)
      for detail in details { xml.element(detail.name, detail.value) }
      if let errorCode { xml.element("EC", errorCode) }
    }
  }
}

extension ServiceError {
  static func invalidArgument(
    _ message: String, _ name: String, _ value: String, errorCode: String? = nil
  ) -> ServiceError {
    ServiceError(400, "InvalidArgument", message, errorCode: errorCode)
      .with("ArgumentName", name).with("ArgumentValue", value)
  }

  static func invalidURI(_ uri: String) -> ServiceError {
    ServiceError(400, "InvalidURI", "The request target is not a percent-encoded path.")
      .with("URI", uri)
  }

  static func noSuchBucket(_ name: String) -> ServiceError {
    ServiceError(
      404, "NoSuchBucket", "The specified bucket does not exist.", errorCode: "0015-00000101"
    ).with("BucketName", name)
  }

  static func noSuchKey(_ key: ObjectKey) -> ServiceError {
    ServiceError(
      404, "NoSuchKey", "The specified key does not exist.", errorCode: "0026-00000001"
    ).with("Key", key.text)
  }

  static func noSuchUpload(_ identifier: String, _ operation: Operation) -> ServiceError {
    ServiceError(
      404, "NoSuchUpload",
      "The specified upload does not exist. The upload ID may be invalid, or the upload may have "
        + "been aborted or completed.",
      errorCode: operation == .complete ? "0042-00000203" : "0017-00000244"
    ).with("UploadId", identifier)
  }

  static func fileAlreadyExists(_ key: ObjectKey) -> ServiceError {
    ServiceError(
      409, "FileAlreadyExists",
      "The object you specified already exists and can not be overwritten.",
      errorCode: "0026-00000025"
    ).with("Key", key.text)
  }

  static func missingContentLength() -> ServiceError {
    ServiceError(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
  }

  static func malformedXML() -> ServiceError {
    ServiceError(
      400, "MalformedXML",
      "The XML you provided was not well-formed or did not validate against our published schema.")
  }

  static func internalError(_ reason: String) -> ServiceError {
    ServiceError(500, "InternalError", "The server has a problem with its storage: \(reason)")
  }
}
