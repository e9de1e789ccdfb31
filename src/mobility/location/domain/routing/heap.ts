/** A queue of numbered things by the least key (a binary heap that knows where each is, so that keys can be lowered). */
export class Heap {
  size = 0;
  private readonly items: Int32Array;
  private readonly keys: Float64Array;
  /** Place of an item, from 1 on; 0: not in it. */
  private readonly place: Int32Array;

  constructor(capacity: number) {
    this.items = new Int32Array(capacity + 2);
    this.keys = new Float64Array(capacity + 2);
    this.place = new Int32Array(capacity);
  }

  get least(): number {
    return this.keys[1];
  }

  /** Puts an item in, or lowers its key. */
  push(item: number, key: number): void {
    let at = this.place[item];
    if (at === 0) at = ++this.size;
    else if (this.keys[at] <= key) return;
    const { items, keys, place } = this;
    while (at > 1) {
      const above = at >> 1;
      if (keys[above] <= key) break;
      items[at] = items[above];
      keys[at] = keys[above];
      place[items[at]] = at;
      at = above;
    }
    items[at] = item;
    keys[at] = key;
    place[item] = at;
  }

  pop(): number {
    const { items, keys, place } = this;
    const top = items[1];
    place[top] = 0;
    const item = items[this.size];
    const key = keys[this.size--];
    if (this.size === 0) return top;
    let at = 1;
    for (;;) {
      let below = at * 2;
      if (below > this.size) break;
      if (below < this.size && keys[below + 1] < keys[below]) below++;
      if (keys[below] >= key) break;
      items[at] = items[below];
      keys[at] = keys[below];
      place[items[at]] = at;
      at = below;
    }
    items[at] = item;
    keys[at] = key;
    place[item] = at;
    return top;
  }

  clear(): void {
    for (let at = 1; at <= this.size; at++) this.place[this.items[at]] = 0;
    this.size = 0;
  }
}
