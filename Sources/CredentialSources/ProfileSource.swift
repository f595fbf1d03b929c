package import OSSProtocol

/// A profile of ossutil's configuration: a key that stands there, a command that prints one, or the
/// instance's RAM role. The file is read anew each time, so a key that was exchanged there is found.
package struct ProfileSource: CredentialSource {
  private let environment: [String: String]
  private let profile: String
  /// Somebody named it, so it has to be there.
  private let isChosen: Bool

  /// `profile` is what `--profile` says; nil: `OSSUTIL_PROFILE`, else the default one.
  package init(environment: [String: String], profile: String?) {
    self.environment = environment
    let chosen = profile ?? environment.set("OSSUTIL_PROFILE")
    self.profile = chosen ?? "default"
    isChosen = chosen != nil
  }

  package var name: String { "profile \(profile)" }

  package func issue(_ cancellation: Cancellation) throws(CredentialProblem) -> IssuedCredentials {
    let (file, values) = try read()
    var issued = try issue(Section(path: file.path, values: values), of: file, cancellation)
    issued.warning = issued.warning ?? file.warningOfChanges
    return issued
  }

  private func issue(
    _ section: Section, of file: ConfigurationFile, _ cancellation: Cancellation
  ) throws(CredentialProblem) -> IssuedCredentials {
    let mode = section.text("mode")?.lowercased() ?? section.impliedMode
    switch mode {
    case "ak", "ststoken":
      var issued = try section.staticCredentials()
      issued.warning = file.warningOfSecret
      return issued
    case "process":
      return try command(section).issue(environment, cancellation)
    case "ecsramrole", "ali-ecsramrole":
      var source = InstanceRoleSource(environment: environment)
      source.role = section.text("ecsrolename") ?? source.role
      if mode == "ali-ecsramrole" { source.needsToken = true }
      return try named(source, cancellation)
    case nil:
      throw isChosen
        ? .broken("\(file.path): the profile has no access-key-id")
        : .absent("\(file.path): it has no access-key-id")
    default:
      throw section.problem(
        "mode",
        "osbatch knows the modes AK, StsToken, EcsRamRole and Process, and not this one: a "
          + "credential-process can take its place")
    }
  }

  /// The profile says that it is there, so that it is not is no reason to go on to the next one.
  private func named(
    _ source: InstanceRoleSource, _ cancellation: Cancellation
  ) throws(CredentialProblem) -> IssuedCredentials {
    do throws(CredentialProblem) {
      return try source.issue(cancellation)
    } catch {
      throw .broken("\(source.name): \(error.message)")
    }
  }

  /// Where the profile's requests go, for targets that leave it open.
  package func endpointDefaults() throws(CredentialProblem) -> EndpointDefaults {
    do throws(CredentialProblem) {
      let (file, values) = try read()
      let section = Section(path: file.path, values: values)
      return EndpointDefaults(
        endpoint: section.text("endpoint") ?? section.text("host"), region: section.text("region"))
    } catch {
      guard error.kind == .absent else { throw error }
      return EndpointDefaults()
    }
  }

  private func read() throws(CredentialProblem) -> (
    ConfigurationFile, [String: OssutilConfiguration.Value]
  ) {
    do throws(CredentialProblem) {
      let file = try ConfigurationFile(environment)
      if let values = try file.values(of: profile) { return (file, values) }
      throw CredentialProblem.absent("\(file.path) has no such profile")
    } catch {
      throw isChosen ? .broken(error.message) : error
    }
  }

  private func command(_ section: Section) throws(CredentialProblem) -> CredentialCommand {
    guard let command = section.text("credentialprocess") else {
      throw section.problem("mode", "the profile has no credential-process")
    }
    var result = CredentialCommand(command)
    if let text = section.text("credentialprocesstimeout") {
      guard let seconds = Int(text), CredentialCommand.secondsAllowed.contains(seconds) else {
        throw section.problem(
          "credentialprocesstimeout", "the timeout must be from 1 to 600 seconds")
      }
      result.seconds = seconds
    }
    return result
  }

  /// The values of one profile; an empty one counts as none.
  private struct Section {
    let path: String
    let values: [String: OssutilConfiguration.Value]

    func text(_ key: String) -> String? {
      guard let text = values[key]?.text, !text.isEmpty else { return nil }
      return text
    }

    func problem(_ key: String, _ message: String) -> CredentialProblem {
      .broken("\(path)\(values[key].map { ":\($0.line)" } ?? ""): \(message)")
    }

    /// The mode of a profile that names none.
    var impliedMode: String? {
      if text("accesskeyid") != nil || text("accesskeysecret") != nil { return "ak" }
      if text("credentialprocess") != nil { return "process" }
      return text("ecsrolename") == nil ? nil : "ecsramrole"
    }

    func staticCredentials() throws(CredentialProblem) -> IssuedCredentials {
      guard let key = text("accesskeyid") else {
        throw problem("accesskeysecret", "the profile has no access-key-id")
      }
      guard let secret = text("accesskeysecret") else {
        throw problem("accesskeyid", "the profile has no access-key-secret")
      }
      do throws(CredentialsError) {
        return IssuedCredentials(
          try Credentials(
            accessKeyID: key, accessKeySecret: secret, securityToken: text("ststoken")))
      } catch {
        throw problem("accesskeyid", error.description)
      }
    }
  }
}
