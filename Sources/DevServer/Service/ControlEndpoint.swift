/// The requests below `/__devserver/`, which are no part of OSS and need no signature: tests switch
/// faults on and read what has arrived. The README lists them.
struct ControlEndpoint: Sendable {
  static let prefix = "/__devserver/"
  let service: Service

  func answer(method: String, uri: String, body: [UInt8]) -> Reply {
    let name = uri.dropFirst(ControlEndpoint.prefix.count).prefix { $0 != "?" }
    switch (method, name) {
    case ("POST", "faults"): return addFaults(String(decoding: body, as: UTF8.self))
    case ("GET", "faults"): return .text(service.faults.listing)
    case ("DELETE", "faults"):
      service.faults.clear()
      return Reply(204)
    case ("GET", "held"): return .text("\(service.faults.heldCount)\n")
    case ("DELETE", "held"):
      service.faults.letGo()
      return Reply(204)
    case ("POST", "keys"): return acceptKeys(String(decoding: body, as: UTF8.self))
    case ("GET", "log"): return .text(service.monitor.log)
    case ("DELETE", "log"):
      service.monitor.clearLog()
      return Reply(204)
    case ("GET", "stats"):
      let counts = service.storage.counts
      return .text(
        service.monitor.statistics(objects: counts.objects, openUploads: counts.uploads),
        type: "application/json")
    case ("DELETE", "stats"):
      service.monitor.clearCounts()
      return Reply(204)
    default:
      return .text(
        "\(method) \(uri): known are POST, GET, DELETE of faults, GET, DELETE of held, POST of keys, GET, DELETE of log and stats\n",
        status: 404)
    }
  }

  private func addFaults(_ text: String) -> Reply {
    do throws(FaultSyntaxError) {
      return .text("added \(try service.faults.add(text))\n")
    } catch {
      return .text("\(error.description)\n", status: 400)
    }
  }

  /// Each line is a key's identifier, its secret and, for a temporary one, its token.
  private func acceptKeys(_ text: String) -> Reply {
    var accepted: [Credentials] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 2 || words.count == 3 else {
        return .text("each line must be ID SECRET [TOKEN]\n", status: 400)
      }
      accepted.append(
        Credentials(
          identifier: words[0], secret: words[1], securityToken: words.count == 3 ? words[2] : nil))
    }
    service.verifier.keys.accept(accepted)
    return .text("accepted \(accepted.count)\n")
  }
}
