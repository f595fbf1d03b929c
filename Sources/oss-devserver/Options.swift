/// The command line of oss-devserver.
struct Options {
  static let version = "0.1.0"
  static let help = """
    oss-devserver: an OSS-compatible server on 127.0.0.1 for trying out, rehearsals and tests.

    USAGE: oss-devserver --root DIR [--port N] [--bucket NAME]... [--region R]

    OPTIONS:
      --root DIR     where objects and open uploads are stored; made when it is not there
      --port N       port to listen on (default 0: any free port)
      --bucket NAME  serve this bucket; repeatable (default: any legal name is a bucket)
      --region R     the region that V4 signatures must name (default: any)
      --version      print the version
      --help         print this text

    The accepted key comes from OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and OSS_SESSION_TOKEN, or
    ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN.
    When it is ready it prints `listening on http://127.0.0.1:PORT`. SIGTERM and SIGINT stop it.

    EXIT CODES: 0 stopped by a signal, 2 wrong usage, 4 cannot start.

    """

  enum Command {
    case serve(Options)
    case help, version
  }

  /// A command line that cannot be understood, in a sentence.
  struct UsageError: Error { var sentence: String }

  var root = ""
  var port = 0
  var buckets: [String] = []
  var region: String?

  static func parse(_ arguments: [String]) throws(UsageError) -> Command {
    var options = Options()
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--help" || argument == "-h" { return .help }
      if argument == "--version" { return .version }
      let halves = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard names.contains(String(halves[0])) else {
        throw UsageError(sentence: "\(argument) is no option of oss-devserver; see --help.")
      }
      guard let value = halves.count > 1 ? String(halves[1]) : rest.popFirst(), !value.isEmpty
      else { throw UsageError(sentence: "\(argument) needs a value; see --help.") }
      try options.set(String(halves[0]), value)
    }
    guard !options.root.isEmpty else {
      throw UsageError(sentence: "--root DIR is missing: the directory for the stored objects.")
    }
    return .serve(options)
  }

  private static let names = ["--root", "--port", "--bucket", "--region"]

  private mutating func set(_ name: String, _ value: String) throws(UsageError) {
    switch name {
    case "--port":
      guard let port = Int(value), (0...65_535).contains(port) else {
        throw UsageError(sentence: "--port must be 0 to 65535, not \(value).")
      }
      self.port = port
    case "--bucket": buckets.append(value)
    case "--region": region = value
    default: root = value
    }
  }
}
