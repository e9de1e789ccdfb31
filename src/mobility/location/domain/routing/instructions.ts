import type { RouteLeg, RouteStep, StepType, Turn } from '../../contracts/routes';
import { WAY, type RoadGraph } from './graph';
import { ROAD_CLASSES } from './road-tags';
import type { Piece } from './search';

const COMPASS = ['north', 'north-east', 'east', 'south-east', 'south', 'south-west', 'west', 'north-west'];
const ORDINALS = ['', 'first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth'];

/** Degrees turned to the right (negative: left), from the bearings in 256ths. */
const degrees = (turned: number): number => ((((turned + 128) & 255) - 128) * 360) / 256;

/** The turn by the change of bearing: under 20° straight, to 60° slight, to 120° a turn, above sharp. */
export function turnOf(angle: number): Turn {
  const size = Math.abs(angle);
  if (size < 20) return 'straight';
  if (size > 170) return 'uturn';
  const side = angle > 0 ? 'right' : 'left';
  return size < 60 ? `slight_${side}` : size <= 120 ? side : `sharp_${side}`;
}

const WORDS: Record<Turn, string> = {
  straight: 'straight',
  slight_right: 'slightly right',
  right: 'right',
  sharp_right: 'sharp right',
  uturn: 'back',
  sharp_left: 'sharp left',
  left: 'left',
  slight_left: 'slightly left',
};

/** What a driver is told, as a sentence. @param heading degrees from north, of a departure */
export function sentenceOf(
  type: StepType,
  turn: Turn | null,
  exit: number | null,
  name: string,
  heading: number,
): string {
  const onto = name === '' ? '' : ` onto ${name}`;
  const on = name === '' ? '' : ` on ${name}`;
  switch (type) {
    case 'depart':
      return `Head ${COMPASS[Math.round(heading / 45) % 8]}${on}`;
    case 'uturn':
      return `Turn round${on}`;
    case 'ramp':
      return turn === 'straight'
        ? `Take the ramp${onto}`
        : `Take the ramp on the ${/left/.test(turn ?? '') ? 'left' : 'right'}${onto}`;
    case 'merge':
      return `Merge${onto}`;
    case 'roundabout':
      return exit === null
        ? 'Enter the roundabout'
        : `Take the ${ORDINALS[exit] ?? `${exit}th`} exit of the roundabout${onto}`;
    case 'continue':
      return turn === 'straight' || turn === null ? `Continue${onto}` : `Follow the road ${WORDS[turn]}${onto}`;
    default:
      return turn === 'straight'
        ? `Go straight on${onto}`
        : turn?.startsWith('slight')
          ? `Keep ${turn.slice(7)}${onto}`
          : `Turn ${WORDS[turn ?? 'straight']}${onto}`;
  }
}

interface Told {
  type: StepType;
  turn: Turn | null;
  exit: number | null;
  /** Piece from which on it counts. */
  at: number;
}

/** Writes what a driver is told on the way between two waypoints. `time` gives the seconds of a piece. */
export class Narrator {
  constructor(
    private readonly graph: RoadGraph,
    private readonly seconds: (piece: number) => number,
  ) {}

  /** @param last does the route end here, or only pass a waypoint? @param side of the road on which the place lies */
  leg(pieces: readonly Piece[], last: boolean, side: 'left' | 'right' | null): RouteLeg {
    const told = this.tell(pieces);
    const steps = told.map((one, k) => this.step(one, pieces, told[k + 1]?.at ?? pieces.length));
    const end = pieces[pieces.length - 1];
    const points = this.line(end);
    steps.push({
      type: last ? 'arrive' : 'waypoint',
      turn: null,
      exit: null,
      name: this.nameOf(end.arc),
      instruction: (last ? 'Arrive at your destination' : 'Arrive at the waypoint') + (side ? `, on the ${side}` : ''),
      metres: 0,
      seconds: 0,
      location: points[points.length - 1],
    });
    return {
      metres: steps.reduce((sum, { metres }) => sum + metres, 0),
      seconds: steps.reduce((sum, { seconds }) => sum + seconds, 0),
      steps,
    };
  }

  /** Points of a piece. */
  line({ arc, from, to }: Piece): [number, number][] {
    return slice(this.graph.shape(arc), from, to);
  }

  private tell(pieces: readonly Piece[]): Told[] {
    const told: Told[] = [{ type: 'depart', turn: null, exit: null, at: 0 }];
    let ring = -1;
    let exits = 0;
    for (let k = 1; k < pieces.length; k++) {
      const [from, to] = [pieces[k - 1].arc, pieces[k].arc];
      const inside = this.isRing(to);
      if (this.isRing(from)) {
        if (inside) {
          exits += this.exitsAt(from, to);
          continue;
        }
        exits++;
        if (ring >= 0) told[ring].exit = exits;
        else told.push({ type: 'roundabout', turn: null, exit: exits, at: k });
        ring = -1;
        exits = 0;
        continue;
      }
      if (inside) {
        ring = told.push({ type: 'roundabout', turn: null, exit: null, at: k }) - 1;
        exits = 0;
        continue;
      }
      const step = this.junction(from, to);
      if (step) told.push({ ...step, exit: null, at: k });
    }
    return told;
  }

