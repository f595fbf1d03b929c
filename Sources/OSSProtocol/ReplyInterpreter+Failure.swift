internal import BatchCore
internal import Digests

/// What replies mean that are no success: failures of the protocol, and answers that no OSS gives.
extension ReplyInterpreter {
  func failure(
    _ reply: RawReply, _ head: ResponseHead, _ operation: Operation
  ) -> Interpretation {
    let document = errorDocument(reply, head)
    var failure = described(document, reply, head)
    switch (operation, failure.kind) {
    case (.abortMultipartUpload, .noSuchUpload):
      return Interpretation(outcome: .success(.aborted))
    case (.headObject, .rejected) where reply.status == 404 && document.code.isEmpty:
      failure.kind = .noSuchKey
      failure.message = "there is no such object (404)"
      return Interpretation(outcome: .failure(failure))
    case (_, .clockSkew):
      return clockSkew(failure, document, head)
    default:
      break
    }
    if let foreign = foreignAnswer(reply, head, document) {
      return Interpretation(outcome: .failure(foreign))
    }
    return Interpretation(outcome: .failure(failure))
  }

  /// HEAD has no body; its explanation is in a header.
  private func errorDocument(_ reply: RawReply, _ head: ResponseHead) -> ErrorDocument {
    let encoded = reply.body.isEmpty ? head[.errorDocument] : nil
    return ErrorDocument(
      xml: encoded.flatMap { Base64.decode($0.utf8) } ?? reply.body, hiding: secrets)
  }

  /// Nothing in a refusal shows that OSS made it: a web server, a captive portal, a proxy. Server
  /// errors and requests to slow down may well come from a gateway in front of OSS.
  private func foreignAnswer(
    _ reply: RawReply, _ head: ResponseHead, _ document: ErrorDocument
  ) -> Failure? {
    guard !document.isPresent, head[.requestID] == nil else { return nil }
    if reply.status >= 500 && reply.status < 600 || [408, 429].contains(reply.status) {
      return nil
    }
    if let location = head[.location] {
      return foreign(
        reply, head, "it redirects to \(shown(location)), and redirects are not followed")
    }
    return foreign(reply, head, "it refused with status \(reply.status) and no explanation")
  }

  /// 2020 … 2099. A `Date` of 1970 has been seen beside a right `ServerTime`; a time outside these
  /// years would only replace one wrong clock by another.
  static let plausibleTimes: ClosedRange<Int64> = 1_577_836_800...4_102_444_799

  private func clockSkew(
    _ failure: Failure, _ document: ErrorDocument, _ head: ResponseHead
  ) -> Interpretation {
    let times = [document.serverTime, head.date].compactMap(\.self)
    if let time = times.first(where: Self.plausibleTimes.contains) {
      return Interpretation(outcome: .failure(failure), serviceTime: time)
    }
    var fatal = failure
    fatal.kind = .fatal
    fatal.message += "; set this machine's clock, the service did not tell its own time"
    return Interpretation(outcome: .failure(fatal))
  }

  /// Server errors tell nothing of what was done before them, nor does an error behind a status of success.
  private static func mayHaveTakenEffect(_ reply: RawReply) -> Bool {
    reply.status >= 500 || reply.status < 300
  }

  /// The failure that an error document is.
  private func described(
    _ document: ErrorDocument, _ reply: RawReply, _ head: ResponseHead
  ) -> Failure {
    var document = document
    if document.requestID.isEmpty { document.requestID = shown(head[.requestID]) }
    if document.detailCode.isEmpty { document.detailCode = shown(head[.errorCode]) }
    return Failure(
      ErrorTable.kind(document, status: reply.status), document.sentence(status: reply.status),
      code: document.code, status: reply.status, requestID: document.requestID,
      delayMilliseconds: head.delayMilliseconds,
      mayHaveTakenEffect: Self.mayHaveTakenEffect(reply))
  }

  func explanation(_ reply: RawReply, _ head: ResponseHead) -> String {
    described(errorDocument(reply, head), reply, head).message
  }

  func shown(_ text: String?) -> String { ErrorDocument.cleaned(text ?? "", secrets) }

  /// An answer that no OSS gives. Nothing more should be sent there; what was, may have been stored all the same.
  func foreign(_ reply: RawReply, _ head: ResponseHead, _ what: String) -> Failure {
    Failure(
      .fatal, "\(endpoint) answers, but not like OSS: \(what)", status: reply.status,
      requestID: shown(head[.requestID]), mayHaveTakenEffect: Self.mayHaveTakenEffect(reply))
  }

  /// An answer of OSS that arrived damaged: the request was carried out.
  func unreadable(_ reply: RawReply, _ head: ResponseHead, _ what: String) -> Failure {
    Failure(
      .transient, "the reply is damaged: \(what)", status: reply.status,
      requestID: shown(head[.requestID]), mayHaveTakenEffect: true)
  }
}
