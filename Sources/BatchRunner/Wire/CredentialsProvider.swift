internal import OSSProtocol

/// Where credentials come from: the environment, under the names of OSS's own tools or
/// those of Alibaba Cloud's. The order is fixed, and the first complete pair counts.
struct CredentialsProvider: Sendable {
  let environment: [String: String]

  func credentials() throws(StartError) -> Credentials {
    for prefix in ["OSS_", "ALIBABA_CLOUD_"] {
      guard let key = variable(prefix + "ACCESS_KEY_ID") else { continue }
      guard let secret = variable(prefix + "ACCESS_KEY_SECRET") else {
        throw StartError("\(prefix)ACCESS_KEY_ID is set, but \(prefix)ACCESS_KEY_SECRET is not")
      }
      let token = variable(
        prefix == "OSS_" ? "OSS_SESSION_TOKEN" : "ALIBABA_CLOUD_SECURITY_TOKEN")
      do throws(CredentialsError) {
        return try Credentials(accessKeyID: key, accessKeySecret: secret, securityToken: token)
      } catch {
        throw StartError("\(prefix)…: \(error)")
      }
    }
    throw StartError(
      "no credentials: set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET "
        + "(and OSS_SESSION_TOKEN for temporary ones)")
  }

  private func variable(_ name: String) -> String? {
    guard let value = environment[name], !value.isEmpty else { return nil }
    return value
  }
}
