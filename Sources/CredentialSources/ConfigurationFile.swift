internal import Glibc
internal import Platform

/// The file of profiles: `OSSUTIL_CONFIG_FILE`, else `~/.ossutilconfig`.
struct ConfigurationFile {
  /// A file of profiles has a few lines; this is another file.
  private static let maximumBytes = 1 << 20

  let path: String
  private let configuration: OssutilConfiguration
  /// What should be known of its permissions when others than its owner may change it; nil: they may not.
  let warningOfChanges: String?
  /// The same when they may read or change it and it holds a secret.
  let warningOfSecret: String?

  init(_ environment: [String: String]) throws(CredentialProblem) {
    let chosen = environment.set("OSSUTIL_CONFIG_FILE")
    guard let path = chosen ?? environment.set("HOME").map({ $0 + "/.ossutilconfig" }) else {
      throw .absent("there is no ~/.ossutilconfig, since HOME is not set")
    }
    let text: (bytes: [UInt8], mode: mode_t)
    do throws(SystemError) {
      text = try Self.read(path)
    } catch {
      let isMissing = error.code == ENOENT && chosen == nil
      throw isMissing ? .absent("there is no \(path)") : .broken(error.description)
    }
    self.path = path
    let mode = "0" + String(text.mode & 0o777, radix: 8)
    warningOfChanges =
      text.mode & 0o022 == 0
      ? nil
      : "\(path) says where credentials come from and can be changed by others (mode \(mode)): "
        + "chmod go-w \(path)"
    warningOfSecret =
      text.mode & 0o066 == 0
      ? nil : "\(path) holds a secret and is open to others (mode \(mode)): chmod 600 \(path)"
    do throws(OssutilConfiguration.Problem) {
      configuration = try OssutilConfiguration.parse(text.bytes)
    } catch {
      throw Self.problem(path, error)
    }
  }

  /// A profile's values by normalized key; nil when the file has no such profile.
  func values(of profile: String) throws(CredentialProblem) -> [String: OssutilConfiguration.Value]?
  {
    do throws(OssutilConfiguration.Problem) {
      return try configuration.values(of: profile)
    } catch {
      throw Self.problem(path, error)
    }
  }

  private static func problem(
    _ path: String, _ problem: OssutilConfiguration.Problem
  ) -> CredentialProblem {
    .broken("\(path):\(problem.line): \(problem.message)")
  }

  private static func read(_ path: String) throws(SystemError) -> (bytes: [UInt8], mode: mode_t) {
    // O_NONBLOCK: a named pipe would keep the call waiting for a writer.
    let file = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK)
    let mode = try file.status(path).st_mode
    if mode & S_IFMT == S_IFDIR { throw SystemError("read", path, code: EISDIR) }
    guard mode & S_IFMT == S_IFREG else { throw SystemError("read", path, code: EINVAL) }
    let bytes = try file.readToEnd(limit: maximumBytes, path: path)
    guard bytes.count <= maximumBytes else { throw SystemError("read", path, code: EFBIG) }
    return (bytes, mode)
  }
}
