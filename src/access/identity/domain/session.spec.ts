import { newId } from '../../../kernel/ids/ids';
import { sha256 } from '../../../kernel/crypto/hashing';
import { SessionRevoked, SessionStarted, TokenReuseDetected } from '../contracts/identity-events';
import { judgeRefresh, RefreshToken } from './refresh-token';
import { Session } from './session';
import { sessionLimits } from './session-limits.policy';

const T0 = new Date('2026-03-01T12:00:00Z');
const at = (seconds: number): Date => new Date(T0.getTime() + seconds * 1000);
const browser = sha256('browser');

const session = (idleSeconds = 3600): Session =>
  Session.start({
    userId: newId(),
    organizationId: null,
    deviceId: newId(),
    deviceName: 'Firefox on Linux',
    country: null,
    fingerprint: sha256('traits'),
    aal: 1,
    amr: ['pwd'],
    authTime: T0,
    factorTimes: { password: T0.toISOString() },
    transport: 'bearer',
    remember: true,
    now: T0,
    limits: { ...sessionLimits(1), idle: idleSeconds },
  });

function family(): { session: Session; first: RefreshToken; second: RefreshToken } {
  const owner = session();
  const first = RefreshToken.issue(owner.id, null, T0).token;
  const second = RefreshToken.issue(owner.id, first.id, at(60)).token;
  first.consume(second, browser, 'sealed', at(60));
  return { session: owner, first, second };
}

describe('sessions', () => {
  it('end when idle and never live longer than 30 days', () => {
    const s = session(3600);
    expect(s.pullEvents()).toEqual([expect.any(SessionStarted)]);
    expect(s.isLive(at(3599))).toBe(true);
    expect(s.isLive(at(3600))).toBe(false);
    s.seen(at(3000), 3600);
    expect(s.isLive(at(6599))).toBe(true);
    s.seen(at(30 * 86_400 - 5), 3600);
    expect(s.isLive(at(30 * 86_400 - 1))).toBe(true);
    expect(s.isLive(at(30 * 86_400))).toBe(false);
  });

  it('are revoked once, with the version of the kernel', () => {
    const s = session();
    s.pullEvents();
    expect(s.revoke('logout', 1, at(1))).toBe(true);
    expect(s.revoke('token-reuse', 2, at(2))).toBe(false);
    expect(s).toMatchObject({ revokedReason: 'logout', version: 1 });
    expect(s.isLive(at(1))).toBe(false);
    expect(s.pullEvents()).toEqual([expect.any(SessionRevoked)]);
  });

  it('say that a token was reused', () => {
    const s = session();
    s.pullEvents();
    s.revoke('token-reuse', 1, at(1));
    expect(s.pullEvents()).toEqual([expect.any(SessionRevoked), expect.any(TokenReuseDetected)]);
  });
});

describe('a presented refresh token', () => {
  it('is rotated while it is live', () => {
    const { session: s, second } = family();
    expect(judgeRefresh(s, second, null, browser, at(61))).toBe('rotate');
  });

  it('is answered again within ten seconds, to the same client, while its successor is unused', () => {
    const { session: s, first, second } = family();
    expect(judgeRefresh(s, first, second, browser, at(69))).toBe('replay');
    expect(judgeRefresh(s, first, second, browser, at(70))).toBe('reuse');
    expect(judgeRefresh(s, first, second, sha256('other'), at(69))).toBe('reuse');
    const third = RefreshToken.issue(s.id, second.id, at(65)).token;
    second.consume(third, browser, 'sealed', at(65));
    expect(judgeRefresh(s, first, second, browser, at(69))).toBe('reuse');
    expect(judgeRefresh(s, second, third, browser, at(69))).toBe('replay');
  });

  it('is nothing once the session has ended', () => {
    const { session: s, second } = family();
    s.revoke('logout', 1, at(61));
    expect(judgeRefresh(s, second, null, browser, at(62))).toBe('ended');
    const idle = family();
    expect(judgeRefresh(idle.session, idle.second, null, browser, at(4000))).toBe('ended');
  });
});
