import OSSProtocol

@testable import CredentialSources

/// What a credential process prints gives credentials or a problem that shows nothing of it.
enum CredentialProperties {
  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    let outcome = read(bytes)
    try require(read(bytes) == outcome, "a second reading gives something else")
    let members = CredentialDocument.textMembers(bytes)
    switch outcome {
    case .success(let issued):
      let credentials = issued.credentials
      try require(
        credentials.accessKeyID == members?["AccessKeyId"]
          && credentials.accessKeySecret == members?["AccessKeySecret"], "another key is used")
      try require((issued.expiration != nil) == (members?["Expiration"] ?? "" != ""), "no end")
    case .failure(let problem):
      try require(problem.kind == .broken, "what is there counts as absent")
      for text in members?.values.map({ $0 }) ?? [] where text.utf8.count > 12 {
        try require(!problem.message.contains(text), "the problem shows a member")
      }
    }
  }

  private static func read(_ bytes: [UInt8]) -> Result<IssuedCredentials, CredentialProblem> {
    do throws(CredentialProblem) {
      return .success(try CredentialDocument.issued(bytes, by: "it"))
    } catch {
      return .failure(error)
    }
  }
}
