internal import NIOCore
internal import NIOHTTP1
internal import Platform

/// One request on a connection, from its head to its reply. Used on the connection's event loop.
final class Exchange {
  /// Bodies that are kept in memory are documents and fault lines.
  private static let maximumDocumentBytes = 4 << 20

  enum Subject {
    case control(method: String, uri: String)
    case operation(Request)
    /// A head that is not understood.
    case unreadable(ServiceError, method: String)
  }

  private enum BodyReceiver {
    case file(IncomingFile)
    case memory([UInt8])
    /// The request is refused, or answered by a fault, whatever the body holds.
    case discarded(ServiceError?)
  }

  let subject: Subject
  let identifier = Identifiers.request()
  let isKeptAlive: Bool
  let expectsContinue: Bool
  private(set) var receivedBytes = 0
  /// The number under which the monitor knows the request.
  private(set) var number: Int?
  private var receiver = BodyReceiver.memory([])

  init(_ head: HTTPRequestHead, _ service: Service) {
    isKeptAlive = head.isKeepAlive
    expectsContinue = head.headers.first(name: "expect")?.lowercased() == "100-continue"
    guard !head.uri.hasPrefix(ControlEndpoint.prefix) else {
      subject = .control(method: head.method.rawValue, uri: head.uri)
      return
    }
    do throws(ServiceError) {
      let request = try service.request(head, identifier: identifier)
      subject = .operation(request)
      number = service.monitor.begin(request)
      receiver = Exchange.receiver(for: request, service)
    } catch {
      subject = .unreadable(error, method: head.method.rawValue)
      receiver = .discarded(error)
    }
  }

  private static func receiver(for request: Request, _ service: Service) -> BodyReceiver {
    if case .answer(_, .before) = request.faults.outcome { return .discarded(nil) }
    do throws(ServiceError) {
      try service.admit(request)
      guard request.operation.storesBody else { return .memory([]) }
      return .file(try service.storage.receive(damaged: request.faults.corruptsReceived))
    } catch {
      return .discarded(error)
    }
  }

  var request: Request? { if case .operation(let request) = subject { request } else { nil } }

  /// Whether the body is wanted at all.
  var isDiscarding: Bool { if case .discarded = receiver { true } else { false } }

  /// Whether the service refuses it, whatever its faults are.
  var isRefused: Bool { if case .discarded(.some) = receiver { true } else { false } }

  /// Whether a fault cuts the connection at this point of the body.
  var isCutOff: Bool {
    switch request?.faults.resetPoint {
    case .beforeBody: true
    case .halfBody:
      receivedBytes > 0 && receivedBytes * 2 >= request?.contentLength ?? Int.max
    default: false
    }
  }

  func receive(_ buffer: ByteBuffer) {
    receivedBytes += buffer.readableBytes
    do throws(ServiceError) {
      // The vendor's Python client sends an empty body in chunks; one with bytes needs a length.
      if request?.isChunked == true { throw ServiceError.missingContentLength() }
      try buffer.withUnsafeReadableBytes { bytes throws(ServiceError) in
        try receive(bytes)
      }
    } catch {
      discard()
      receiver = .discarded(error)
    }
  }

  private func receive(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) {
    switch receiver {
    case .discarded: return
    case .file(let file):
      try ServiceError.storing { () throws(SystemError) in try file.append(bytes) }
    case .memory(var document):
      guard document.count + bytes.count <= Exchange.maximumDocumentBytes else {
        throw ServiceError.malformedXML()
      }
      receiver = .memory([])
      document.append(contentsOf: bytes)
      receiver = .memory(document)
    }
  }

  /// The whole body, or why the request is refused.
  func finishBody() -> Result<ReceivedBody, ServiceError> {
    switch receiver {
    case .file(let file): .success(.file(file.seal()))
    case .memory(let document): .success(.bytes(document))
    case .discarded(let error): error.map { .failure($0) } ?? .success(.bytes([]))
    }
  }

  /// Drops what has arrived of a body that never ended.
  func discard() {
    if case .file(let file) = receiver { file.discard() }
  }
}
