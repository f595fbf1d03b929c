/// The tracer, which meddles with the system calls of a program.
package enum Strace {
  package static let isUsable: Bool = {
    let child = try? Child(
      "strace", ["-o", "/dev/null", "true"], environment: ["PATH": "/usr/bin:/bin"],
      directory: "/")
    return (try? child?.wait().code) == 0
  }()

  /// The words before a program by which some of its calls on these files fail, wait or kill it:
  /// `injection` is strace's, and begins with the call.
  package static func command(_ injection: String, on files: [String]) -> [String] {
    let call = injection.prefix { $0 != ":" }
    return ["strace", "-f", "-qqq", "-o", "/dev/null", "-e", "trace=\(call)"]
      + ["-e", "inject=\(injection)"] + files.flatMap { ["-P", $0] }
  }
}
