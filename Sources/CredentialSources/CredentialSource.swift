package import OSSProtocol
internal import Synchronization

/// A place that credentials come from: the environment, a profile, the instance's RAM role.
package protocol CredentialSource: Sendable {
  /// As messages name it, e.g. `profile default`.
  var name: String { get }

  /// The credentials that it gives now. It may start a process or send a request, and so take seconds;
  /// it ends soon once `cancellation` is set.
  func issue(_ cancellation: Cancellation) throws(CredentialProblem) -> IssuedCredentials
}

/// Credentials, with what their source says of them.
package struct IssuedCredentials: Sendable, Equatable {
  package var credentials: Credentials
  /// Seconds since 1970 from which on they are refused; nil: they last, or the source does not say.
  package var expiration: Int64?
  /// What the user should mend although the credentials are good.
  package var warning: String?

  package init(_ credentials: Credentials, expiration: Int64? = nil, warning: String? = nil) {
    self.credentials = credentials
    self.expiration = expiration
    self.warning = warning
  }
}

/// Why a source gives no credentials.
package struct CredentialProblem: Error, Sendable, Equatable {
  package enum Kind: Sendable {
    /// The source is not there: the next one is asked.
    case absent
    /// The source is there, and something is wrong with it. To go on to the next one would be to act
    /// under another name than the user meant.
    case broken
  }

  package var kind: Kind
  /// A sentence without its subject, which is the source: lower case, no full stop, and no secret.
  package var message: String

  package static func absent(_ message: String) -> CredentialProblem {
    CredentialProblem(kind: .absent, message: message)
  }

  package static func broken(_ message: String) -> CredentialProblem {
    CredentialProblem(kind: .broken, message: message)
  }
}

/// Tells a source that nobody waits for its answer any more.
package final class Cancellation: Sendable {
  private let flag = Atomic(false)

  package init() {}

  package func cancel() { flag.store(true, ordering: .relaxed) }
  package var isSet: Bool { flag.load(ordering: .relaxed) }
}
