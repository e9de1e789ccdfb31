import { memoryOf, residentMb, type Environment } from '../environment';
import { agentOf, exchange, quantile, type Exchange } from '../load';
import type { Measure } from '../report';
import type { World } from '../world';
import { cartOf, checkoutOf } from './checkout';

const CLIENTS = 500;
/** Mean pause of a client between two requests (milliseconds): people look before they click. */
const THINK_MS = 1_000;

/** 500 clients, each with its own connection: 80 % reads, 15 % carts, 5 % checkouts, a second of thought in between. */
export async function mixed(environment: Environment, world: World, seconds: number): Promise<Measure[]> {
  const agent = agentOf(CLIENTS);
  const shared: World = { ...world, agent };
  const times: number[] = [];
  let bad = 0;
  let peak = 0;
  let n = 0;
  const ends = process.hrtime.bigint() + BigInt(seconds) * 1_000_000_000n;
  const open = (): boolean => process.hrtime.bigint() < ends;
  const note = (answer: Exchange): void => {
    times.push(answer.milliseconds);
    if (answer.status >= 300) bad += 1;
  };
  const api = `${world.url}/api/v1`;
  const timedCart = async (sku: string): Promise<void> => {
    const made = await exchange(agent, { url: `${api}/carts`, headers: world.guest, body: {} });
    note(made);
    const { id } = JSON.parse(made.body) as { id: string };
    note(await exchange(agent, { url: `${api}/carts/${id}/lines`, headers: world.guest, body: { sku, quantity: 1 } }));
  };
  const client = async (index: number): Promise<void> => {
    await pause((index / CLIENTS) * THINK_MS);
    while (open()) {
      const turn = (n++ * 37) % 100;
      const sku = world.skus[n % world.skus.length];
      if (turn < 50) note(await exchange(agent, { url: `${api}/products?limit=20`, headers: world.guest }));
      else if (turn < 80)
        note(await exchange(agent, { url: `${api}/products/${world.productId}`, headers: world.guest }));
      else if (turn < 95) await timedCart(sku);
      else note(await exchange(agent, checkoutOf(shared, await cartOf(shared, sku), n)));
      await pause(THINK_MS * (0.5 + (turn % 10) / 10));
    }
  };
  const watch = setInterval(() => (peak = Math.max(peak, residentMb(environment.product.pid))), 250);
  await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)));
  clearInterval(watch);
  agent.destroy();
  const { used, heap, outside } = await memoryOf(world.url);
  const p95 = quantile(times, 0.95);
  return [
    {
      scenario: `mixed load, ${CLIENTS} clients`,
      unit: 'req/s',
      value: times.length / seconds,
      p50: quantile(times, 0.5),
      p95,
      p99: quantile(times, 0.99),
      aim: 'p95 < 200 ms',
      met: p95 < 200 && bad === 0,
      note: `80 % reads, 15 % carts, 5 % checkouts, about one request a second each${bad ? `; ${bad} bad answers` : ''}`,
    },
    {
      scenario: 'memory at peak',
      unit: 'MB RSS',
      value: peak,
      aim: '< 512',
      met: peak < 512,
      note: `at the end a heap of ${heap.toFixed(0)} MB, ${used.toFixed(0)} of it in use; ${outside.toFixed(0)} MB outside it`,
    },
  ];
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
