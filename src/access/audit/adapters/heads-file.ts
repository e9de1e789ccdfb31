import { Injectable } from '@nestjs/common';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { Config } from '../../../kernel/config/config';
import { logger } from '../../../kernel/telemetry/logger';
import type { SignedHead } from '../domain/chain';

/** Heads that are kept for a file that cannot be written just now. */
const MOST_KEPT = 10_000;

/**
 * Signed heads outside of the database (`MAINSTAY_AUDIT_HEADS_FILE`): one JSON line each, only ever appended. On storage
 * that the database's administrators cannot write it is what shows them a trail that was set back as a whole.
 */
@Injectable()
export class HeadsFile {
  private kept: SignedHead[] = [];
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly config: Config) {}

  get path(): string | null {
    return this.config.auditHeadsFile;
  }

  /** Appends heads; what cannot be written is kept and tried with the next ones. Never throws. */
  append(heads: readonly SignedHead[]): Promise<void> {
    const { path } = this;
    if (path === null || heads.length === 0) return Promise.resolve();
    this.kept.push(...heads);
    if (this.kept.length > MOST_KEPT) this.kept = this.kept.slice(-MOST_KEPT);
    this.writing = this.writing.then(() => this.write(path));
    return this.writing;
  }

  private async write(path: string): Promise<void> {
    const lines = this.kept;
    if (lines.length === 0) return;
    this.kept = [];
    try {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(path, 'a', 0o600);
      try {
        await file.appendFile(
          lines
            .map((line) => `${JSON.stringify({ ...line, signature: line.signature.toString('base64url') })}\n`)
            .join(''),
        );
        await file.datasync();
      } finally {
        await file.close();
      }
    } catch (error) {
      this.kept = [...lines, ...this.kept];
      logger.error({ err: error }, 'signed heads of the audit trail could not be appended to their file');
    }
  }

  /** The heads of one trail, in the order of the file. Lines that are none are skipped. */
  async *headsOf(trail: string): AsyncGenerator<SignedHead> {
    const { path } = this;
    if (path === null || !existsSync(path)) return;
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
      if (!line.includes(trail)) continue;
      const head = parse(line);
      if (head?.trail === trail) yield head;
    }
  }
}

function parse(line: string): SignedHead | null {
  try {
    const { trail, claims, signature, kid } = JSON.parse(line) as Record<keyof SignedHead, string>;
    return { trail, claims, kid, signature: Buffer.from(signature, 'base64url') };
  } catch {
    return null;
  }
}
