import type { EventEmitter } from 'node:events';
import type { PoolClient } from 'pg';
import { types } from 'pg';
import { prepareValue } from 'pg/lib/utils';

/** One statement of a batch. A `name` makes it a prepared statement of the connection; equal names carry equal text. */
export interface BatchStatement {
  text: string;
  name?: string;
  values?: unknown[];
  /** False where no row is wanted: the answer's rows are thrown away unparsed. */
  rows?: boolean;
  /** A transaction that was not begun by a statement ends with this one. */
  commits?: boolean;
}

/** What one statement of a batch answered. */
export interface BatchResult<Row extends object = Record<string, unknown>> {
  rows: Row[];
  /** Rows that the statement affected or returned. */
  count: number;
}

/** Whatever takes statements in one trip and answers their results in order: a pooled connection, or an open transaction. */
export type Ask = (statements: BatchStatement[]) => Promise<BatchResult[]>;

interface Shape {
  names: string[];
  /** Null for text, which needs no reading. */
  parsers: (((value: string) => unknown) | null)[];
  /** A row without values: rows copied from it share one hidden class. */
  empty: Record<string, unknown>;
}

/** pg's connection, as far as the wire protocol is spoken here. */
interface WireConnection extends EventEmitter {
  parsedStatements: Record<string, string>;
  submittedNamedStatements: Record<string, string>;
  stream: { writable: boolean; write(data: Buffer): boolean };
  parse(query: { text: string; name?: string; types?: unknown[] }): void;
  bind(config: { portal: string; statement?: string; values: unknown[] }): void;
  describe(target: { type: 'P'; name: string }): void;
  execute(config: { portal: string; rows?: number }): void;
  sync(): void;
}

/** What is kept of a connection: row shapes by statement name, and the batch that it works on. */
class Desk {
  readonly shapes = new Map<string, Shape>();
  active: BatchQuery | undefined;
  private chunks: Buffer[] = [];
  /** The connection's own serialisation, whose messages are kept instead of written one by one. */
  readonly out: WireConnection;

  constructor(private readonly connection: WireConnection) {
    this.out = Object.create(connection, {
      _send: { value: (chunk: Buffer) => this.chunks.push(chunk) },
    }) as WireConnection;
    connection.on('parseComplete', () => this.active?.handleParseComplete());
  }

  /** Writes what was kept as one piece. */
  flush(): void {
    const { chunks } = this;
    this.chunks = [];
    if (this.connection.stream.writable) this.connection.stream.write(Buffer.concat(chunks));
  }

  forget(): void {
    this.chunks = [];
  }
}

const DESK = Symbol('desk');
type Desked = WireConnection & { [DESK]?: Desk };
const deskOf = (connection: Desked): Desk => (connection[DESK] ??= new Desk(connection));

const NO_VALUES: unknown[] = [];
const WHOLE = { portal: '' };
const NOTHING: Shape = { names: [], parsers: [], empty: {} };
const plainText = types.getTypeParser(types.builtins.TEXT, 'text') as unknown;

const completed = new WeakMap<Error, number>();

/** How many statements of its batch the server had done when this error came: a COMMIT among them stands. */
export const doneBefore = (error: Error): number => completed.get(error) ?? 0;

/**
 * Several statements under one Sync of PostgreSQL's extended protocol: one message to the server, one answer back.
 * Without an explicit BEGIN they are one implicit transaction; an error skips the rest of the batch.
 * It is a `pg` submittable and so works on any pooled client that is not in pg's own `pipeline` mode.
 * Source: PostgreSQL documentation, "Message Flow: Extended Query, Pipelining".
 */
export class BatchQuery {
  // pg's client keeps its own books by name and text; a batch keeps them itself (see parseComplete below).
  readonly name = undefined;
  readonly text = '';
  callback?: (error: Error | null, results?: BatchResult[]) => void;

  private readonly results: BatchResult[] = [];
  private readonly parsing: BatchStatement[] = [];
  private connection!: WireConnection;
  private desk: Desk | undefined;
  private stage = 0;
  private shape: Shape | undefined;
  private failure: Error | undefined;

  constructor(private readonly statements: BatchStatement[]) {}

  submit(connection: WireConnection): Error | null {
    this.connection = connection;
    const desk = (this.desk = deskOf(connection));
    const { statements } = this;
    let bound: unknown[][];
    try {
      // Values are mapped before a byte is sent: a value that cannot be mapped must not leave half a message behind.
      bound = statements.map(({ values }) => (values && values.length > 0 ? values.map(prepareValue) : NO_VALUES));
    } catch (error) {
      return error as Error;
    }
    desk.active = this;
    try {
      for (let i = 0; i < statements.length; i++) this.send(desk, statements[i], bound[i]);
      desk.out.sync();
    } catch (error) {
      // Nothing was written yet, and the server knows nothing of it.
      desk.forget();
      this.forgetParsing();
      desk.active = undefined;
      return error as Error;
    }
    desk.flush();
    this.enter();
    return null;
  }

