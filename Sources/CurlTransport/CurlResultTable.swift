internal import CLibCurl
internal import Glibc

extension TransportFailure.Kind {
  /// What a libcurl result means: the one place that knows. `wasSent`: the request had been begun
  /// on a connection. Reasons that our own callbacks gave are known before this table is asked.
  init(_ code: CURLcode, _ text: String, wasSent: Bool) {
    // An address of a proxy that libcurl cannot read has the code of one that cannot be reached; only its words tell.
    if text.hasPrefix("Unsupported proxy") {
      self = .proxySetting
      return
    }
    switch code {
    case CURLE_COULDNT_RESOLVE_PROXY:
      self = .resolveProxy
    case CURLE_COULDNT_RESOLVE_HOST:
      self = .resolve
    case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED:
      self = .connect
    case CURLE_OPERATION_TIMEDOUT:
      self = wasSent ? .stalled : .connect
    case CURLE_SSL_CACERT_BADFILE:
      self = .rootsFile
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS,
      CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_CERTPROBLEM:
      self = .tlsCertificate
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED,
      CURLE_SSL_SHUTDOWN_FAILED:
      self = .tlsHandshake
    case CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND:
      self = wasSent ? .sendFailed : .connect
    case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE:
      self = wasSent ? .receiveFailed : .connect
    // No more memory: what libcurl says of a line of a head above its 100 KiB, too.
    case CURLE_FILESIZE_EXCEEDED, CURLE_OUT_OF_MEMORY:
      self = .replyTooLarge
    case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
      self = .malformedReply
    case CURLE_UNSUPPORTED_PROTOCOL where wasSent:  // HTTP/0.9: a reply without a head
      self = .malformedReply
    default:
      self = .internal("libcurl: " + String(cString: curl_easy_strerror(code)))
    }
  }

  /// The sentence: what failed, where (`server`: scheme and authority of the URL), and libcurl's or
  /// the system's own words in `detail`.
  func sentence(server: String, detail: String) -> String {
    switch self {
    case .resolve: "cannot resolve the name of \(server): \(detail)"
    case .resolveProxy: "cannot resolve the name of the proxy for \(server): \(detail)"
    case .proxySetting:
      "\(proxyVariable(for: server)) of the environment names no proxy for \(server): \(detail)"
    case .connect: "cannot connect to \(server): \(detail)"
    case .rootsFile: "the roots to check \(server) against cannot be loaded: \(detail)"
    case .tlsCertificate: "the certificate of \(server) is not accepted: \(detail)"
    case .tlsHandshake: "the TLS handshake with \(server) failed: \(detail)"
    case .stalled: "the transfer with \(server) stalled: \(detail)"
    case .sendFailed: "the connection to \(server) broke while sending: \(detail)"
    case .receiveFailed: "the connection to \(server) ended before the whole reply: \(detail)"
    case .malformedReply: "the reply of \(server) is not HTTP/1.1: \(detail)"
    case .replyTooLarge: "the reply of \(server) is too large: \(detail)"
    case .sourceReadFailed, .sourceTooShort: detail
    case .cancelled: "the request to \(server) was cancelled"
    case .internal(let text): "the request to \(server) failed: \(text): \(detail)"
    }
  }
}

extension HTTPCompletion {
  /// A request that was cancelled before it was begun.
  static func cancelled(_ request: HTTPRequest) -> HTTPCompletion {
    let kind = TransportFailure.Kind.cancelled
    let failure = TransportFailure(
      kind: kind, message: kind.sentence(server: serverName(request.url), detail: ""),
      mayHaveTakenEffect: false)
    return HTTPCompletion(token: request.token, result: .failure(failure), facts: TransferFacts())
  }
}

/// The variable in which libcurl finds the proxy for a server.
private func proxyVariable(for server: String) -> String {
  let own = server.hasPrefix("https:") ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
  let names = own + ["all_proxy", "ALL_PROXY"]
  return names.first { name in getenv(name).map { $0.pointee != 0 } ?? false } ?? own[0]
}

/// libcurl's words without the user and the password of a proxy that it quotes. It does so where that is no URL, so
/// the password may hold anything, and all goes that may belong to it.
func withoutUserInfo(_ text: String) -> String {
  guard let quote = text.firstIndex(of: "'"), let end = text.lastIndex(of: "@"), quote < end
  else { return text }
  return "\(text[...quote])…\(text[end...])"
}

/// Scheme and authority of a URL.
func serverName(_ url: [UInt8]) -> String {
  var slashes = 0
  let end = url.firstIndex { byte in
    if byte == UInt8(ascii: "/") { slashes += 1 }
    return slashes == 3 || byte == 0 || byte == UInt8(ascii: "?")
  }
  return String(decoding: url[..<(end ?? url.endIndex)], as: UTF8.self)
}
