/// A number for each row of a table, where most are 0: the rows behind the last other one take no room.
struct SparseColumn: Sendable {
  private var values: ContiguousArray<UInt32> = []

  subscript(row: Int) -> UInt32 {
    get { row < values.count ? values[row] : 0 }
    set {
      guard newValue != 0 || row < values.count else { return }
      while values.count <= row { values.append(0) }
      values[row] = newValue
    }
  }
}