  private send(desk: Desk, statement: BatchStatement, values: unknown[]): void {
    const { name, text } = statement;
    const { connection } = this;
    const { out } = desk;
    if (!name || !(connection.parsedStatements[name] ?? connection.submittedNamedStatements[name])) {
      out.parse({ text, name });
      this.parsing.push(statement);
      if (name) connection.submittedNamedStatements[name] = text;
    }
    out.bind({ portal: '', statement: name, values });
    if (this.wantsDescription(desk, statement)) out.describe({ type: 'P', name: '' });
    out.execute(WHOLE);
  }

  /** The row description of a named statement is asked for once per connection and kept. */
  private wantsDescription(desk: Desk, statement: BatchStatement): boolean {
    if (statement.rows === false) return false;
    return !statement.name || !desk.shapes.has(statement.name);
  }

  private enter(): void {
    const statement = this.statements[this.stage];
    if (!statement) return;
    this.shape =
      statement.rows === false ? NOTHING : statement.name ? this.desk!.shapes.get(statement.name) : undefined;
    this.results.push({ rows: [], count: 0 });
  }

  handleParseComplete(): void {
    const statement = this.parsing.shift();
    if (!statement?.name) return;
    this.connection.parsedStatements[statement.name] = statement.text;
    delete this.connection.submittedNamedStatements[statement.name];
  }

  handleRowDescription(message: { fields: { name: string; dataTypeID: number; format: 'text' | 'binary' }[] }): void {
    const names = message.fields.map((field) => field.name);
    this.shape = {
      names,
      parsers: message.fields.map((field) => {
        const parser = types.getTypeParser(field.dataTypeID, 'text') as (value: string) => unknown;
        return parser === plainText ? null : parser;
      }),
      empty: Object.fromEntries(names.map((name) => [name, null])),
    };
    const name = this.statements[this.stage]?.name;
    if (name) this.desk!.shapes.set(name, this.shape);
  }

  handleDataRow(message: { fields: (string | null)[] }): void {
    const shape = this.shape;
    if (!shape || shape === NOTHING || this.failure) return;
    const { names, parsers } = shape;
    const row = { ...shape.empty };
    try {
      for (let i = 0; i < names.length; i++) {
        const value = message.fields[i];
        const parser = parsers[i];
        if (value !== null) row[names[i]] = parser === null ? value : parser(value);
      }
    } catch (error) {
      this.failure = error as Error;
    }
    this.results[this.stage].rows.push(row);
  }

  handleCommandComplete(message: { text: string }): void {
    // `INSERT 0 5`, `SELECT 1`, `BEGIN`: what follows the last blank, where it is a number.
    this.results[this.stage].count = Number(message.text.slice(message.text.lastIndexOf(' ') + 1)) || 0;
    this.stage += 1;
    this.enter();
  }

  handleEmptyQuery(): void {
    this.stage += 1;
    this.enter();
  }

  handlePortalSuspended(): void {}

  handleCopyInResponse(): void {}

  handleCopyData(): void {}

  handleError(error: Error): void {
    completed.set(error, this.stage);
    // A client that is already lost reports so without having submitted anything.
    if (this.desk) {
      this.desk.active = undefined;
      // Statements whose Parse was sent but never completed are not known to the server.
      this.forgetParsing();
      const { name } = this.statements[this.stage] ?? {};
      if (name) this.desk.shapes.delete(name);
    }
    this.settle(error);
  }

  handleReadyForQuery(): void {
    this.desk!.active = undefined;
    this.settle(this.failure ?? null);
  }

  private forgetParsing(): void {
    for (const { name } of this.parsing) if (name) delete this.connection.submittedNamedStatements[name];
  }

  private settle(error: Error | null): void {
    const callback = this.callback;
    this.callback = undefined;
    if (callback) callback(error, error ? undefined : this.results);
  }
}

/** Sends a batch on a client and calls back, in whatever asynchronous context the answer arrives. */
export function submitBatch(
  client: PoolClient,
  statements: BatchStatement[],
  callback: (error: Error | null, results?: BatchResult[]) => void,
): void {
  const query = new BatchQuery(statements);
  query.callback = callback;
  client.query(query as never);
}

/** Sends a batch on a client and resolves with one result per statement, in order. */
export function sendBatch(client: PoolClient, statements: BatchStatement[]): Promise<BatchResult[]> {
  return new Promise((resolve, reject) => {
    submitBatch(client, statements, (error, results) => {
      if (!error) return resolve(results!);
      Error.captureStackTrace(error);
      reject(error);
    });
  });
}
