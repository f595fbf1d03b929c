/// A key that the server accepts.
package struct Credentials: Sendable {
  package var identifier: String
  package var secret: String
  /// When present, requests must carry it in `x-oss-security-token`.
  package var securityToken: String?

  package init(identifier: String, secret: String, securityToken: String? = nil) {
    self.identifier = identifier
    self.secret = secret
    self.securityToken = securityToken
  }

  /// Reads the variables that OSS clients read; nil when the key or its secret is missing.
  package init?(environment: (String) -> String?) {
    func first(_ names: String...) -> String? {
      names.lazy.compactMap(environment).first { !$0.isEmpty }
    }
    guard let identifier = first("OSS_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_ID"),
      let secret = first("OSS_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")
    else { return nil }
    self.init(
      identifier: identifier, secret: secret,
      securityToken: first("OSS_SESSION_TOKEN", "ALIBABA_CLOUD_SECURITY_TOKEN"))
  }
}
