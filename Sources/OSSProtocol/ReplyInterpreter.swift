package import BatchCore

/// An HTTP reply as it came: the raw header block of the final response, and the body.
package struct RawReply: Sendable {
  package var status: Int
  package var head: [UInt8]
  package var body: [UInt8]
  /// Seconds since 1970: its request was sent no earlier.
  package var asked: Int64
  /// Seconds since 1970, cut to whole ones: it had come by then.
  package var answered: Int64

  package init(status: Int, head: [UInt8], body: [UInt8], asked: Int64, answered: Int64) {
    self.status = status
    self.head = head
    self.body = body
    self.asked = asked
    self.answered = answered
  }
}

/// What a reply means.
package struct Interpretation: Sendable, Equatable {
  package var outcome: Result<Reply, Failure>
  /// The service's clock, seconds since 1970: always there when the failure is `clockSkew`, nil
  /// otherwise. From then on, sign with that clock.
  package var serviceTime: Int64?
  /// The object is stored, but the callback that was asked for failed: one sentence.
  package var callbackFailure: String?
}

/// Turns replies into results. It is a value without state; one serves every thread.
package struct ReplyInterpreter: Sendable {
  /// How failures name the service, e.g. `https://oss-cn-hangzhou.aliyuncs.com`.
  let endpoint: String
  /// What failures must not repeat.
  package var secrets = KnownSecrets()

  package init(_ endpoint: Endpoint) { self.endpoint = endpoint.description }

  /// `clock` is what is known of the service's own, and learns from a reply in which times matter.
  package func interpret(
    _ reply: RawReply, to operation: Operation, _ clock: inout ServiceClock
  ) -> Interpretation {
    let head = ResponseHead(reply.head)
    // What a gateway says in place of the service is dated by the gateway's clock.
    let isService = (200..<300).contains(reply.status) || head[.requestID] != nil
    if isService, !operation.sendsSource, let date = head.date, Self.plausibleTimes.contains(date) {
      clock.note(date: date, asked: reply.asked, answered: reply.answered)
    }
    return meaning(reply, head, operation, clock)
  }

  private func meaning(
    _ reply: RawReply, _ head: ResponseHead, _ operation: Operation, _ clock: ServiceClock
  ) -> Interpretation {
    guard (200..<300).contains(reply.status), !hidesError(reply, operation) else {
      return failure(reply, head, operation)
    }
    let outcome: Result<Reply, Failure>
    do throws(Failure) {
      outcome = .success(try success(reply, head, operation, clock))
    } catch {
      outcome = .failure(error)
    }
    let callbackFailure = reply.status == 203 ? explanation(reply, head) : nil
    return Interpretation(outcome: outcome, callbackFailure: callbackFailure)
  }

  /// An error may stand behind a status of success; S3-compatible services do that.
  private func hidesError(_ reply: RawReply, _ operation: Operation) -> Bool {
    switch operation {
    case .putObject, .uploadPart, .headObject, .abortMultipartUpload: return false
    case .initiateMultipartUpload, .listParts, .listMultipartUploads, .completeMultipartUpload:
      let document = ErrorDocument(xml: reply.body)
      return document.isPresent && document.code != "CallbackFailed"
    }
  }

  private func success(
    _ reply: RawReply, _ head: ResponseHead, _ operation: Operation, _ clock: ServiceClock
  ) throws(Failure) -> Reply {
    switch operation {
    case .putObject, .uploadPart: return try stored(reply, head)
    case .completeMultipartUpload: return try completed(reply, head)
    case .abortMultipartUpload: return .aborted
    case .headObject: return .object(try object(reply, head, clock))
    case .initiateMultipartUpload:
      let root = try document(reply, head, "InitiateMultipartUploadResult", asked: "new upload")
      guard let uploadID = root["UploadId"], !uploadID.isEmpty else {
        throw unreadable(reply, head, "the new upload has no id")
      }
      return .initiated(uploadID: uploadID)
    case .listParts(_, let marker):
      let root = try document(reply, head, "ListPartsResult", asked: "list of parts")
      do throws(PageProblem) {
        return .parts(try PartsPage(root, after: marker))
      } catch {
        throw unreadable(reply, head, "the list of parts \(error.words)")
      }
    case .listMultipartUploads(let marker):
      let root = try document(
        reply, head, "ListMultipartUploadsResult", asked: "list of uploads")
      do throws(PageProblem) {
        return .uploads(try UploadsPage(root, after: marker, clock))
      } catch {
        throw unreadable(reply, head, "the list of uploads \(error.words)")
      }
    }
  }

  /// A callback that failed (203) leaves the object stored, with or without an ETag in the reply.
  private func stored(_ reply: RawReply, _ head: ResponseHead) throws(Failure) -> Reply {
    guard let etag = head[.etag] ?? (isCallbackFailure(reply) ? "" : nil) else {
      throw foreign(reply, head, "it accepted an upload without giving an ETag")
    }
    return .stored(etag: etag, crc64: head.crc64)
  }

  private func isCallbackFailure(_ reply: RawReply) -> Bool {
    reply.status == 203 && ErrorDocument(xml: reply.body).code == "CallbackFailed"
  }

  /// With a callback the body is the callback server's, so the header's ETag comes first.
  private func completed(_ reply: RawReply, _ head: ResponseHead) throws(Failure) -> Reply {
    if let etag = head[.etag] ?? (isCallbackFailure(reply) ? "" : nil) {
      return .stored(etag: etag, crc64: head.crc64)
    }
    let root = try document(
      reply, head, "CompleteMultipartUploadResult", asked: "completed upload")
    guard let etag = root["ETag"], !etag.isEmpty else {
      throw unreadable(reply, head, "the completed object has no ETag")
    }
    return .stored(etag: etag, crc64: head.crc64)
  }

  private func object(
    _ reply: RawReply, _ head: ResponseHead, _ clock: ServiceClock
  ) throws(Failure) -> StoredObject {
    guard let etag = head[.etag], let size = head.contentLength else {
      throw foreign(reply, head, "it described an object without its ETag and length")
    }
    return StoredObject(
      size: size, etag: etag, crc64: head.crc64, type: head[.objectType] ?? "",
      modified: head.lastModified.flatMap { Self.span(of: $0, by: clock) })
  }

  /// nil: it cannot be.
  static func span(of time: Int64, by clock: ServiceClock) -> TimeSpan? {
    plausibleTimes.contains(time) ? clock.span(of: time) : nil
  }

  /// The root element of a reply that must be one of the protocol. XML that was cut may come whole
  /// the next time; anything else is no answer of OSS.
  private func document(
    _ reply: RawReply, _ head: ResponseHead, _ name: String, asked: String
  ) throws(Failure) -> XMLElement {
    let root: XMLElement
    do throws(XMLError) {
      root = try XMLElement.root(of: reply.body)
    } catch {
      var reader = XMLReader(reply.body)
      guard case .start(name) = try? reader.next() else {
        // With OSS's request id it is OSS's answer, damaged on its way.
        guard head[.requestID] == nil else {
          throw unreadable(reply, head, "the \(asked) is not XML")
        }
        throw foreign(reply, head, "the \(asked) it sent is not XML")
      }
      throw unreadable(reply, head, "the \(asked) cannot be read: \(error)")
    }
    guard root.name == name else {
      throw foreign(reply, head, "instead of the \(asked) it sent \(shown(root.name))")
    }
    return root
  }
}
