internal import CurlTransport
internal import Digests
package import Platform

/// What must be there before a first request can be signed and sent, and takes a while: the table of mounts, libcrypto's and
/// libcurl's process-wide parts, a tenth of a run of one small file. They need nothing of the manifest, so they are made ready
/// while it is read.
package enum RequestPreparation {
  /// Begins on a thread of its own. It is to be joined before the program ends, as nothing may be taken down meanwhile.
  /// (Whoever needs one of them before it is ready waits for that one.)
  package static func begin() -> Thread {
    Thread("prepare") {
      _ = MountTable.atStart
      SigningAlgorithms.prepare()
      HTTPTransport.prepare()
    }
  }
}
