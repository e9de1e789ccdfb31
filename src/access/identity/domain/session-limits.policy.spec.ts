import { NOT_REMEMBERED, sessionLimits } from './session-limits.policy';

describe('limits of sessions', () => {
  it('come with the level: 30 days, a day and an hour, twelve hours and a quarter', () => {
    expect(sessionLimits(1)).toEqual({ idle: 2_592_000, absolute: 2_592_000, access: 600 });
    expect(sessionLimits(2)).toEqual({ idle: 3_600, absolute: 86_400, access: 600 });
    expect(sessionLimits(3)).toEqual({ idle: 900, absolute: 43_200, access: 300 });
  });

  it('only ever become stricter', () => {
    expect(sessionLimits(2, { idle: 900, absolute: 90_000 }, { idle: 1_200 })).toMatchObject({
      idle: 900,
      absolute: 86_400,
    });
    expect(sessionLimits(1, NOT_REMEMBERED).absolute).toBe(86_400);
    expect(sessionLimits(1, { absolute: undefined }).absolute).toBe(2_592_000);
  });
});
