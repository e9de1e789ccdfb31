import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { randomBytes } from 'node:crypto';
import { Cache } from '../../../kernel/cache/cache';
import { Envelope } from '../../../kernel/crypto/envelope';
import { Keyring } from '../../../kernel/crypto/keyring';
import { openWith, sealWith, type SealPlace } from '../../../kernel/crypto/sealed';
import { Database } from '../../../kernel/database/database';
import { Listener } from '../../../kernel/database/listener';
import { newId } from '../../../kernel/ids/ids';

/** Whose data it is when nobody is known. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';
/** Hours after which a process seals under a new key: keys of nobody and of the erased do not live on. */
const KEPT_MS = 12 * 3_600_000;
const CHANNEL = 'audit_shredded';

/** A person's data key, as it stands in the database. */
export interface SubjectKey {
  id: string;
  key: Buffer;
  /** The row to insert, until it is committed. */
  row: { id: string; subject_id: string; sealed: string } | null;
}

const keyPlace = (tenantId: string, id: string): SealPlace => ({
  tenantId,
  table: 'audit.subject_keys',
  column: 'sealed',
  rowId: id,
});
const entryPlace = (tenantId: string, entryId: string): SealPlace => ({
  tenantId,
  table: 'audit.entries',
  column: 'pii_enc',
  rowId: entryId,
});

/**
 * Data keys of persons: personal facts of entries are sealed under a key of the person, which is itself sealed under the
 * tenant's key. A process makes its own key of a person at first sight, and its row travels with the entry: nothing is
 * read to write. Destroying a person's rows makes all that was sealed under them unreadable.
 */
@Injectable()
export class SubjectKeys implements OnModuleInit {
  // Holds committed keys only: what was sealed under one that was rolled back could never be opened.
  private readonly writing = new Cache<SubjectKey>({ name: 'audit.subject-keys', max: 20_000, ttlMs: KEPT_MS });
  private readonly reading = new Cache<Buffer | null>({ name: 'audit.opened-keys', max: 5_000, ttlMs: 60_000 });
  private envelope!: Envelope;
  private shreddings = 0;

  constructor(
    private readonly modules: ModuleRef,
    private readonly database: Database,
    private readonly keyring: Keyring,
    private readonly listener: Listener,
  ) {}

  /** The envelope writes by the unit of work, which itself asks for the sink: it is taken once both stand. */
  onModuleInit(): void {
    this.envelope = this.modules.get(Envelope, { strict: false });
    this.listener.on(CHANNEL, (payload) => this.forget(payload));
  }

  /** The key that entries of a person are sealed under now. */
  async keyFor(tenantId: string, subjectId: string): Promise<SubjectKey> {
    const known = this.writing.get(`${tenantId} ${subjectId}`);
    if (known) return known;
    const id = newId();
    const key = randomBytes(32);
    const sealed = await this.envelope.seal(keyPlace(tenantId, id), key.toString('base64'));
    return { id, key, row: { id, subject_id: subjectId, sealed } };
  }

  /** After the commit that stored it. */
  remember(tenantId: string, subjectId: string, { id, key }: SubjectKey): void {
    this.writing.set(`${tenantId} ${subjectId}`, { id, key, row: null });
  }

  seal(tenantId: string, entryId: string, { id, key }: SubjectKey, pii: Record<string, string>): string {
    return sealWith(key, id, entryPlace(tenantId, entryId), JSON.stringify(pii));
  }

  /** Personal facts of entries, by entry id; null where the key is destroyed. One read for all keys. */
  async open(
    tenantId: string,
    entries: readonly { id: string; piiEnc: string | null }[],
  ): Promise<Map<string, Record<string, string> | null>> {
    const sealed = entries.filter((entry) => entry.piiEnc !== null);
    const keys = await this.keysById(tenantId, [...new Set(sealed.map(({ piiEnc }) => piiEnc!.split('.')[1]))]);
    const opened = new Map<string, Record<string, string> | null>();
    for (const { id, piiEnc } of sealed) {
      const key = keys.get(piiEnc!.split('.')[1]);
      opened.set(id, key ? openOne(key, entryPlace(tenantId, id), piiEnc!) : null);
    }
    return opened;
  }

  /** Keys by id, null where destroyed. The answer is the caller's own: the cache may be emptied while it waits. */
  private async keysById(tenantId: string, ids: readonly string[]): Promise<Map<string, Buffer | null>> {
    const found = new Map<string, Buffer | null>();
    for (const id of ids) {
      const key = this.reading.get(`${tenantId} ${id}`);
      if (key !== undefined) found.set(id, key);
    }
    const missing = ids.filter((id) => !found.has(id));
    if (missing.length === 0) return found;
    const { shreddings } = this;
    const rows = await this.database.readAs<{ id: string; sealed: string }>(
      tenantId,
      'select id, sealed from audit.subject_keys where tenant_id = kernel.tenant_id() and id = any($1::uuid[])',
      [missing],
    );
    for (const id of missing) found.set(id, null);
    for (const { id, sealed } of rows) {
      const key = await this.envelope.open(keyPlace(tenantId, id), sealed);
      found.set(id, Buffer.from(key, 'base64'));
    }
    // Read before a shredding, these keys may be the destroyed ones: they serve this answer and are not kept.
    if (shreddings === this.shreddings) for (const id of missing) this.reading.set(`${tenantId} ${id}`, found.get(id)!);
    return found;
  }

  /** Keyed digest by which entries are found that hold a value; unguessable without the master key. */
  digest(tenantId: string, kind: 'ip' | 'email', value: string): Buffer {
    return this.keyring.hmac('audit lookup', digestText(tenantId, kind, value)).subarray(0, 16);
  }

  /** The digests of a value under the present and all former master keys. */
  digests(tenantId: string, kind: 'ip' | 'email', value: string): Buffer[] {
    return this.keyring.hmacs('audit lookup', digestText(tenantId, kind, value)).map((mac) => mac.subarray(0, 16));
  }

  /** The person whom only an address tells, as a subject. */
  subjectOfEmail(email: string): string {
    const h = this.keyring.hmac('audit subject', normalised(email)).toString('hex');
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-8${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20, 32)}`;
  }

  /** All subjects that an address may have been filed under, also under former master keys. */
  subjectsOfEmail(email: string): string[] {
    return this.keyring.hmacs('audit subject', normalised(email)).map((mac) => {
      const h = mac.toString('hex');
      return `${h.slice(0, 8)}-${h.slice(8, 12)}-8${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20, 32)}`;
    });
  }

  /** Tells every process that keys of a tenant were destroyed. */
  announceShredding(tenantId: string, subjectIds: readonly string[]): void {
    for (const subjectId of subjectIds) {
      this.forget(`${tenantId} ${subjectId}`);
      this.listener.notify(CHANNEL, `${tenantId} ${subjectId}`);
    }
  }

  private forget(payload: string): void {
    this.shreddings += 1;
    this.writing.delete(payload);
    this.reading.clear();
  }
}

const normalised = (email: string): string => email.trim().toLowerCase();
const digestText = (tenantId: string, kind: string, value: string): string =>
  `${tenantId}\n${kind}\n${kind === 'email' ? normalised(value) : value}`;

function openOne(key: Buffer, place: SealPlace, sealed: string): Record<string, string> | null {
  try {
    return JSON.parse(openWith(key, place, sealed).toString('utf8')) as Record<string, string>;
  } catch {
    // Changed bytes: the chain tells of it, a list goes on.
    return null;
  }
}
