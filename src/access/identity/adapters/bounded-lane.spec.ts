import { BoundedLane } from './bounded-lane';

describe('a bounded lane', () => {
  const gate = (): { wait: Promise<void>; open: () => void } => {
    let open = (): void => undefined;
    const wait = new Promise<void>((resolve) => (open = resolve));
    return { wait, open };
  };

  it('runs as many as it is wide, in order, and refuses beyond its depth', async () => {
    const lane = new BoundedLane(2, 3, () => new Error('full'));
    const gates = Array.from({ length: 5 }, gate);
    const order: number[] = [];
    let most = 0;
    let now = 0;
    const all = gates.map(({ wait }, i) =>
      lane.run(async () => {
        order.push(i);
        most = Math.max(most, ++now);
        await wait;
        now -= 1;
        if (i === 1) throw new Error('planted');
        return i;
      }),
    );
    await expect(lane.run(() => Promise.resolve(9))).rejects.toThrow('full');
    for (const { open } of gates) open();
    const results = await Promise.allSettled(all);
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(most).toBe(2);
    await expect(lane.run(() => Promise.resolve('again'))).resolves.toBe('again');
  });
});
