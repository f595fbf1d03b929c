package import Checksum

/// How one request ended; every submitted request gets exactly one.
package struct HTTPCompletion: Sendable {
  package var token: UInt64
  package var result: Result<HTTPReply, TransportFailure>
  package var facts: TransferFacts

  package init(token: UInt64, result: Result<HTTPReply, TransportFailure>, facts: TransferFacts) {
    self.token = token
    self.result = result
    self.facts = facts
  }
}

/// A complete reply, whatever its status: the transport follows no redirect and judges no code.
package struct HTTPReply: Sendable, Equatable {
  package var status: Int
  /// The final response's header block as it came: status line, header lines, the empty line, all
  /// with their CR LF. Interim (1xx) responses and trailers are not in it.
  package var head: [UInt8]
  package var body: [UInt8]

  package init(status: Int, head: [UInt8], body: [UInt8]) {
    self.status = status
    self.head = head
    self.body = body
  }
}

/// What was measured while a request was carried out.
package struct TransferFacts: Sendable, Equatable {
  /// Bytes of the body given to the network the last time the request was sent.
  package var bodyBytesSent = 0
  /// What the request has added to `HTTPTransport.bodyBytes`, each time it was sent.
  package var bodyBytesCounted = 0
  /// The CRC64 of exactly those body bytes that were handed over for sending, when it was wanted.
  package var checksum: CRC64?
  /// How often the request was begun on a connection: 0 when none came to be, 2 or more when a kept
  /// connection turned out to be dead and the request was repeated on another. An answer to a
  /// repeated request may be about the effect of the one before.
  package var sends = 0
  package var openedConnection = false
  /// From the hand-over to libcurl to the end.
  package var duration = Duration.zero

  package init() {}
}
