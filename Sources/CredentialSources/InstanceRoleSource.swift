internal import CurlTransport

/// The RAM role of the ECS instance that this runs on, from the instance's metadata service (ECS user
/// guide, "Instance metadata"): with a token when the service gives one, else without. What is set by
/// variables has the names that Alibaba Cloud's SDKs use.
struct InstanceRoleSource: CredentialSource {
  private static let standardAddress = "http://100.100.100.200"
  private static let tokenPath = "/latest/api/token"
  private static let rolePath = "/latest/meta-data/ram/security-credentials/"
  /// A token is used at once; the service allows up to 21,600.
  private static let tokenLifetime = "X-aliyun-ecs-metadata-token-ttl-seconds: 300"

  let name = "ECS RAM role"
  /// Nil: the one that the service names.
  var role: String?
  /// Never without a token.
  var needsToken: Bool
  private let address: String
  private let isDisabled: Bool

  init(environment: [String: String]) {
    role = environment.set("ALIBABA_CLOUD_ECS_METADATA")
    needsToken = environment.isTrue("ALIBABA_CLOUD_IMDSV1_DISABLED")
    isDisabled = environment.isTrue("ALIBABA_CLOUD_ECS_METADATA_DISABLED")
    address = environment.set("OSBATCH_ECS_METADATA_ENDPOINT") ?? Self.standardAddress
  }

  func issue(_ cancellation: Cancellation) throws(CredentialProblem) -> IssuedCredentials {
    guard !isDisabled else { throw .absent("ALIBABA_CLOUD_ECS_METADATA_DISABLED is true") }
    let client = try MetadataClient(address, cancellation)
    defer { client.stop() }
    let token = try token(client)
    let role: String
    if let chosen = self.role {
      role = chosen
    } else {
      role = try discoveredRole(client, token)
    }
    guard Self.isRole(role) else {
      throw .broken("the name of the role has other characters than letters, digits, '.', '_', '-'")
    }
    let reply = try get(Self.rolePath + role, client, token)
    guard reply.status == 200 else {
      throw .broken("the metadata service answers \(reply.status) for the role \(role)")
    }
    return try CredentialDocument.issued(reply.body, by: "the metadata service's answer")
  }

  /// Nil: the service has none, and answers without.
  private func token(_ client: MetadataClient) throws(CredentialProblem) -> String? {
    let reply = try client.send(.put, Self.tokenPath, header: Self.tokenLifetime)
    let text = String(decoding: reply.body, as: UTF8.self)
    let isToken =
      reply.status == 200 && !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    guard isToken || !needsToken else {
      throw .broken("the metadata service gives no token (status \(reply.status))")
    }
    return isToken ? text : nil
  }

  private func discoveredRole(
    _ client: MetadataClient, _ token: String?
  ) throws(CredentialProblem) -> String {
    let reply = try get(Self.rolePath, client, token)
    guard reply.status != 404 else { throw .absent("the instance has no RAM role") }
    guard reply.status == 200 else {
      throw .broken("the metadata service answers \(reply.status) to the question for the role")
    }
    let lines = String(decoding: reply.body, as: UTF8.self).split { $0.isWhitespace }
    guard let first = lines.first else { throw .absent("the instance has no RAM role") }
    return String(first)
  }

  /// What is refused with a token may be given without; what is not there is not there.
  private func get(
    _ path: String, _ client: MetadataClient, _ token: String?
  ) throws(CredentialProblem) -> MetadataClient.Reply {
    let header = token.map { "X-aliyun-ecs-metadata-token: \($0)" }
    let reply = try client.send(.get, path, header: header)
    guard ![200, 404].contains(reply.status), token != nil, !needsToken else { return reply }
    return try client.send(.get, path, header: nil)
  }

  /// It becomes a part of a path.
  private static func isRole(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".."
      && name.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || "._-".utf8.contains(byte)
      }
  }
}
