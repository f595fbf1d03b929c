/// What requests are signed with. It never shows its secrets, whichever way it is printed.
package struct Credentials: Sendable, Equatable {
  package let accessKeyID: String
  package let accessKeySecret: String
  /// The session token of temporary credentials; an empty one counts as none.
  package let securityToken: String?

  /// All three travel in header lines or keys, so none may hold a control character: a line break
  /// that came along from a file would end the header.
  package init(
    accessKeyID: String, accessKeySecret: String, securityToken: String? = nil
  ) throws(CredentialsError) {
    guard !accessKeyID.isEmpty else { throw .empty("access key id") }
    guard !accessKeySecret.isEmpty else { throw .empty("access key secret") }
    for (name, value) in [
      ("access key id", accessKeyID), ("access key secret", accessKeySecret),
      ("session token", securityToken ?? ""),
    ] where value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
      throw .controlCharacter(name)
    }
    self.accessKeyID = accessKeyID
    self.accessKeySecret = accessKeySecret
    self.securityToken = securityToken.flatMap { $0.isEmpty ? nil : $0 }
  }
}

/// Why credentials cannot be used. It names the part, never its value.
package enum CredentialsError: Error, Sendable, Equatable, CustomStringConvertible {
  case empty(String)
  case controlCharacter(String)

  package var description: String {
    switch self {
    case .empty(let part): "the \(part) is empty"
    case .controlCharacter(let part):
      "the \(part) contains a line break or another control character"
    }
  }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String {
    securityToken == nil ? "credentials" : "temporary credentials"
  }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}
