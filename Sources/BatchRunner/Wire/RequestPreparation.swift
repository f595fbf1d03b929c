internal import BatchCore
internal import CurlTransport
internal import Digests
internal import OSSProtocol
package import Platform

/// What must be there before a first request can be sent, and takes a while: a tenth of a run of one small file. It is made
/// ready on threads of its own, which are to be joined before the program ends, as nothing may be taken down meanwhile.
/// (Whoever needs a part of it before it is ready waits for that part.)
package enum RequestPreparation {
  /// What needs nothing of the manifest, and so is begun before that is read: libcurl's process-wide part.
  package static func begin() -> Thread { Thread("prepare") { HTTPTransport.prepare() } }

  /// What TLS needs further, where a target is reached over it.
  static func begin(for endpoints: [Endpoint]) -> Thread? {
    guard endpoints.contains(where: { $0.scheme == .https }) else { return nil }
    return Thread("prepare TLS") { AlgorithmNames.prepare() }
  }
}
