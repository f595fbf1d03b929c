internal import OSSProtocol

/// The JSON that a credential process prints and that the metadata service answers with:
/// `AccessKeyId`, `AccessKeySecret`, `SecurityToken`, `Expiration`, and `Code` from the latter. No
/// problem that it throws repeats anything of the document.
enum CredentialDocument {
  static func issued(_ bytes: [UInt8], by what: String) throws(CredentialProblem)
    -> IssuedCredentials
  {
    guard let members = JSONReader.textMembers(bytes) else {
      throw .broken("\(what) is not a JSON object")
    }
    if let code = members["Code"], code != "Success" {
      throw .broken("\(what) has a Code other than Success")
    }
    let credentials: Credentials
    do throws(CredentialsError) {
      credentials = try Credentials(
        accessKeyID: members["AccessKeyId"] ?? "",
        accessKeySecret: members["AccessKeySecret"] ?? "",
        securityToken: members["SecurityToken"])
    } catch {
      throw .broken("\(what): \(error)")
    }
    guard let text = members["Expiration"], !text.isEmpty else {
      return IssuedCredentials(credentials)
    }
    guard let expiration = RFC3339Time.seconds(text) else {
      throw .broken("\(what): Expiration is not a time like 2026-01-31T23:59:58Z")
    }
    return IssuedCredentials(credentials, expiration: expiration)
  }
}
