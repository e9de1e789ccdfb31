import { loadConfig } from '../config/config';
import { currentContext } from '../context/request-context';
import { newId } from '../ids/ids';
import { TenantRound } from './tenant-round';

class Round extends TenantRound {
  readonly served: string[] = [];
  /** What happens while a tenant is served. */
  during: (tenantId: string) => void | Promise<void> = () => undefined;

  constructor(readonly tenants: string[]) {
    super(loadConfig({ NODE_ENV: 'test', MAINSTAY_ROLES: 'worker' }), 60_000, 'it failed');
  }

  protected due(): Promise<string[]> {
    return Promise.resolve(this.tenants);
  }

  protected async serve(): Promise<void> {
    const { tenantId } = currentContext();
    await this.during(tenantId!);
    this.served.push(tenantId!);
  }
}

describe('a round over tenants', () => {
  it('goes on after a tenant in which it fails', async () => {
    const [first, second, third] = [newId(), newId(), newId()];
    const round = new Round([first, second, third]);
    round.during = (tenantId) => {
      if (tenantId === second) throw new Error('broken');
    };
    expect(await round.look()).toBe(3);
    expect(round.served).toEqual([first, third]);
  });

  it('finishes the tenant under way at the shutdown, and begins no other', async () => {
    const round = new Round([newId(), newId()]);
    let goOn = (): void => undefined;
    const begun = new Promise<void>((begin) => {
      round.during = () => {
        begin();
        return new Promise<void>((resolve) => (goOn = resolve));
      };
    });
    round.onApplicationBootstrap();
    await begun;
    const stopped = round.beforeApplicationShutdown();
    goOn();
    await stopped;
    expect(round.served).toEqual([round.tenants[0]]);
  });
});
