import { newId } from '../ids/ids';
import { looksLikeApiKey, makeApiKey, readApiKey } from './api-key-token';
import { isCapability } from './capability';

describe('API keys', () => {
  it('carry their id, whatever it is, and differ each time', () => {
    for (const id of [newId(), '00000000-0000-0000-0000-000000000001', 'ffffffff-ffff-ffff-ffff-ffffffffffff']) {
      const { text, lastFour } = makeApiKey(id, 'live');
      expect(text).toMatch(/^mainstay_live_[0-9A-Za-z]{22}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
      expect(readApiKey(text)).toEqual({ id, environment: 'live' });
      expect(text.split('_')[3].slice(-4)).toBe(lastFour);
      expect(makeApiKey(id, 'live').text).not.toBe(text);
    }
  });

  it('of which one letter is wrong are told by their checksum', () => {
    const { text } = makeApiKey(newId(), 'test');
    for (let at = 'mainstay_test_'.length; at < text.length; at++) {
      if (text[at] === '_') continue;
      const wrong = text.slice(0, at) + (text[at] === 'a' ? 'b' : 'a') + text.slice(at + 1);
      if (wrong !== text) expect(readApiKey(wrong)).toBeNull();
    }
    expect(readApiKey(text.slice(0, -1))).toBeNull();
    expect(readApiKey(`${text} `)).toBeNull();
  });

  it('are taken neither for capabilities nor for tokens', () => {
    const { text } = makeApiKey(newId(), 'live');
    expect(isCapability(text)).toBe(false);
    expect(looksLikeApiKey(text)).toBe(true);
    expect(looksLikeApiKey('eyJhbGciOiJFUzI1NiJ9.e30.x')).toBe(false);
  });
});
