import Glibc
import Testing

@testable import Platform

@Suite struct MountTableTests {
  private static let text = """
    22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
    30 22 0:25 / /dev/shm rw,nosuid - tmpfs tmpfs rw,size=25165824k
    31 22 0:41 / /mnt/slow\\040disk ro,relatime shared:7 master:1 - fuse slow-files ro,user_id=0
    32 22 0:42 / /mnt/slow rw - nfs4 server:/export rw
    33 32 259:1048575 / /mnt/slow/inner rw - xfs /dev/nvme0n1 rw
    34 33 0:43 / /mnt/slow/inner rw - overlay overlay rw
    a line that is none

    """
  private let table = MountTable(mountInfo: Array(text.utf8))

  private func device(_ major: UInt64, _ minor: UInt64) -> MountTable.Device {
    (major & 0xfff) << 8 | minor & 0xff | (minor & ~0xff) << 12
  }

  @Test(
    arguments: [
      ("/", 254, 0), ("/mnt", 254, 0), ("/mnt/slower/a", 254, 0), ("/dev/shm", 0, 25),
      ("/dev/shm/a/b", 0, 25), ("/dev/shmem", 254, 0), ("/mnt/slow disk/a", 0, 41),
      ("/mnt/slow", 0, 42), ("/mnt/slow/in", 0, 42), ("/mnt/slow/inner/a", 0, 43),
    ] as [(String, UInt64, UInt64)])
  func theLongestPathCountsAndTheLatestOfEqualOnes(path: String, major: UInt64, minor: UInt64) {
    #expect(table.device(ofPath: path) == device(major, minor))
  }

  @Test func onlyMemoryNeverWaits() {
    #expect(table.isInMemory(device(0, 25)))
    for minor: UInt64 in [41, 42, 43] { #expect(!table.isInMemory(device(0, minor))) }
    #expect(!table.isInMemory(device(254, 0)))
    #expect(!table.isInMemory(12_345))
  }

  @Test func onlyWhatThisMachineAloneChangesIsLocal() {
    #expect(table.isLocal(device(0, 25)))
    #expect(table.isLocal(device(254, 0)))
    #expect(table.isLocal(device(259, 1_048_575)))
    for minor: UInt64 in [41, 42, 43] { #expect(!table.isLocal(device(0, minor))) }
    #expect(!table.isLocal(12_345))
  }

  @Test func withoutATableAllIsOne() {
    let table = MountTable(mountInfo: [])
    #expect(table.device(ofPath: "/a") == table.device(ofPath: "/b/c"))
  }

  /// The numbers are those that files give.
  @Test(arguments: ["/proc", "/dev"]) func theNumbersAreThoseOfFiles(path: String) throws {
    var status = stat()
    try #require(stat(path, &status) == 0)
    #expect(MountTable().device(ofPath: path) == MountTable.Device(status.st_dev))
  }
}
