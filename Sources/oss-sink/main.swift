internal import Glibc
internal import Platform

/// At once, whatever the stream is: who started the sink waits for the line.
func tell(_ text: String, on descriptor: CInt) {
  var text = text
  text.withUTF8 { bytes in _ = write(descriptor, bytes.baseAddress, bytes.count) }
}

/// Ends the program with a sentence on standard error.
func fail(_ sentence: String, code: CInt) -> Never {
  tell("oss-sink: \(sentence)\n", on: STDERR_FILENO)
  exit(code)
}

func start(_ options: SinkOptions) -> SinkServer {
  do throws(SystemError) {
    return try SinkServer(options)
  } catch {
    fail(error.description, code: 4)
  }
}

func command() -> SinkOptions.Command {
  do throws(SinkOptions.UsageError) {
    return try SinkOptions.parse(CommandLine.arguments.dropFirst())
  } catch {
    fail(error.sentence, code: 2)
  }
}

switch command() {
case .help: tell(SinkOptions.help, on: STDOUT_FILENO)
case .serve(let options):
  // Every connection needs one.
  _ = DescriptorLimit.raise()
  let server = start(options)
  tell("listening on http://127.0.0.1:\(server.port)\n", on: STDOUT_FILENO)
  server.serve()
}
