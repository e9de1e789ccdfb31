import type { Arrangements } from '../world';

const arrangements: Arrangements = {
  // Time is one for all shops of the server: it goes on by nothing.
  moveClock: () => ({ body: { advanceSeconds: 0 } }),
};
export default arrangements;
