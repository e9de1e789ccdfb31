import { clock } from '../clock/clock';
import { derivedId, idAt, isUuid, newId, newSecret, timeOfId } from './ids';

describe('ids', () => {
  afterEach(() => clock.setOffset(0));

  it('are UUIDv7, unique and ascending, also while kernel time is moved', () => {
    for (const offset of [0, 86_400]) {
      clock.setOffset(offset);
      const ids = Array.from({ length: 20_000 }, newId);
      expect(new Set(ids).size).toBe(ids.length);
      expect([...ids].sort()).toEqual(ids);
      expect(ids.every((id) => isUuid(id) && id[14] === '7')).toBe(true);
    }
  });

  it('follow kernel time, also back', () => {
    const before = clock.nowMs();
    clock.setOffset(86_400);
    const tomorrow = newId();
    expect(timeOfId(tomorrow).getTime()).toBeGreaterThanOrEqual(before + 86_400_000);
    clock.setOffset(0);
    const today = newId();
    expect(today < tomorrow).toBe(true);
    expect(timeOfId(today).getTime()).toBeLessThan(before + 60_000);
  });

  it('bound a range of time', () => {
    const id = newId();
    const at = timeOfId(id);
    expect(idAt(at) <= id && id < idAt(new Date(at.getTime() + 1))).toBe(true);
    expect(isUuid(idAt(at))).toBe(true);
  });

  it('derive from names, the parts kept apart', () => {
    expect(derivedId('orders', '1')).toBe(derivedId('orders', '1'));
    expect(isUuid(derivedId('orders', '1'))).toBe(true);
    expect(derivedId('a', 'bc')).not.toBe(derivedId('ab', 'c'));
  });

  it('are recognised in canonical form only', () => {
    expect([newId().toUpperCase(), '', null, `${newId()}'`, `{${newId()}}`].filter(isUuid)).toEqual([]);
  });

  it('secrets do not repeat', () => {
    expect(newSecret()).toMatch(/^[\w-]{32}$/);
    expect(newSecret(32)).toHaveLength(43);
    expect(newSecret()).not.toBe(newSecret());
  });
});
