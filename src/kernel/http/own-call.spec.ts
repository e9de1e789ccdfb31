import { isOwnCall, ownCallHeaders } from './own-call';

describe('calls of a process to its own port', () => {
  it('are known by the secret alone, whatever else stands there', () => {
    const [[field, secret]] = Object.entries(ownCallHeaders());
    expect(isOwnCall({ [field]: secret })).toBe(true);
    for (const told of [undefined, '', 'x'.repeat(secret.length), `é${secret.slice(1)}`, `${secret}x`, [secret]])
      expect(isOwnCall({ [field]: told })).toBe(false);
  });
});
