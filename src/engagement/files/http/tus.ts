import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Checksum } from '../commands/resumable-uploads';
import { tusInvalid, tusVersion } from '../domain/files.errors';

/** Version of the protocol for resumable uploads (tus.io) that is spoken here. */
export const TUS_VERSION = '1.0.0';
const ALGORITHMS = ['sha1', 'sha256'] as const;

/** What OPTIONS says of the protocol. */
export const TUS_OPTIONS = {
  'tus-resumable': TUS_VERSION,
  'tus-version': TUS_VERSION,
  'tus-extension': 'creation,expiration,checksum,termination',
  'tus-checksum-algorithm': ALGORITHMS.join(','),
};

/** Every answer names the version, refusals too. */
export const answerTus = (reply: FastifyReply): FastifyReply => reply.header('tus-resumable', TUS_VERSION);

/** @throws AppError precondition-failed `files.tus-version` */
export function assertTus(request: FastifyRequest, reply: FastifyReply): void {
  if (field(request, 'tus-resumable') === TUS_VERSION) return;
  void reply.header('tus-version', TUS_VERSION);
  throw tusVersion(TUS_VERSION);
}

const field = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** A field that is a count of bytes. @throws AppError invalid `files.tus-invalid` */
export function bytesField(request: FastifyRequest, name: 'upload-length' | 'upload-offset'): number {
  const value = field(request, name);
  if (value === undefined || !/^\d{1,15}$/.test(value)) throw tusInvalid(name, 'It must be a whole number of bytes.');
  return Number(value);
}

/** `Upload-Metadata`: names with base64 values. @throws AppError invalid `files.tus-invalid` */
export function metadataField(request: FastifyRequest): Map<string, string> {
  const found = new Map<string, string>();
  const pairs = (field(request, 'upload-metadata') ?? '').split(',').map((pair) => pair.trim());
  for (const pair of pairs.filter((it) => it !== '')) {
    const [name, value = '', ...rest] = pair.split(' ');
    const bytes = Buffer.from(value, 'base64');
    const wrong = rest.length > 0 || found.has(name) || !/^[A-Za-z0-9+/]*={0,2}$/.test(value);
    try {
      if (wrong) throw new Error('malformed');
      found.set(name, new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch {
      throw tusInvalid('upload-metadata', 'It must be names, each with a value in base64 of UTF-8.');
    }
  }
  return found;
}

export const metadataOf = (facts: { name: string; declared: string | null }): string => {
  const encoded = (text: string): string => Buffer.from(text).toString('base64');
  return `filename ${encoded(facts.name)}${facts.declared ? `,filetype ${encoded(facts.declared)}` : ''}`;
};

/** `Upload-Checksum: sha1 <base64>`. @throws AppError invalid `files.tus-invalid` for another algorithm */
export function checksumField(request: FastifyRequest): Checksum | null {
  const value = field(request, 'upload-checksum');
  if (value === undefined) return null;
  const [name, digest = ''] = value.trim().split(' ');
  const algorithm = ALGORITHMS.find((it) => it === name);
  const bytes = Buffer.from(digest, 'base64');
  if (!algorithm || bytes.length !== (algorithm === 'sha1' ? 20 : 32))
    throw tusInvalid('upload-checksum', `It must be ${ALGORITHMS.join(' or ')} and the digest in base64.`);
  return { algorithm, digest: bytes };
}
