internal import DevServer
internal import Glibc
internal import Platform

let usageExit: CInt = 2
let cannotStartExit: CInt = 4

func fail(_ sentence: String, _ code: CInt) -> Never {
  let line = "oss-devserver: \(sentence)\n"
  _ = write(STDERR_FILENO, line, line.utf8.count)
  exit(code)
}

/// Blocks the signals that stop the server, before there are threads that would inherit them open.
func blockStopSignals() -> sigset_t {
  var signals = sigset_t()
  sigemptyset(&signals)
  sigaddset(&signals, SIGTERM)
  sigaddset(&signals, SIGINT)
  pthread_sigmask(SIG_BLOCK, &signals, nil)
  signal(SIGPIPE, SIG_IGN)
  return signals
}

func serve(_ options: Options) {
  let environment: (String) -> String? = { name in getenv(name).map { String(cString: $0) } }
  guard let credentials = Credentials(environment: environment) else {
    fail(
      "no credentials: set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET to the key that clients will "
        + "sign with.", cannotStartExit)
  }
  var configuration = DevServer.Configuration(root: options.root, credentials: credentials)
  configuration.port = options.port
  configuration.buckets = options.buckets
  configuration.region = options.region
  var signals = blockStopSignals()
  // Every connection needs one.
  _ = DescriptorLimit.raise()
  do throws(DevServerError) {
    let server = try DevServer.start(configuration)
    print("listening on http://127.0.0.1:\(server.port)")
    fflush(nil)
    var signal: CInt = 0
    sigwait(&signals, &signal)
    server.stop()
  } catch {
    fail("\(error.description).", cannotStartExit)
  }
}

do throws(Options.UsageError) {
  switch try Options.parse(Array(CommandLine.arguments.dropFirst())) {
  case .help: print(Options.help, terminator: "")
  case .version: print("oss-devserver \(Options.version)")
  case .serve(let options): serve(options)
  }
} catch {
  fail(error.sentence, usageExit)
}
