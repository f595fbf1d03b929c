internal import CLinux
internal import Glibc

extension FileDescriptor {
  /// Reads at `offset` what needs no waiting for a disk or a network; 0 when that is nothing, for whatever
  /// reason: the file system cannot tell, or the file ends there.
  package func readCached(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int, path: String = ""
  ) throws(SystemError) -> Int {
    let count = retryingInterrupts {
      osbatch_read_cached(raw, buffer.baseAddress, buffer.count, offset)
    }
    if count >= 0 { return count }
    switch errno {
    case EAGAIN, EOPNOTSUPP, EINVAL, ENOSYS: return 0
    default: throw SystemError("read", path)
    }
  }

  /// For `status` alone, of the file that a path leads to as the kernel has it in memory; nil where it would have to wait
  /// for a disk or a network, or cannot tell, or there is no such file. Where other machines may change files it
  /// can be out of date.
  package static func openCached(_ path: String) -> FileDescriptor? {
    let raw = osbatch_open_cached(path)
    return raw < 0 ? nil : FileDescriptor(owning: raw)
  }
}
