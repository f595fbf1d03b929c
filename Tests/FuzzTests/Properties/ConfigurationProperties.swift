@testable import CredentialSources

/// A file of profiles is read the same with Windows line ends; its values are taken as they are, and no
/// problem depends on them; a problem's line is one of the file.
enum ConfigurationProperties {
  private typealias Outcome = Result<OssutilConfiguration, OssutilConfiguration.Problem>

  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    let outcome = read(bytes)
    if !bytes.contains(UInt8(ascii: "\r")) {
      let windows = bytes.flatMap { $0 == UInt8(ascii: "\n") ? [UInt8(ascii: "\r"), $0] : [$0] }
      try require(read(windows) == outcome, "with Windows line ends it means something else")
    }
    let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
    switch (outcome, read(withOtherValues(bytes))) {
    case (.failure(let problem), .failure(let other)):
      try require(problem == other, "the problem depends on a value")
      try requireInside(problem, lines)
    case (.success(let configuration), .success(let other)):
      try require(
        texts(configuration).mapValues { $0.mapValues(turned) } == texts(other),
        "a value is not taken as it is")
      try checkProfiles(configuration, lines)
    default: throw BrokenProperty("a value decides whether the file is understood")
    }
  }

  private static func read(_ bytes: [UInt8]) -> Outcome {
    do throws(OssutilConfiguration.Problem) {
      return .success(try OssutilConfiguration.parse(bytes))
    } catch {
      return .failure(error)
    }
  }

  private static func requireInside(
    _ problem: OssutilConfiguration.Problem, _ lines: Int
  ) throws(BrokenProperty) {
    try require((1...lines).contains(problem.line), "a problem on line \(problem.line)")
  }

  /// Profiles may name each other in a circle.
  private static func checkProfiles(
    _ configuration: OssutilConfiguration, _ lines: Int
  ) throws(BrokenProperty) {
    for name in configuration.profiles.keys {
      let values: [String: OssutilConfiguration.Value]?
      do throws(OssutilConfiguration.Problem) {
        values = try configuration.values(of: name)
      } catch {
        try requireInside(error, lines)
        continue
      }
      try require(values != nil, "a profile of the file is not found")
    }
  }

  private static func texts(_ configuration: OssutilConfiguration) -> [String: [String: String]] {
    configuration.profiles.mapValues { $0.values.mapValues(\.text) }
  }

  /// Every letter behind the first `=` of a line that names no section is another one.
  private static func withOtherValues(_ bytes: [UInt8]) -> [UInt8] {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let others = lines.enumerated().map { number, line in
      let mark: [UInt8] =
        number == 0 && line.starts(with: [0xEF, 0xBB, 0xBF]) ? [0xEF, 0xBB, 0xBF] : []
      let first = line.dropFirst(mark.count).first {
        $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t")
      }
      guard first != UInt8(ascii: "["), let equals = line.firstIndex(of: UInt8(ascii: "=")) else {
        return Array(line)
      }
      return line[...equals] + line[equals...].dropFirst().map(turned)
    }
    return Array(others.joined(separator: [UInt8(ascii: "\n")]))
  }

  private static func turned(_ text: String) -> String {
    String(decoding: text.utf8.map(turned), as: UTF8.self)
  }

  /// Thirteen letters on, so that twice is the same again.
  private static func turned(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "m"), UInt8(ascii: "A")...UInt8(ascii: "M"): byte + 13
    case UInt8(ascii: "n")...UInt8(ascii: "z"), UInt8(ascii: "N")...UInt8(ascii: "Z"): byte - 13
    default: byte
    }
  }
}
