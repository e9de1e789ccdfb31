import { piecesOf, readMessage } from './device-message';

const read = (said: unknown) => readMessage(Buffer.from(typeof said === 'string' ? said : JSON.stringify(said)));

describe('a message of a device', () => {
  const fix = { fixTime: 1_760_000_000, lat: 48.2, lng: 16.37 };

  it('carries positions, or is one, with or without a key', () => {
    expect(read({ key: 'trk_a', positions: [fix, fix] })).toEqual({ key: 'trk_a', positions: [fix, fix] });
    expect(read({ key: 'trk_a', ...fix })).toEqual({ key: 'trk_a', positions: [fix] });
    expect(read({ positions: [] })).toEqual({ key: null, positions: [] });
  });

  it('may be a location of OwnTracks, whose speeds are km/h; what else it says is not for us', () => {
    const told = { _type: 'location', tst: 1_760_000_000, lat: 48.2, lon: 16.37, vel: 36, alt: 180, cog: 90, acc: 8 };
    expect(read({ ...told, batt: 77 })).toEqual({
      key: null,
      positions: [{ ...fix, speed: 10, altitude: 180, course: 90, accuracy: 8, attributes: { battery: 77 } }],
    });
    expect(read({ _type: 'lwt', tst: 1 })).toBe('ignored');
  });

  it('is malformed where it is none of these, too long, or has too many positions', () => {
    const long = JSON.stringify({ ...fix, attributes: { text: 'x'.repeat(2_097_152) } });
    const many = { positions: Array.from({ length: 12_001 }, () => 0) };
    for (const said of ['', '{', '7', 'null', '[]', '{}', long, many, { key: 7, ...fix }, { positions: {} }])
      expect(read(said)).toBe('malformed');
  });

  it('is written in pieces, a long one the oldest first, whatever it says of its times', () => {
    expect([piecesOf([]), piecesOf([2, 1])]).toEqual([[], [[2, 1]]]);
    const [first, ...rest] = [null, 'x', { fixTime: 'soon' }, { fixTime: '2026-01-01T00:00:00Z' }];
    const long = [...rest, ...Array.from({ length: 1_200 }, (_, k) => ({ fixTime: 1_760_001_200 - k })), first];
    const pieces = piecesOf(long);
    expect(pieces.map(({ length }) => length)).toEqual([500, 500, 204]);
    const all = pieces.flat();
    expect(all.slice(0, 4)).toEqual(['x', { fixTime: 'soon' }, null, { fixTime: 1_760_000_001 }]);
    expect(all.at(-2)).toEqual({ fixTime: 1_760_001_200 });
    expect(all.at(-1)).toEqual({ fixTime: '2026-01-01T00:00:00Z' });
  });
});
