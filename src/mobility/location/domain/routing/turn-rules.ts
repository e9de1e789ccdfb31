import { NONE, type GraphArrays } from './graph';
import { lists } from './growing';
import type { TurnRule } from './road-tags';

/** Junctions that a way between two others may pass before the rule is left out. */
const MOST_BETWEEN = 64;

type Arrays = Pick<
  GraphArrays,
  'outFirst' | 'outArc' | 'inFirst' | 'inArc' | 'edgeFrom' | 'edgeTo' | 'edgeWay' | 'wayId' | 'arcTime'
>;

/**
 * Rules of turning as a search over arcs needs them. A rule over ways between forbids a sequence of arcs: whoever drives on such a sequence is
 * on shadows of its arcs, which know what was driven before (the automaton of Aho & Corasick 1975 over the sequences; as nodes of a network in
 * Geisberger & Vetter 2011). Everybody else is on the arcs themselves.
 */
export class TurnRules {
  /** Sequences that are forbidden, and beginnings of those that are longer than a turn. */
  private readonly forbidden = new Set<string>();
  private readonly beginnings = new Map<string, number[]>();
  private readonly starts = new Set<number>();
  private readonly edgesOf = new Map<number, number[]>();

  constructor(private readonly arrays: Arrays) {}

  /** @param nodeOf junction of an OpenStreetMap node; -1 where it is none. @returns how many rules are kept */
  read(rules: readonly TurnRule[], nodeOf: (id: number) => number): number {
    const named = new Set(rules.flatMap(({ from, ways }) => (ways.length > 0 ? from : [])));
    const { edgeWay, wayId } = this.arrays;
    for (let edge = 0; edge < edgeWay.length && named.size > 0; edge++) {
      const way = wayId[edgeWay[edge]];
      if (named.has(way)) this.edgesOf.set(way, [...(this.edgesOf.get(way) ?? []), edge]);
    }
    return rules.filter((rule) => (rule.via === null ? this.overWays(rule) : this.atNode(rule, nodeOf(rule.via))))
      .length;
  }

  /** What turning from an arc or a shadow into an arc leads to, and the arcs that shadows stand for. */
  tables(): Pick<GraphArrays, 'turnFirst' | 'turnTo' | 'turnInto' | 'shadowArc'> {
    const arcs = this.arrays.arcTime.length;
    const shadows = [...this.beginnings.values()].filter((sequence) => sequence.length > 1);
    const number = new Map(shadows.map((sequence, k) => [sequence.join(), arcs + k]));
    const [keys, to, into]: number[][] = [[], [], []];
    const add = (state: number, sequence: readonly number[]): void => {
      for (const next of this.leaving(this.goal(sequence[sequence.length - 1]))) {
        const longer = [...sequence, next];
        const suffixes = longer.map((_, k) => longer.slice(k).join()).slice(0, -1);
        const shadow = suffixes.find((suffix) => number.has(suffix));
        const leads = suffixes.some((suffix) => this.forbidden.has(suffix))
          ? NONE
          : shadow === undefined
            ? next
            : number.get(shadow)!;
        if (leads === next) continue;
        keys.push(state);
        to.push(next);
        into.push(leads);
      }
    };
    for (const arc of this.starts) add(arc, [arc]);
    shadows.forEach((sequence, k) => add(arcs + k, sequence));
    const { first, item } = lists(arcs + shadows.length, keys, to);
    return {
      turnFirst: first,
      turnTo: item,
      turnInto: lists(arcs + shadows.length, keys, into).item,
      shadowArc: Uint32Array.from(shadows, (sequence) => sequence[sequence.length - 1]),
    };
  }

  private goal(arc: number): number {
    return (arc & 1 ? this.arrays.edgeFrom : this.arrays.edgeTo)[arc >> 1];
  }

  private leaving(node: number): number[] {
    const { outFirst, outArc } = this.arrays;
    return Array.from(outArc.subarray(outFirst[node], outFirst[node + 1]));
  }

  private wayOf(arc: number): number {
    return this.arrays.wayId[this.arrays.edgeWay[arc >> 1]];
  }

  private forbid(sequence: readonly number[]): void {
    this.forbidden.add(sequence.join());
    this.starts.add(sequence[0]);
    for (let length = 2; length < sequence.length; length++) {
      const beginning = sequence.slice(0, length);
      this.beginnings.set(beginning.join(), beginning);
    }
  }

  private atNode(rule: TurnRule, node: number): boolean {
    if (node < 0) return false;
    const { inFirst, inArc } = this.arrays;
    const comes = Array.from(inArc.subarray(inFirst[node], inFirst[node + 1])).filter((arc) =>
      rule.from.includes(this.wayOf(arc)),
    );
    const leaves = this.leaving(node);
    const named = leaves.filter((arc) => rule.to.includes(this.wayOf(arc)));
    if (comes.length === 0 || named.length === 0) return false;
    for (const from of comes) {
      // A way that goes on through the junction: turning round is told by no_u_turn alone.
      const meant = named.filter((arc) => rule.uTurn === (arc === (from ^ 1)));
      if (meant.length === 0) continue;
      for (const to of rule.only ? leaves.filter((arc) => !meant.includes(arc)) : meant) this.forbid([from, to]);
    }
    return true;
  }

  /** `no`: the whole way must not be driven; `only`: who comes from there must drive it, turn by turn. */
  private overWays(rule: TurnRule): boolean {
    const comes = rule.from.flatMap((way) => (this.edgesOf.get(way) ?? []).flatMap((edge) => [2 * edge, 2 * edge + 1]));
    let kept = false;
    for (const from of comes) {
      if (this.arrays.arcTime[from] === NONE) continue;
      const between = this.between(from, rule.ways, rule.to) ?? this.between(from, [...rule.ways].reverse(), rule.to);
      if (!between) continue;
      kept = true;
      const whole = [from, ...between];
      const meant = this.leaving(this.goal(whole[whole.length - 1])).filter((arc) => rule.to.includes(this.wayOf(arc)));
      if (!rule.only) for (const to of meant) this.forbid([...whole, to]);
      else
        whole.forEach((arc, k) => {
          const right = k + 1 < whole.length ? [whole[k + 1]] : meant;
          for (const to of this.leaving(this.goal(arc)))
            if (!right.includes(to)) this.forbid([...whole.slice(0, k + 1), to]);
        });
    }
    return kept;
  }

  /** The arcs over all the ways, one after another, from the end of an arc to where one of `to` leaves; the fewest. */
  private between(from: number, ways: readonly number[], to: readonly number[]): number[] | null {
    let open = [{ path: [] as number[], node: this.goal(from), stage: 0 }];
    const seen = new Set<string>();
    for (let depth = 0; depth < MOST_BETWEEN && open.length > 0; depth++) {
      const next: typeof open = [];
      for (const { path, node, stage } of open)
        for (const arc of this.leaving(node)) {
          const way = this.wayOf(arc);
          const at = way === ways[stage] ? stage : path.length > 0 && way === ways[stage + 1] ? stage + 1 : -1;
          const last = path.length > 0 ? path[path.length - 1] : from;
          const key = `${arc} ${at}`;
          if (at < 0 || arc === (last ^ 1) || seen.has(key)) continue;
          seen.add(key);
          const longer = [...path, arc];
          const leaves = this.leaving(this.goal(arc));
          if (at === ways.length - 1 && leaves.some((one) => one !== (arc ^ 1) && to.includes(this.wayOf(one))))
            return longer;
          next.push({ path: longer, node: this.goal(arc), stage: at });
        }
      open = next;
    }
    return null;
  }
}
