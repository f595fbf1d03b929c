internal import JSON
internal import OSSProtocol

/// The JSON that a credential process prints and that the metadata service answers with:
/// `AccessKeyId`, `AccessKeySecret`, `SecurityToken`, `Expiration`, and `Code` from the latter. No
/// problem that it throws repeats anything of the document.
enum CredentialDocument {
  /// Far more than such a document needs.
  private static let maximumDepth = 32

  static func issued(_ bytes: [UInt8], by what: String) throws(CredentialProblem)
    -> IssuedCredentials
  {
    guard let members = textMembers(bytes) else {
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

  /// The members of the object that `bytes` are whose values are text, the last of equal names; nil:
  /// they are no JSON object.
  static func textMembers(_ bytes: [UInt8]) -> [String: String]? {
    guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
    var bytes = bytes
    return bytes.withUnsafeMutableBufferPointer { bytes in
      var scanner = JSONScanner(bytes, maximumDepth: maximumDepth)
      guard scanner.nextByte() == UInt8(ascii: "{") else { return nil }
      var members: [String: String] = [:]
      var name = ""
      repeat {
        guard let token = try? scanner.next() else { return nil }
        guard token.depth == 1 else { continue }
        switch token.kind {
        case .name: name = String(decoding: scanner.text(of: token), as: UTF8.self)
        case .string: members[name] = String(decoding: scanner.text(of: token), as: UTF8.self)
        default: members[name] = nil
        }
      } while !scanner.isComplete
      return scanner.nextByte() == nil ? members : nil
    }
  }
}
