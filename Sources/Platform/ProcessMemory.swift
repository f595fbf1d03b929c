internal import CLinux

/// What others may see of this process's memory.
package enum ProcessMemory {
  /// Keeps it to the process: no core dump, whatever the limit or the core pattern says, and
  /// `/proc/PID/mem` and `environ` are readable to root alone. It cannot fail with these arguments
  /// (prctl(2), PR_SET_DUMPABLE).
  package static func hide() {
    precondition(osbatch_set_dumpable(0) == 0, "prctl(PR_SET_DUMPABLE)")
  }
}
