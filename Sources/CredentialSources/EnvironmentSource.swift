internal import OSSProtocol

/// The variables of OSS's own tools, or those of Alibaba Cloud's; the first complete pair counts.
struct EnvironmentSource: CredentialSource {
  let environment: [String: String]
  let name = "environment"

  func issue(_ cancellation: Cancellation) throws(CredentialProblem) -> IssuedCredentials {
    for prefix in ["OSS_", "ALIBABA_CLOUD_"] {
      if let credentials = try credentials(prefix) { return IssuedCredentials(credentials) }
    }
    throw .absent("OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET are not set")
  }

  private func credentials(_ prefix: String) throws(CredentialProblem) -> Credentials? {
    let (keyName, secretName) = (prefix + "ACCESS_KEY_ID", prefix + "ACCESS_KEY_SECRET")
    let tokenName = prefix + (prefix == "OSS_" ? "SESSION_TOKEN" : "SECURITY_TOKEN")
    let (key, secret) = (environment.set(keyName), environment.set(secretName))
    if key == nil, secret == nil { return nil }
    guard let key else { throw .broken("\(secretName) is set, but \(keyName) is not") }
    guard let secret else { throw .broken("\(keyName) is set, but \(secretName) is not") }
    do throws(CredentialsError) {
      return try Credentials(
        accessKeyID: key, accessKeySecret: secret, securityToken: environment.set(tokenName))
    } catch {
      throw .broken("\(prefix)…: \(error)")
    }
  }

  /// Variables that hold secrets: no child process needs them.
  static let secretNames: Set = [
    "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN",
    "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
  ]
}

extension [String: String] {
  /// The variable's value; empty counts as unset.
  func set(_ name: String) -> String? {
    guard let value = self[name], !value.isEmpty else { return nil }
    return value
  }

  func isTrue(_ name: String) -> Bool { self[name]?.lowercased() == "true" }
}