  /** What is said where one road follows another; null: nothing. */
  private junction(from: number, to: number): { type: StepType; turn: Turn } | null {
    const { outFirst, outArc, arcIn, arcOut } = this.graph.at;
    if (to === (from ^ 1)) return { type: 'uturn', turn: 'uturn' };
    const node = this.graph.goal(from);
    const angle = degrees(arcOut[to] - arcIn[from]);
    const turn = turnOf(angle);
    const others: number[] = [];
    for (let k = outFirst[node]; k < outFirst[node + 1]; k++)
      if (outArc[k] !== to && outArc[k] !== (from ^ 1) && this.graph.mayTurn(from, outArc[k])) others.push(outArc[k]);
    const [before, after] = [this.isLink(from), this.isLink(to)];
    if (!before && after && others.length > 0) return { type: 'ramp', turn };
    if (before && !after && Math.abs(angle) < 60) return { type: 'merge', turn };
    const renamed = this.nameOf(to) !== this.nameOf(from);
    if (others.length === 0) return renamed && this.nameOf(to) !== '' ? { type: 'continue', turn } : null;
    if (Math.abs(angle) >= 20) {
      // A bend of the road that one is on, where all else leads aside, is no decision.
      const sharper = others.every((arc) => Math.abs(degrees(arcOut[arc] - arcIn[from])) > Math.abs(angle) + 25);
      if (Math.abs(angle) < 60 && !renamed && sharper) return null;
      return { type: 'turn', turn };
    }
    // Straight on is said where something else is about as straight, or the road changes its name.
    const fork = others.some((arc) => Math.abs(degrees(arcOut[arc] - arcIn[from])) < 35);
    if (fork) return { type: 'turn', turn: this.sideOf(angle, from, others) };
    return renamed && this.nameOf(to) !== '' ? { type: 'continue', turn } : null;
  }

  /** At a fork both ways may be nearly straight: the side tells them apart. */
  private sideOf(angle: number, from: number, others: readonly number[]): Turn {
    const { arcIn, arcOut } = this.graph.at;
    const rival = others
      .map((arc) => degrees(arcOut[arc] - arcIn[from]))
      .sort((a, b) => Math.abs(a - angle) - Math.abs(b - angle))[0];
    return rival > angle ? 'slight_left' : 'slight_right';
  }

  private exitsAt(from: number, on: number): number {
    const { outFirst, outArc } = this.graph.at;
    const node = this.graph.goal(from);
    let count = 0;
    for (let k = outFirst[node]; k < outFirst[node + 1]; k++)
      if (outArc[k] !== on && outArc[k] !== (from ^ 1) && !this.isRing(outArc[k])) count++;
    return count;
  }

  private step({ type, turn, exit, at }: Told, pieces: readonly Piece[], until: number): RouteStep {
    const { edgeLength } = this.graph.at;
    let [metres, seconds] = [0, 0];
    for (let k = at; k < until; k++) {
      metres += (edgeLength[pieces[k].arc >> 1] / 100) * (pieces[k].to - pieces[k].from);
      seconds += this.seconds(k);
    }
    // Of a roundabout the road that leads out of it is named.
    let named = at;
    if (type === 'roundabout') while (named + 1 < until && this.isRing(pieces[named].arc)) named++;
    const name = this.isRing(pieces[named].arc) ? '' : this.nameOf(pieces[named].arc);
    return {
      type,
      turn,
      exit,
      name,
      instruction: sentenceOf(type, turn, exit, name, type === 'depart' ? this.heading(pieces[at]) : 0),
      metres: Math.round(metres * 10) / 10,
      seconds: Math.round(seconds * 10) / 10,
      location: this.line(pieces[at])[0],
    };
  }

  private heading(piece: Piece): number {
    const [a, b] = this.line(piece);
    if (!b) return (this.graph.at.arcOut[piece.arc] * 360) / 256;
    const scale = Math.cos((a[1] * Math.PI) / 180);
    return (Math.atan2((b[0] - a[0]) * scale, b[1] - a[1]) * (180 / Math.PI) + 360) % 360;
  }

  private wayOf = (arc: number): number => this.graph.at.edgeWay[arc >> 1];
  private isRing = (arc: number): boolean => (this.graph.at.wayBits[this.wayOf(arc)] & WAY.roundabout) !== 0;
  private isLink = (arc: number): boolean => ROAD_CLASSES[this.graph.at.wayClass[this.wayOf(arc)]].endsWith('_link');
  private nameOf = (arc: number): string => {
    const way = this.wayOf(arc);
    return this.graph.name(way) || this.graph.ref(way);
  };
}

/** The part of a line between two shares of its length. */
export function slice(points: [number, number][], from: number, to: number): [number, number][] {
  const lengths = points.slice(1).map(([lng, lat], k) => {
    const [before, low] = points[k];
    return Math.hypot(lat - low, (lng - before) * Math.cos((lat * Math.PI) / 180));
  });
  const all = lengths.reduce((sum, length) => sum + length, 0);
  if (all === 0) return [points[0], points[points.length - 1]];
  const at = (share: number): { segment: number; point: [number, number] } => {
    let left = share * all;
    let segment = 0;
    while (segment < lengths.length - 1 && left > lengths[segment]) left -= lengths[segment++];
    const part = lengths[segment] === 0 ? 0 : Math.min(1, left / lengths[segment]);
    const [a, b] = [points[segment], points[segment + 1]];
    return { segment, point: [a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])] };
  };
  if (from === 0 && to === 1) return points;
  const [begin, end] = [at(from), at(to)];
  return [begin.point, ...points.slice(begin.segment + 1, end.segment + 1), end.point];
}
