import Glibc

/// The entry points that libFuzzer calls (llvm.org/docs/LibFuzzer.html). `OSBATCH_FUZZ_TARGET` names
/// the target: one binary for all of them, since building it is what costs time.
private let target: FuzzTarget = {
  let name = getenv("OSBATCH_FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    let known = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    fatalError("OSBATCH_FUZZ_TARGET must be one of \(known)")
  }
  return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do throws(BrokenProperty) {
    try target.check(Array(UnsafeBufferPointer(start: start, count: count)))
  } catch {
    fatalError("broken property of \(target.rawValue): \(error)")
  }
  return 0
}
