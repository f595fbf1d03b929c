internal import CLibCurl
internal import Glibc
package import Platform

/// HTTP/1.1 over a bounded pool of connections that are kept alive: one or two event loops, each on
/// a thread of its own with its share of the budget. One thread, the coordinator, submits, cancels
/// and stops; completions come to the sink on the loops' threads, in batches.
package final class HTTPTransport: Sendable {
  private let ports: [LoopPort]
  private let pacer = Pacer()
  private let readers = SourceReaders()
  private let configuration: LoopConfiguration
  /// By loop; a thread comes with its loop's first request, or when one is expected.
  private let threads: Lock<[Thread?]>

  /// The libcurl in use with the libraries it is built on, for `--version`.
  /// (Not by curl_version(): that has libldap load all that it knows, which takes longer than the whole start.)
  package static var libraryVersion: String {
    let information = curl_version_info(CURLVERSION_FIRST).pointee
    var text = "libcurl/" + String(cString: information.version)
    if let tls = information.ssl_version { text += " " + String(cString: tls) }
    if let zlib = information.libz_version { text += " zlib/" + String(cString: zlib) }
    return text
  }

  /// Makes ready what the first event loop would have to wait for. Any thread.
  package static func prepare() { _ = isReady }

  /// libcurl's process-wide part; needed once, before any thread uses it.
  private static let isReady = LibcurlMemory.initialize()

  /// `profiles`: what requests choose from by index. `sink` takes completions from the array and
  /// must return soon: its loop waits for it.
  package init(
    _ settings: TransportSettings, profiles: [ConnectionProfile] = [ConnectionProfile()],
    sink: @escaping @Sendable (inout [HTTPCompletion]) -> Void
  ) throws(SystemError) {
    precondition(settings.connections >= 1, "a transport needs a connection")
    // A second loop takes the second core; more gain nothing, as the kernel's share then bounds.
    let loops = sysconf(CInt(_SC_NPROCESSORS_ONLN)) >= 2 && settings.connections >= 2 ? 2 : 1
    var ports: [LoopPort] = []
    for index in 0..<loops {
      let share = (settings.connections + index) / loops
      ports.append(try LoopPort(connections: share))
    }
    self.ports = ports
    configuration = LoopConfiguration(
      settings: settings, profiles: profiles, pacer: pacer, readers: readers, sink: sink)
    threads = Lock([Thread?](repeating: nil, count: loops))
  }

  deinit { stop() }

  /// How long a reader that hangs in the kernel may keep `stop` from returning.
  package static let patience = Duration.seconds(1)

  /// All bodies together take at most this many bytes a second from now on; nil: as much as goes.
  /// Any thread may change it.
  package func limitBandwidth(_ rate: Int?) { pacer.limit(rate) }

  /// Body bytes handed to the network so far, those of failed and repeated requests included: it
  /// never falls. Any thread may ask.
  package var bodyBytes: Int { ports.reduce(0) { $0 + $1.bodyBytes } }

  /// Starts all requests and empties the array, keeping its storage. More than the budget wait for
  /// a connection of the loop that they were given to: a caller that wants order submits no more than there is room for,
  /// but for requests that take so little time that it makes no difference.
  package func submit(_ requests: inout [HTTPRequest]) {
    var batches = ports.map { _ in [LoopCommand]() }
    for request in requests {
      let index = freest()
      ports[index].countRequests(1)
      batches[index].append(.start(request))
    }
    requests.removeAll(keepingCapacity: true)
    for index in ports.indices where !batches[index].isEmpty {
      start(index)
      ports[index].post(draining: &batches[index])
    }
  }

  /// A first request will come soon: its loop gets ready meanwhile.
  package func expectRequests() { start(freest()) }

  private func start(_ index: Int) {
    threads.withLock { threads in
      guard threads[index] == nil else { return }
      threads[index] = Thread("osbatch-http-\(index)") { [port = ports[index], configuration] in
        precondition(Self.isReady, "curl_global_init failed")
        EventLoop(port, configuration).run()
      }
    }
  }

  private func freest() -> Int {
    var best = 0
    for index in ports.indices.dropFirst() where ports[index].free > ports[best].free {
      best = index
    }
    return best
  }

  /// Ends the request with this token with the failure `cancelled`, its connection closed, unless it has
  /// ended: its completion may be under way.
  package func cancel(_ token: UInt64) { post(.cancel(token)) }

  /// Ends every request submitted so far with the failure `cancelled`, its connection closed.
  package func cancelAll() { post(.cancelAll) }

  /// Has the loops cancel all, close the connections and end. Nothing may be submitted afterwards.
  package func beginStop() {
    if threads.withLock({ $0.contains { $0 != nil } }) { post(.stop) }
  }

  /// Ends the loops; when it returns, the last completion has been given to the sink. Not to be called by the sink.
  /// The paths of files whose file systems do not answer those who read them: they are not waited for.
  @discardableResult
  package func stop() -> [String] {
    beginStop()
    let running = threads.withLock { threads in
      defer { threads = [] }
      return threads.compactMap(\.self)
    }
    guard !running.isEmpty else { return [] }
    for thread in running { thread.join() }
    return readers.stop(by: .now + Self.patience)
  }

  private func post(_ command: LoopCommand) {
    for port in ports { port.post(command) }
  }
}
