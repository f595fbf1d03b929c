/// A request that the transport can send as it is.
package struct SignedRequest: Sendable, Equatable {
  package var method: Method
  /// Terminated by NUL. The path must be sent as it stands, dot segments included.
  package var url: [UInt8]
  /// `Name: value` lines, each terminated by NUL. `Name;` is a header with an empty value, `Name:`
  /// a header that must not be sent although the transport would add it.
  package var headerLines: [UInt8]
  /// The XML of CompleteMultipartUpload; empty for every other operation.
  package var body: [UInt8]
  /// Bytes of the body, whether it is here or comes from the source.
  package var contentLength: Int
}
