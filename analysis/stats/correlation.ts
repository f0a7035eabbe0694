/** Pearson's correlation of the pairs where both are finite; 0 with fewer than three pairs or no variance. */
export function correlation(left: Float64Array, right: Float64Array): number {
  const length = Math.min(left.length, right.length);
  let count = 0;
  let sumLeft = 0;
  let sumRight = 0;
  for (let index = 0; index < length; index += 1) {
    if (!Number.isFinite(left[index]!) || !Number.isFinite(right[index]!)) continue;
    count += 1;
    sumLeft += left[index]!;
    sumRight += right[index]!;
  }
  if (count < 3) return 0;
  const meanLeft = sumLeft / count;
  const meanRight = sumRight / count;
  let both = 0;
  let squareLeft = 0;
  let squareRight = 0;
  for (let index = 0; index < length; index += 1) {
    const a = left[index]! - meanLeft;
    const b = right[index]! - meanRight;
    if (!Number.isFinite(a) || !Number.isFinite(b)) continue;
    both += a * b;
    squareLeft += a * a;
    squareRight += b * b;
  }
  if (squareLeft <= 0 || squareRight <= 0) return 0;
  return both / Math.sqrt(squareLeft * squareRight);
}
