/// Why an operation did not succeed, with what the user must read and what may be done next.
package struct Failure: Error, Sendable, Equatable {
  /// What the failure means; each kind has one answer in the run machine.
  package enum Kind: Sendable, Equatable {
    /// May pass by itself: repeat after a backoff.
    case transient
    /// The service asks for less: repeat later and use fewer connections.
    case throttled
    /// No connection came to be (name, route, refused, handshake): repeat; a run in which nothing
    /// ever succeeded ends soon.
    case unreachable
    /// The signing clock was wrong and has been corrected by this answer: repeat at once.
    case clockSkew
    /// The credentials are no longer good: newer ones are needed.
    case credentialsExpired
    /// The upload id is unknown to the service.
    case noSuchUpload
    /// Complete named a part that the service does not have like that.
    case invalidParts
    /// Overwriting was forbidden and an object is there.
    case alreadyExists
    /// HEAD: there is no such object.
    case noSuchKey
    /// The source is not, or no longer, what it was when the upload was planned.
    case sourceChanged
    /// The source cannot be opened or read.
    case sourceUnreadable
    /// The key may not do this to this object.
    case forbidden
    /// Permanent for this entry.
    case rejected
    /// Permanent for the whole run: wrong key, no such bucket, wrong endpoint.
    case fatal
    /// What this machine is told keeps every request from being sent: its proxy, its file of roots. Permanent for
    /// the whole run.
    case misconfigured
  }

  package var kind: Kind
  /// One sentence for people: lower case, no full stop; the service's own message included.
  package var message: String
  /// The service's error code (`SlowDown`), empty when there is none.
  package var code: String
  /// The HTTP status, 0 when there was no reply.
  package var status: Int
  /// The service's request id, empty when there is none.
  package var requestID: String
  /// How long the service asked to wait (`Retry-After`, `x-oss-qos-delay-time`), in milliseconds.
  package var delayMilliseconds: Int?
  /// The request may have taken effect although no success was reported: it had been sent and the
  /// answer was lost, or it was a server error.
  package var mayHaveTakenEffect: Bool

  package init(
    _ kind: Kind, _ message: String, code: String = "", status: Int = 0, requestID: String = "",
    delayMilliseconds: Int? = nil, mayHaveTakenEffect: Bool = false
  ) {
    self.kind = kind
    self.message = message
    self.code = code
    self.status = status
    self.requestID = requestID
    self.delayMilliseconds = delayMilliseconds
    self.mayHaveTakenEffect = mayHaveTakenEffect
  }
}
