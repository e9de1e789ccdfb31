import { reasonsOf, RoleBook, type GrantFacts, type RoleFacts } from './authorization';

/** A role as it was for a time. */
export interface RoleVersion extends RoleFacts {
  from: Date;
  to: Date | null;
}

interface Chapter {
  fromMs: number;
  toMs: number;
  book: RoleBook;
}

export interface Span {
  from: Date;
  to: Date;
  permissions: string[];
}

/** The roles of an organization through a period: a new book wherever one of them changed. */
export class RoleHistory {
  private readonly chapters: Chapter[];

  /** @param versions those that overlap the period */
  constructor(
    versions: readonly RoleVersion[],
    private readonly period: { from: Date; to: Date },
  ) {
    const [start, end] = [period.from.getTime(), period.to.getTime()];
    const changes = versions.flatMap(({ from, to }) => [from.getTime(), to?.getTime() ?? end]);
    const marks = [...new Set([start, ...changes.filter((ms) => ms > start && ms < end)])].sort((a, b) => a - b);
    this.chapters = marks.map((fromMs, i) => ({
      fromMs,
      toMs: marks[i + 1] ?? end,
      book: new RoleBook(
        versions.filter(({ from, to }) => from.getTime() <= fromMs && (to === null || to.getTime() > fromMs)),
      ),
    }));
  }

  /** Keys of the roles that gave one of these permissions at any time of the period. */
  rolesWith(wanted: ReadonlySet<string>): string[] {
    const keys = this.chapters.flatMap(({ book }) =>
      book.keys().filter((key) => [...book.expand(key).keys()].some((name) => wanted.has(name))),
    );
    return [...new Set(keys)];
  }

  /** What a membership or a grant gave of these permissions; neighbours that gave the same are one span. */
  spansOf(
    given: { baseRole: string } | GrantFacts,
    lived: { since: Date; until: Date | null },
    wanted: ReadonlySet<string>,
  ): Span[] {
    const spans: Span[] = [];
    for (const { fromMs, toMs, book } of this.chapters) {
      const from = Math.max(fromMs, lived.since.getTime());
      const to = Math.min(toMs, lived.until?.getTime() ?? toMs);
      // An instant is a span without length.
      if (from > to || (from === to && this.period.from.getTime() !== this.period.to.getTime())) continue;
      const reasons = 'baseRole' in given ? reasonsOf(book, given.baseRole, []) : reasonsOf(book, null, [given]);
      const permissions = [...reasons.keys()].filter((name) => wanted.has(name)).sort();
      const last = spans.at(-1);
      if (last?.to.getTime() === from && last.permissions.join() === permissions.join()) last.to = new Date(to);
      else if (permissions.length > 0) spans.push({ from: new Date(from), to: new Date(to), permissions });
    }
    return spans;
  }
}
