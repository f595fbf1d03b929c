internal import Glibc
internal import Platform

/// A `credential-process`: a line for `sh -c`, as ossutil and the OSS SDKs run it, that prints the
/// credentials as JSON.
struct CredentialCommand {
  static let secondsAllowed = 1...600
  private static let maximumOutput = 64 << 10
  /// How often it is seen whether anybody still waits.
  private static let interval: Int32 = 50

  let line: String
  /// It is ended after this long.
  var seconds = 15

  init(_ line: String) { self.line = line }

  func issue(
    _ environment: [String: String], _ cancellation: Cancellation
  ) throws(CredentialProblem) -> IssuedCredentials {
    let variables = environment.filter { !EnvironmentSource.secretNames.contains($0.key) }
    var child: ChildProcess
    do throws(SystemError) {
      child = try ChildProcess(["/bin/sh", "-c", line], variables)
    } catch {
      throw .broken("credential-process: \(error)")
    }
    try wait(for: &child, cancellation)
    guard child.status == 0 else { throw failure(child) }
    return try CredentialDocument.issued(
      child.output, by: "what credential-process prints")
  }

  private func wait(
    for child: inout ChildProcess, _ cancellation: Cancellation
  ) throws(CredentialProblem) {
    let deadline = Instant.now + .seconds(seconds)
    while !child.advance(milliseconds: Self.interval) {
      if cancellation.isSet { throw .broken("credential-process was ended with the run") }
      if Instant.now >= deadline {
        throw .broken("credential-process did not end within \(seconds) s")
      }
      guard child.output.count <= Self.maximumOutput else {
        throw .broken("credential-process prints more than \(Self.maximumOutput) bytes")
      }
    }
  }

  private func failure(_ child: borrowing ChildProcess) -> CredentialProblem {
    let signal = child.status & 0x7F
    let end = signal == 0 ? "exit code \(child.status >> 8 & 0xFF)" : "signal \(signal)"
    let said = Redaction.shown(child.errors)
    return .broken("credential-process failed with \(end)" + (said.isEmpty ? "" : ": \(said)"))
  }
}
