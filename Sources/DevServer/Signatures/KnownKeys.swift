internal import Platform

/// The keys that the server has accepted since it began, and which of them it accepts now. All
/// connections ask it from all threads.
final class KnownKeys: Sendable {
  struct Key: Sendable {
    var credentials: Credentials
    /// Its token was good once.
    var hasExpired = false
  }

  private let keys: Lock<[String: Key]>

  init(_ credentials: Credentials) {
    keys = Lock([credentials.identifier: Key(credentials: credentials)])
  }

  subscript(identifier: String) -> Key? { keys.withLock { $0[identifier] } }

  /// Accepts these and no others: temporary keys from before have expired, lasting ones do not
  /// exist any more.
  func accept(_ accepted: [Credentials]) {
    keys.withLock { keys in
      keys = keys.filter { $0.value.credentials.securityToken != nil }.mapValues {
        Key(credentials: $0.credentials, hasExpired: true)
      }
      for credentials in accepted {
        keys[credentials.identifier] = Key(credentials: credentials)
      }
    }
  }
}
