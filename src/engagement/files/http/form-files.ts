import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import type { FormFile } from '../commands/store-file';
import { noFile } from '../domain/files.errors';

/**
 * The files of a form as they arrive, with the names that were sent, folders included: these are refused, not mended.
 * @param mostBytes of one file, plus one, so that the measure behind notices a larger one
 */
export async function* formFiles(request: FastifyRequest, mostBytes: number): AsyncGenerator<FormFile> {
  if (!request.isMultipart()) return;
  const parts = request.parts({
    preservePath: true,
    throwFileSizeLimit: false,
    limits: { fileSize: mostBytes + 1, files: 2, fields: 0 },
  } as never) as AsyncIterable<MultipartFile | MultipartValue<string>>;
  for await (const part of parts) {
    if (part.type !== 'file' || part.fieldname !== 'file')
      throw noFile(`The form has "${part.fieldname.slice(0, 60)}"; there is the file "file" alone.`);
    yield { name: part.filename ?? '', declared: part.mimetype ?? null, content: part.file as AsyncIterable<Buffer> };
  }
}
