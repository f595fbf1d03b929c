/// Why a request has no complete reply.
package struct TransportFailure: Error, Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// The name of the server has no address.
    case resolve
    /// That of the proxy has none.
    case resolveProxy
    /// What the environment names as the proxy is no address of one. Permanent.
    case proxySetting
    /// No connection came to be: refused, unreachable, or not in time.
    case connect
    /// The file of roots that a certificate is checked against holds none, or cannot be read. Permanent.
    case rootsFile
    /// The server's certificate is not good. Permanent.
    case tlsCertificate
    /// The TLS handshake failed otherwise. May pass.
    case tlsHandshake
    /// Too little moved for too long.
    case stalled
    case sendFailed
    /// The connection ended before the whole reply was here.
    case receiveFailed
    /// The reply exceeds the request's limit.
    case replyTooLarge
    /// What came is not HTTP.
    case malformedReply
    /// The source file cannot be read; `code` is the `errno` value.
    case sourceReadFailed(code: CInt)
    /// The source file ended before the body did.
    case sourceTooShort
    /// By `cancel`, `cancelAll` or `stop`.
    case cancelled
    /// The request cannot be carried out as it stands (not a URL), or libcurl failed in a way that
    /// has no meaning here.
    case `internal`(String)
  }

  package var kind: Kind
  /// One sentence for people: lower case, no full stop; names the server or the file.
  package var message: String
  /// The request had been sent, in part at least, so the server may have acted on it.
  package var mayHaveTakenEffect: Bool

  package init(kind: Kind, message: String, mayHaveTakenEffect: Bool) {
    self.kind = kind
    self.message = message
    self.mayHaveTakenEffect = mayHaveTakenEffect
  }
}
