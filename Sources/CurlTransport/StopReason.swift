/// Why this module, not libcurl, ended a request.
struct StopReason: Error {
  var kind: TransportFailure.Kind
  var detail: String

  init(_ kind: TransportFailure.Kind, _ detail: String = "") {
    self.kind = kind
    self.detail = detail
  }
}
