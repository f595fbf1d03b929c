/// The command line of oss-sink.
struct SinkOptions {
  static let help = """
    oss-sink: takes uploads of OSS and S3 clients on 127.0.0.1 and throws the bytes away, so that a
    benchmark measures the client. It checks no signature; it is no store.

    USAGE: oss-sink [--port N] [--threads N] [--crc64]

    OPTIONS:
      --port N     port to listen on (default 0: any free port)
      --threads N  threads that serve connections (default 1)
      --crc64      read the bytes, and answer with their x-oss-hash-crc64ecma
      --help       print this text

    When it is ready it prints `listening on http://127.0.0.1:PORT`. GET /__stats answers what has
    arrived since GET /__reset, as JSON. A signal ends it.

    EXIT CODES: 2 wrong usage, 4 cannot start.

    """

  enum Command {
    case serve(SinkOptions)
    case help
  }

  /// A command line that cannot be understood, in a sentence.
  struct UsageError: Error { var sentence: String }

  var port: UInt16 = 0
  var threads = 1
  var readsBodies = false

  static func parse(_ arguments: ArraySlice<String>) throws(UsageError) -> Command {
    var options = SinkOptions()
    var rest = arguments
    while let argument = rest.popFirst() {
      switch argument {
      case "--help", "-h": return .help
      case "--crc64": options.readsBodies = true
      case "--port": options.port = try number(argument, rest.popFirst(), in: 0...UInt16.max)
      case "--threads": options.threads = Int(try number(argument, rest.popFirst(), in: 1...64))
      default: throw UsageError(sentence: "\(argument) is no option of oss-sink; see --help.")
      }
    }
    return .serve(options)
  }

  private static func number(
    _ option: String, _ text: String?, in range: ClosedRange<UInt16>
  ) throws(UsageError) -> UInt16 {
    guard let text, let value = UInt16(text), range.contains(value) else {
      throw UsageError(
        sentence: "\(option) needs a number from \(range.lowerBound) to \(range.upperBound).")
    }
    return value
  }
}
