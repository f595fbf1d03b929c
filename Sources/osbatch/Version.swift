internal import BatchRunner

/// The program's version (semantic versioning), with the libraries that carry its requests.
enum Version {
  static let number = "0.1.0"
  static var text: String { "osbatch \(number) (\(RunSession.transportVersion))" }
}
