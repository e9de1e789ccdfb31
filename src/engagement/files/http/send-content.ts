import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../kernel/errors/app-error';
import { byteRange, noneMatchHas, rangeHolds, type ByteRange } from '../domain/byte-range';
import { contentDisposition } from '../domain/file-name';
import { isInline } from '../domain/media-types';
import type { FileContent } from '../queries/file-content';

/** What a file may do in a browser that opens it: be looked at. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; sandbox; base-uri 'none'; frame-ancestors 'none'";

/**
 * Sends a file, or a part of it (RFC 9110: ranges, conditions; RFC 6266: its name). Only what can run nothing is shown in
 * place, and even that in a sandbox; the type is the one that the bytes have, and browsers are told not to guess another.
 * @throws AppError range-not-satisfiable `files.range-unsatisfiable`, with the size in Content-Range
 */
export async function sendContent(
  request: FastifyRequest,
  reply: FastifyReply,
  content: FileContent,
  download: boolean,
): Promise<void> {
  const { etag, mediaType, name, sizeBytes, maxAgeSeconds } = content;
  const { headers, method } = request;
  const charset = mediaType.startsWith('text/') ? '; charset=utf-8' : '';
  void reply.headers({
    etag,
    'accept-ranges': 'bytes',
    'cache-control': maxAgeSeconds > 0 ? `private, max-age=${maxAgeSeconds}` : 'private, no-cache',
    'content-security-policy': POLICY,
    'content-type': `${mediaType}${charset}`,
    'content-disposition': contentDisposition(!download && isInline(mediaType) ? 'inline' : 'attachment', name),
  });
  if (noneMatchHas(headers['if-none-match'], etag)) return void (await reply.code(304).send());
  // A range is of GET alone (RFC 9110, 14.2).
  const range = method === 'GET' ? wantedRange(request, reply, content) : null;
  const { start, end } = range ?? { start: 0, end: sizeBytes - 1 };
  void reply.code(range ? 206 : 200).header('content-length', end - start + 1);
  if (range) void reply.header('content-range', `bytes ${start}-${end}/${sizeBytes}`);
  if (method === 'HEAD') return void (await reply.send());
  // The tag is of these very bytes: nothing on the way out may pack them.
  headers['x-no-compression'] = 'true';
  await reply.send(await content.open(range));
}

function wantedRange(request: FastifyRequest, reply: FastifyReply, content: FileContent): ByteRange | null {
  const { range, 'if-range': ifRange } = request.headers;
  if (!rangeHolds(ifRange as string | undefined, content.etag)) return null;
  try {
    return byteRange(range, content.sizeBytes);
  } catch (error) {
    if (error instanceof AppError) void reply.header('content-range', `bytes */${content.sizeBytes}`);
    throw error;
  }
}
