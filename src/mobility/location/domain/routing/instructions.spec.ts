import { at, graphOf, type MadeRoads } from '../../../../../test/support/made-roads';
import { planRoute } from './route';
import { Search } from './search';
import type { Tags } from './road-tags';

type Arm = [angle: number, tags?: Tags];
const PRICES = { perKm: 0, perHour: 0 };

const along = (angle: number, metres: number): [number, number] => [
  Math.sin((angle * Math.PI) / 180) * metres,
  Math.cos((angle * Math.PI) / 180) * metres,
];

/** What is said on the way from the south up Main into the first arm (degrees to the right of straight on). */
function said(arms: Arm[], more: { main?: Tags; rules?: MadeRoads['rules']; aside?: number } = {}): string[] {
  const nodes: MadeRoads['nodes'] = { 1: [0, -300], 2: [0, 0] };
  const ways: MadeRoads['ways'] = [{ id: 1, nodes: [1, 2], tags: { name: 'Main', ...more.main } }];
  arms.forEach(([angle, tags = {}], k) => {
    nodes[3 + k] = along(angle, 300);
    ways.push({ id: 2 + k, nodes: [2, 3 + k], tags });
  });
  const graph = graphOf({ nodes, ways, rules: more.rules });
  const goal = along(arms[0][0], 250);
  const question = {
    waypoints: [at(0, -250), at(goal[0] + (more.aside ?? 0), goal[1])],
    objective: 'distance' as const,
    alternatives: 0,
    prices: PRICES,
  };
  const { routes } = planRoute(graph, new Search(graph), question, {});
  return routes[0].legs[0].steps.map(({ instruction }) => instruction);
}

const A = { name: 'A' };
const MAIN = { name: 'Main' };
const LINK = { highway: 'motorway_link' };

