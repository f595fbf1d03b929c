/// Headers that osbatch sets itself where they are needed: a manifest cannot give them.
package enum OwnedHeaders {
  private static let connection = "it belongs to the connection, which osbatch manages"

  /// Why not, by the name in lower case.
  package static let reasons: [String: String] = [
    "host": "it follows from the target's endpoint and bucket",
    "content-length": "it is the size of what is sent",
    "content-md5": "use \"content_md5: true\"",
    "authorization": "osbatch signs every request",
    "date": "osbatch signs every request with its time",
    "x-oss-date": "osbatch signs every request with its time",
    "x-oss-security-token": "it comes with the credentials",
    "x-oss-content-sha256": "it belongs to the signature",
    "x-oss-forbid-overwrite": "use \"overwrite: never\"",
    "x-oss-complete-all": "osbatch names the parts of an upload itself",
    "transfer-encoding": connection,
    "expect": connection,
    "connection": connection,
    "keep-alive": connection,
    "proxy-connection": connection,
    "te": connection,
    "trailer": connection,
    "upgrade": connection,
  ]
}
