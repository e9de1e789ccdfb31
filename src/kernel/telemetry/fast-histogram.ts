/** The counts of one set of label values. */
export class HistogramChild {
  /** Observations by bucket, not cumulated; the last one is beyond every bound. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(private readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds } = this;
    let i = 0;
    while (i < bounds.length && value > bounds[i]) i++;
    this.counts[i] += 1;
    this.sum += value;
  }

  reset(): void {
    this.counts.fill(0);
    this.sum = 0;
  }
}

interface Value {
  labels: Record<string, string | number>;
  value: number;
  metricName: string;
}

/**
 * A histogram for what is observed on every request: prom-client's own hashes the labels and copies objects on each
 * observation, which costs as much as a small query's result. This one is handed its child once and adds two numbers; the
 * registry reads it in prom-client's form.
 */
export class FastHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  private readonly children: { labels: Record<string, string>; child: HistogramChild }[] = [];

  constructor(
    private readonly options: {
      name: string;
      help: string;
      labelNames: readonly string[];
      /** Upper bounds, ascending. */
      buckets: readonly number[];
    },
  ) {
    this.name = options.name;
    this.help = options.help;
  }

  /** The counts of these label values, in the order of `labelNames`; made anew on each call, so the caller keeps it. */
  child(...values: string[]): HistogramChild {
    const child = new HistogramChild(this.options.buckets);
    const labels = Object.fromEntries(this.options.labelNames.map((name, i) => [name, values[i]]));
    this.children.push({ labels, child });
    return child;
  }

  /** What the registry shows. */
  get(): { name: string; help: string; type: string; aggregator: string; values: Value[] } {
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values: this.children.flatMap((each) => this.valuesOf(each)) };
  }

  reset(): void {
    for (const { child } of this.children) child.reset();
  }

  private valuesOf({ labels, child }: { labels: Record<string, string>; child: HistogramChild }): Value[] {
    const values: Value[] = [];
    let count = 0;
    child.counts.forEach((of, i) => {
      count += of;
      const le = this.options.buckets[i] ?? '+Inf';
      values.push({ labels: { le, ...labels }, value: count, metricName: `${this.name}_bucket` });
    });
    values.push({ labels: { ...labels }, value: child.sum, metricName: `${this.name}_sum` });
    values.push({ labels: { ...labels }, value: count, metricName: `${this.name}_count` });
    return values;
  }
}