describe('what a driver is told at a junction', () => {
  it.each<[string, string[], Arm[], Parameters<typeof said>[1]?]>([
    [
      'straight on over a crossing',
      [],
      [
        [0, MAIN],
        [90, A],
        [-90, A],
      ],
    ],
    [
      'straight on into another street',
      ['Continue onto A'],
      [
        [0, A],
        [90, MAIN],
        [-90, MAIN],
      ],
    ],
    ['straight on into a street without a name', [], [[0], [90, A]]],
    [
      'right at a crossing',
      ['Turn right onto A'],
      [
        [90, A],
        [0, MAIN],
        [-90, A],
      ],
    ],
    [
      'left at a crossing',
      ['Turn left onto A'],
      [
        [-90, A],
        [0, MAIN],
        [90, A],
      ],
    ],
    [
      'right at the end of the street',
      ['Turn right onto A'],
      [
        [90, A],
        [-90, A],
      ],
    ],
    [
      'slightly right where straight on is too',
      ['Keep right onto A'],
      [
        [45, A],
        [0, MAIN],
      ],
    ],
    [
      'slightly left where straight on is too',
      ['Keep left onto A'],
      [
        [-45, A],
        [0, MAIN],
      ],
    ],
    [
      'sharply right',
      ['Turn sharp right onto A'],
      [
        [130, A],
        [0, MAIN],
      ],
    ],
    [
      'sharply left',
      ['Turn sharp left onto A'],
      [
        [-145, A],
        [0, MAIN],
      ],
    ],
    [
      'at 60 degrees and more it is a turn',
      ['Turn right onto A'],
      [
        [64, A],
        [0, MAIN],
      ],
    ],
    [
      'at 120 degrees it is still one',
      ['Turn left onto A'],
      [
        [-116, A],
        [0, MAIN],
      ],
    ],
    [
      'the right of a fork',
      ['Keep right onto A'],
      [
        [12, A],
        [-12, { name: 'B' }],
      ],
    ],
    [
      'the left of a fork',
      ['Keep left onto B'],
      [
        [-12, { name: 'B' }],
        [12, A],
      ],
    ],
    [
      'the middle of a fork of three, by the nearest',
      ['Keep left onto Main'],
      [
        [2, MAIN],
        [20, A],
        [-30, A],
      ],
    ],
    ['a bend without a choice', [], [[90, MAIN]]],
    ['a bend into another name', ['Follow the road right onto A'], [[90, A]]],
    ['another name straight on', ['Continue onto A'], [[3, A]]],
    [
      'a bend where all else leads aside',
      [],
      [
        [40, MAIN],
        [90, A],
        [-80, A],
      ],
    ],
    [
      'a bend of the street while another goes straight on',
      ['Keep right onto Main'],
      [
        [40, MAIN],
        [0, A],
      ],
    ],
    [
      'a street that turns',
      ['Turn right onto Main'],
      [
        [90, MAIN],
        [0, A],
      ],
    ],
    ['into a street without a name', ['Turn right'], [[90], [0, MAIN]]],
    [
      'into a road that has a number',
      ['Turn left onto N 6'],
      [
        [-90, { ref: 'N 6' }],
        [0, MAIN],
      ],
    ],
    [
      'up a ramp',
      ['Take the ramp on the right'],
      [
        [25, LINK],
        [0, MAIN],
      ],
    ],
    [
      'up a ramp with a name, on the left',
      ['Take the ramp on the left onto A'],
      [
        [-30, { ...LINK, ...A }],
        [0, MAIN],
      ],
    ],
    [
      'up a ramp straight ahead',
      ['Take the ramp'],
      [
        [4, LINK],
        [90, MAIN],
      ],
    ],
    [
      'down a ramp',
      ['Merge onto A 1'],
      [
        [10, { highway: 'motorway', oneway: 'no', ref: 'A 1' }],
        [-170, { highway: 'motorway', oneway: 'no' }],
      ],
      { main: LINK },
    ],
    [
      'a fork into which one must not go',
      [],
      [
        [10, MAIN],
        [-10, { name: 'B', oneway: '-1' }],
      ],
    ],
    [
      'a fork that a rule forbids',
      [],
      [
        [10, MAIN],
        [-10, A],
      ],
      { rules: [{ from: 1, via: 2, to: 3, rule: 'no_left_turn' }] },
    ],
    [
      'round at the end of the street, where left is forbidden',
      ['Turn round on Main', 'Turn right onto A'],
      [
        [-90, A],
        [0, MAIN],
      ],
      { rules: [{ from: 1, via: 2, to: 2, rule: 'no_left_turn' }] },
    ],
  ])('%s', (...[, expected, arms, more]) => {
    const all = said(arms, more);
    expect(all[0]).toMatch(/^Head north( on Main)?$/);
    expect(all.slice(1)).toEqual([...expected, 'Arrive at your destination']);
  });

  it.each([
    [1, 'Take the first exit of the roundabout onto East', 200, 0],
    [2, 'Take the second exit of the roundabout onto North', 0, 200],
    [3, 'Take the third exit of the roundabout', -200, 0],
  ])('exit %i of a roundabout', (exit, sentence, x, y) => {
    const ring = { junction: 'roundabout', name: 'Ring' };
    const graph = graphOf({
      nodes: { 1: [0, -20], 2: [20, 0], 3: [0, 20], 4: [-20, 0], 5: [0, -300], 6: [300, 0], 7: [0, 300], 8: [-300, 0] },
      ways: [
        { id: 1, nodes: [1, 2, 3, 4, 1], tags: ring },
        { id: 2, nodes: [5, 1], tags: { name: 'South' } },
        { id: 3, nodes: [2, 6], tags: { name: 'East' } },
        { id: 4, nodes: [3, 7], tags: { name: 'North' } },
        { id: 5, nodes: [4, 8], tags: {} },
      ],
    });
    const question = {
      waypoints: [at(0, -200), at(x, y)],
      objective: 'distance' as const,
      alternatives: 0,
      prices: PRICES,
    };
    const { routes } = planRoute(graph, new Search(graph), question, {});
    const steps = routes[0].legs[0].steps;
    expect(steps.map(({ instruction }) => instruction)).toEqual([
      'Head north on South',
      sentence,
      'Arrive at your destination',
    ]);
    expect(steps[1]).toMatchObject({ type: 'roundabout', exit });
  });

  it('sets out by the compass and arrives on a side', () => {
    expect(
      said(
        [
          [90, A],
          [0, MAIN],
        ],
        { aside: 30 },
      ),
    ).toEqual(['Head north on Main', 'Turn right onto A', 'Arrive at your destination']);
    expect(said([[0, MAIN]], { aside: 30 })).toEqual([
      'Head north on Main',
      'Arrive at your destination, on the right',
    ]);
    expect(said([[0, MAIN]], { aside: -30 })).toEqual([
      'Head north on Main',
      'Arrive at your destination, on the left',
    ]);
  });
});
