package import OSSProtocol
internal import Platform

/// The sources in the order in which they are asked: environment, profile, the instance's RAM role.
package struct CredentialChain: Sendable {
  private let sources: [any CredentialSource]
  /// `--profile` names one, and so must not go unnoticed when an earlier source counts.
  private let profileIsChosen: Bool

  /// `profile` is what `--profile` says; nil: the default profile.
  package init(environment: [String: String], profile: String?) {
    self.init(
      [
        EnvironmentSource(environment: environment),
        ProfileSource(environment: environment, profile: profile),
        InstanceRoleSource(environment: environment),
      ], profileIsChosen: profile != nil)
  }

  init(_ sources: [any CredentialSource], profileIsChosen: Bool = false) {
    self.sources = sources
    self.profileIsChosen = profileIsChosen
  }

  /// The first source that has credentials, with them. It is the only one asked from then on: a run
  /// does not change its identity.
  package func lease() throws(NoCredentials) -> CredentialLease {
    var tried: [String] = []
    for source in sources {
      do throws(CredentialProblem) {
        let issued = try source.issue(Cancellation())
        return CredentialLease(source: source, issued: issued, warnings: warnings(source, issued))
      } catch {
        tried.append("\(source.name): \(error.message)")
        if error.kind == .broken { break }
      }
    }
    throw NoCredentials(tried: tried)
  }

  private func warnings(
    _ source: any CredentialSource, _ issued: IssuedCredentials
  ) -> [String] {
    let unused = profileIsChosen && source is EnvironmentSource
    return (issued.warning.map { [$0] } ?? [])
      + (unused
        ? ["the credentials of the environment are used, and not those of the profile"] : [])
  }
}

/// No source has credentials: all that were asked, and why each has none.
package struct NoCredentials: Error, Sendable, CustomStringConvertible {
  package var tried: [String]

  package var description: String { "no credentials: " + tried.joined(separator: "; ") }
}

/// Credentials in use, and where newer ones come from.
package struct CredentialLease: Sendable {
  package enum Renewal: Sendable, Equatable {
    case renewed(Credentials)
    /// The source gives what it gave before.
    case unchanged
  }

  private let source: any CredentialSource
  package private(set) var issued: IssuedCredentials
  /// What the user should know of how they were found.
  package let warnings: [String]

  init(source: any CredentialSource, issued: IssuedCredentials, warnings: [String] = []) {
    self.source = source
    self.issued = issued
    self.warnings = warnings
  }

  package var credentials: Credentials { issued.credentials }

  /// Asks the source again. What is thrown names it.
  package mutating func renew(_ cancellation: Cancellation) throws(CredentialProblem) -> Renewal {
    do throws(CredentialProblem) {
      let newer = try source.issue(cancellation)
      let isSame = newer.credentials == issued.credentials
      issued = newer
      return isSame ? .unchanged : .renewed(newer.credentials)
    } catch {
      throw CredentialProblem(kind: error.kind, message: "\(source.name): \(error.message)")
    }
  }

  /// What to say when `unchanged` is not enough.
  package var staleness: String {
    let end = issued.expiration.map {
      ", which end at " + WallClock.formatted(seconds: $0, "%Y-%m-%dT%H:%M:%SZ")
    }
    return "\(source.name): it still gives the same credentials\(end ?? "")"
  }
}
