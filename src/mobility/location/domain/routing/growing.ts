/** A typed array that grows as numbers are added. */
export class Growing<T extends Int32Array | Uint32Array | Float64Array | Uint8Array> {
  length = 0;
  private array: T;

  constructor(private readonly make: (length: number) => T) {
    this.array = make(1024);
  }

  push(value: number): void {
    if (this.length === this.array.length) {
      const larger = this.make(this.length * 2);
      larger.set(this.array);
      this.array = larger;
    }
    this.array[this.length++] = value;
  }

  get(at: number): number {
    return this.array[at];
  }

  set(at: number, value: number): void {
    this.array[at] = value;
  }

  /** What is there, without a copy. */
  view(): T {
    return this.array.subarray(0, this.length) as T;
  }
}

export const growingInt32 = (): Growing<Int32Array> => new Growing((length) => new Int32Array(length));
export const growingUint32 = (): Growing<Uint32Array> => new Growing((length) => new Uint32Array(length));
export const growingUint8 = (): Growing<Uint8Array> => new Growing((length) => new Uint8Array(length));
export const growingFloat64 = (): Growing<Float64Array> => new Growing((length) => new Float64Array(length));

/** Place of a value in a sorted array; -1 where it is not there. */
export function placeIn(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] === value) return middle;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Lists by key in one array: `first` of 0 to count, and the items of each key in the order given. */
export function lists(
  count: number,
  keys: ArrayLike<number>,
  items?: ArrayLike<number>,
): { first: Uint32Array; item: Uint32Array } {
  const first = new Uint32Array(count + 1);
  for (let k = 0; k < keys.length; k++) first[keys[k] + 1]++;
  for (let key = 0; key < count; key++) first[key + 1] += first[key];
  const next = first.slice(0, count);
  const item = new Uint32Array(keys.length);
  for (let k = 0; k < keys.length; k++) item[next[keys[k]]++] = items ? items[k] : k;
  return { first, item };
}

/** The different values, sorted. */
export function distinct(values: Float64Array): Float64Array {
  const sorted = values.slice().sort();
  let count = 0;
  for (let k = 0; k < sorted.length; k++) if (k === 0 || sorted[k] !== sorted[count - 1]) sorted[count++] = sorted[k];
  return sorted.slice(0, count);
}
