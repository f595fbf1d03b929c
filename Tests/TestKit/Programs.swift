internal import Foundation

/// The programs of this package, built beside the tests.
package enum Programs {
  package static let osbatch = path("osbatch")
  package static let server = path("oss-devserver")
  package static let sink = path("oss-sink")

  /// What both sides sign with.
  package static let credentials = [
    "OSS_ACCESS_KEY_ID": "test-id", "OSS_ACCESS_KEY_SECRET": "test-secret",
  ]

  private static func path(_ name: String) -> String {
    let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: tests ?? "").deletingLastPathComponent().path + "/\(name)"
  }
}
