internal import BatchCore

/// What a failed reply means for the run: the table of "Error codes" in the OSS API reference. A detail code decides
/// before a code, a code before the status.
enum ErrorTable {
  private static let kindsByDetailCode: [String: Failure.Kind] = [
    "0002-00000003": .credentialsExpired,
    "0002-00000006": .credentialsExpired,
    "0002-00000007": .credentialsExpired,
    "0002-00000008": .credentialsExpired,
    // What a V4 signature is scoped to, foremost a region that is not the bucket's.
    "0002-00000213": .fatal,
    "0002-00000504": .clockSkew,
  ]

  private static let kindsByCode: [String: Failure.Kind] = [
    // Wrong for every entry of the target.
    "InvalidAccessKeyId": .fatal,
    "SignatureDoesNotMatch": .fatal,
    "NoSuchBucket": .fatal,
    "InvalidBucketName": .fatal,
    "UserDisable": .fatal,
    "BucketDisable": .fatal,
    "AbnormalBucketOwnerStatus": .fatal,
    "TransferAccelerationDisabled": .fatal,
    "SecondLevelDomainForbidden": .fatal,
    "NonStandardHostForbidden": .fatal,
    "PermanentRedirect": .fatal,
    "CnameDenied": .fatal,
    // Newer credentials may help.
    "SecurityTokenExpired": .credentialsExpired,
    "InvalidSecurityToken": .credentialsExpired,
    "AccessKeyIdAndSecurityTokenNotMatch": .credentialsExpired,
    "RequestTimeTooSkewed": .clockSkew,
    "AccessDenied": .forbidden,
    // The state of an upload or object.
    "NoSuchUpload": .noSuchUpload,
    "NoSuchKey": .noSuchKey,
    "FileAlreadyExists": .alreadyExists,
    "InvalidPart": .invalidParts,
    "FilePartNotExist": .invalidParts,
    "FilePartInterity": .invalidParts,
    "FilePartStale": .invalidParts,
    "EntityTooSmall": .invalidParts,
    // Damage and delay on the way.
    "InvalidDigest": .transient,
    "InvalidCRC64": .transient,
    "RequestTimeout": .transient,
    "IncompleteBody": .transient,
    "BadRequest": .transient,
    "InternalError": .transient,
    // Less, please.
    "SlowDown": .throttled,
    "ServiceUnavailable": .throttled,
    "QpsLimitExceeded": .throttled,
    "TotalQpsLimitExceeded": .throttled,
    "MetaOperationQpsLimitExceeded": .throttled,
    "PartitionQpsLimitted": .throttled,
    "ActiveRequestLimitExceeded": .throttled,
    "UploadTrafficRateLimitExceeded": .throttled,
    "DownloadTrafficRateLimitExceeded": .throttled,
    "CpuLimitExceeded": .throttled,
    // The service refuses this object, and will again.
    "KmsServiceNotEnabled": .rejected,
    "WORMConfigurationLocked": .rejected,
    "InvalidObjectState": .rejected,
    "BucketNotBelongTo": .rejected,
  ]

  static func kind(_ document: ErrorDocument, status: Int) -> Failure.Kind {
    if let kind = kindsByDetailCode[document.detailCode] { return kind }
    // The bucket lives elsewhere, and the service says where.
    if document.code == "AccessDenied", !document.endpoint.isEmpty { return .fatal }
    return kindsByCode[document.code] ?? kind(status: status)
  }

  private static func kind(status: Int) -> Failure.Kind {
    switch status {
    case 300..<400 where status != 304: .fatal  // redirects are not followed
    case 401: .credentialsExpired
    case 403: .forbidden
    case 408: .transient
    case 429, 503: .throttled
    case 500...: .transient
    default: .rejected
    }
  }
}
