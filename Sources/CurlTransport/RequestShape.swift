internal import CLibCurl

/// The part of a handle's options that follows from a request's method and the way its body leaves.
struct RequestShape: Equatable {
  enum Framing: Equatable {
    case bodiless
    /// As POSTFIELDS, whatever the method: headers and body of up to 64 KiB leave in one send, where
    /// an upload takes two sends and a wait between them.
    case whole
    /// By the read callback.
    case streamed
  }

  private static let bufferBytes = 64 << 10

  /// Larger is not better: with 1 MiB the buffers of 16 transfers fall out of a 2 MiB cache, and a
  /// quarter of the speed is lost; with 64 KiB the calls cost as much. Nor is less for more connections:
  /// 128 KiB for each of 32 spare 2 MiB and cost 6 % of the time.
  static let streamedBufferBytes = 256 << 10

  let method: HTTPRequest.Method
  let framing: Framing

  init(_ method: HTTPRequest.Method, _ body: borrowing UploadBody) throws(StopReason) {
    let takesNoBody = method == .get || method == .head
    if takesNoBody, body.length > 0 {
      throw StopReason(.internal("GET and HEAD carry no body"), "\(body.length) bytes given")
    }
    self.method = method
    if body.isStreamed {
      framing = .streamed
    } else if body.length > 0 || method == .put || method == .post {
      framing = .whole
    } else {
      framing = .bodiless
    }
  }

  /// Sets every option that another shape may have set otherwise.
  func configure(_ easy: borrowing EasyHandle) {
    easy.set(CURLOPT_NOBODY, 0)
    easy.set(CURLOPT_UPLOAD, 0)
    easy.set(CURLOPT_POSTFIELDS, pointer: nil)
    switch framing {
    case .bodiless:
      easy.set(CURLOPT_HTTPGET, 1)
      if method == .head { easy.set(CURLOPT_NOBODY, 1) }
    case .whole:
      easy.set(CURLOPT_POST, 1)
    case .streamed:
      easy.set(CURLOPT_UPLOAD, 1)
    }
    let bufferBytes = framing == .streamed ? Self.streamedBufferBytes : Self.bufferBytes
    easy.set(CURLOPT_UPLOAD_BUFFERSIZE, bufferBytes)
    easy.set(CURLOPT_CUSTOMREQUEST, text: methodName)
  }

  /// nil where libcurl's own name is the right one: it treats a HEAD that is named as a GET.
  private var methodName: String? {
    switch method {
    case .get, .head: nil
    case .put: "PUT"
    case .post: "POST"
    case .delete: "DELETE"
    }
  }
}
