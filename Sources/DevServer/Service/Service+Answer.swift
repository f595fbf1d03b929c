extension Service {
  /// The end of a request: its effect, and what its faults make of it. `admitted` is the body, or why
  /// the request was refused before.
  func answer(_ request: Request, _ admitted: Result<ReceivedBody, ServiceError>) -> Answer {
    switch request.faults.outcome {
    case .answer(let answer, .before): return .reply(Reply(answer, to: request))
    case .stall(.before): return .silence
    case .reset(.beforeBody), .reset(.halfBody), .reset(.beforeEffect): return .reset
    case .forget: return .reply(forget(request))
    default: break
    }
    let reply = effect(request, admitted)
    switch request.faults.outcome {
    case .answer(let answer, .after): return .reply(Reply(answer, to: request))
    case .stall(.after): return .silence
    case .reset(.afterEffect): return .reset
    case .drip: return .dripping(reply)
    case .truncate: return .truncated(reply)
    case .misstateLength(let bytes): return .misstated(reply, by: bytes)
    case .garbage: return .garbage(Array("\u{1}\u{2}this is not HTTP\r\n\r\n\u{0}".utf8))
    case .garbageBody:
      return .reply(Reply(reply.status, reply.headers, .bytes(Array("<not><closed>".utf8))))
    case .callbackFailed where reply.status < 300:
      let error = ServiceError(
        203, "CallbackFailed", "Error status : 502.", errorCode: "0007-00000203")
      return .reply(Reply(error, to: request))
    default: return .reply(reply)
    }
  }

  private func effect(
    _ request: Request, _ admitted: Result<ReceivedBody, ServiceError>
  ) -> Reply {
    do throws(ServiceError) {
      return try perform(request, try admitted.get())
    } catch {
      return Reply(error, to: request)
    }
  }

  private func forget(_ request: Request) -> Reply {
    let identifier = request.target.query["uploadId"] ?? ""
    do throws(ServiceError) {
      try storage.abort(identifier, request.requireKey(), in: request.requireBucket())
      throw ServiceError.noSuchUpload(identifier, request.operation)
    } catch {
      return Reply(error, to: request)
    }
  }
}

extension Reply {
  /// The reply that a fault gives.
  init(_ answer: Fault.Answer, to request: Request) {
    if answer.isHTML {
      let page = "<html><body><h1>\(answer.status) \(answer.message)</h1></body></html>\n"
      self.init(answer.status, [("Content-Type", "text/html")], .bytes(Array(page.utf8)))
      if request.method == "HEAD" { body = .announced(length) }
    } else {
      let code = answer.code.isEmpty ? "InternalError" : answer.code
      let error = ServiceError(answer.status, code, answer.message)
      self.init(error, to: request)
    }
    headers += answer.headers
  }
}

extension Request {
  /// A CRC64 as the reply shows it: a fault may leave it out or change it.
  func shown(_ checksum: UInt64) -> String? {
    switch faults.outcome {
    case .omitChecksum: nil
    case .wrongChecksum: String(checksum ^ 1)
    default: String(checksum)
    }
  }

  /// The header of a CRC64, unless a fault leaves it out.
  func checksumHeader(_ checksum: UInt64) -> [(name: String, value: String)] {
    shown(checksum).map { [("x-oss-hash-crc64ecma", $0)] } ?? []
  }
}
