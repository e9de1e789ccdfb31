import { EventEmitter } from 'node:events';
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
}

/** What one statement of a batch answered. */
export interface BatchResult<Row extends object = Record<string, unknown>> {
  rows: Row[];
  /** Rows that the statement affected or returned. */
  count: number;
}

interface Shape {
  names: string[];
  parsers: ((value: string) => unknown)[];
}

/** pg's connection, as far as the wire protocol is spoken here. */
interface WireConnection extends EventEmitter {
  parsedStatements: Record<string, string>;
  submittedNamedStatements: Record<string, string>;
  stream: { cork?(): void; uncork?(): void };
  parse(query: { text: string; name?: string; types?: unknown[] }): void;
  bind(config: { portal: string; statement?: string; values: unknown[]; valueMapper: (v: unknown) => unknown }): void;
  describe(target: { type: 'P'; name: string }): void;
  execute(config: { portal: string; rows?: number }): void;
  sync(): void;
}

const shapes = new WeakMap<object, Map<string, Shape>>();
const active = new WeakMap<object, BatchQuery>();
const NOTHING: Shape = { names: [], parsers: [] };

/**
 * Several statements under one Sync of PostgreSQL's extended protocol: one message to the server, one answer back.
 * Without an explicit BEGIN they are one implicit transaction; an error skips the rest of the batch.
 * It is a `pg` submittable and so works on any pooled client that is not in pg's own `pipeline` mode.
 * Source: PostgreSQL documentation, "Message Flow: Extended Query, Pipelining".
 */
export class BatchQuery extends EventEmitter {
  // pg's client keeps its own books by name and text; a batch keeps them itself (see parseComplete below).
  readonly name = undefined;
  readonly text = '';
  callback?: (error: Error | null, results?: BatchResult[]) => void;

  private readonly results: BatchResult[] = [];
  private readonly parsing: BatchStatement[] = [];
  private connection!: WireConnection;
  private stage = 0;
  private shape: Shape | undefined;
  private failure: Error | undefined;

  constructor(private readonly statements: BatchStatement[]) {
    super();
  }

  submit(connection: WireConnection): Error | null {
    this.connection = connection;
    if (!shapes.has(connection)) {
      shapes.set(connection, new Map());
      connection.on('parseComplete', () => active.get(connection)?.handleParseComplete());
    }
    active.set(connection, this);
    let bound: unknown[][];
    try {
      // Values are mapped before a byte is sent: a value that cannot be mapped must not leave half a message behind.
      bound = this.statements.map((statement) => (statement.values ?? []).map(prepareValue));
    } catch (error) {
      active.delete(connection);
      return error as Error;
    }
    connection.stream.cork?.();
    try {
      this.statements.forEach((statement, index) => this.send(statement, bound[index]));
      connection.sync();
    } finally {
      connection.stream.uncork?.();
    }
    this.enter();
    return null;
  }

  private send(statement: BatchStatement, values: unknown[]): void {
    const { name, text } = statement;
    const connection = this.connection;
    if (!name || !(connection.parsedStatements[name] ?? connection.submittedNamedStatements[name])) {
      connection.parse({ text, name });
      this.parsing.push(statement);
      if (name) connection.submittedNamedStatements[name] = text;
    }
    connection.bind({ portal: '', statement: name, values, valueMapper: (value) => value });
    if (this.wantsDescription(statement)) connection.describe({ type: 'P', name: '' });
    connection.execute({ portal: '' });
  }

  /** The row description of a named statement is asked for once per connection and kept. */
  private wantsDescription(statement: BatchStatement): boolean {
    if (statement.rows === false) return false;
    return !statement.name || !shapes.get(this.connection)!.has(statement.name);
  }

  private enter(): void {
    const statement = this.statements[this.stage];
    if (!statement) return;
    this.shape =
      statement.rows === false
        ? NOTHING
        : statement.name
          ? shapes.get(this.connection)!.get(statement.name)
          : undefined;
    this.results.push({ rows: [], count: 0 });
  }

  private handleParseComplete(): void {
    const statement = this.parsing.shift();
    if (!statement?.name) return;
    this.connection.parsedStatements[statement.name] = statement.text;
    delete this.connection.submittedNamedStatements[statement.name];
  }

  handleRowDescription(message: { fields: { name: string; dataTypeID: number; format: 'text' | 'binary' }[] }): void {
    this.shape = {
      names: message.fields.map((field) => field.name),
      parsers: message.fields.map(
        (field) => types.getTypeParser(field.dataTypeID, 'text') as (value: string) => unknown,
      ),
    };
    const name = this.statements[this.stage]?.name;
    if (name) shapes.get(this.connection)!.set(name, this.shape);
  }

  handleDataRow(message: { fields: (string | null)[] }): void {
    const shape = this.shape;
    if (!shape || shape === NOTHING || this.failure) return;
    const row: Record<string, unknown> = {};
    try {
      for (let i = 0; i < shape.names.length; i++) {
        const value = message.fields[i];
        row[shape.names[i]] = value === null ? null : shape.parsers[i](value);
      }
    } catch (error) {
      this.failure = error as Error;
    }
    this.results[this.stage].rows.push(row);
  }

  handleCommandComplete(message: { text: string }): void {
    const count = /(\d+)$/.exec(message.text);
    this.results[this.stage].count = count ? Number(count[1]) : 0;
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
    active.delete(this.connection);
    // Statements whose Parse was sent but never completed are not known to the server.
    for (const { name } of this.parsing) if (name) delete this.connection.submittedNamedStatements[name];
    const { name } = this.statements[this.stage] ?? {};
    if (name) shapes.get(this.connection)?.delete(name);
    this.settle(error);
  }

  handleReadyForQuery(): void {
    active.delete(this.connection);
    this.settle(this.failure ?? null);
  }

  private settle(error: Error | null): void {
    const callback = this.callback;
    this.callback = undefined;
    if (callback) callback(error, error ? undefined : this.results);
  }
}

/** Sends a batch on a client and resolves with one result per statement, in order. */
export function sendBatch(client: PoolClient, statements: BatchStatement[]): Promise<BatchResult[]> {
  return new Promise((resolve, reject) => {
    const query = new BatchQuery(statements);
    query.callback = (error, results) => {
      if (!error) return resolve(results!);
      Error.captureStackTrace(error);
      reject(error);
    };
    client.query(query as never);
  });
}
