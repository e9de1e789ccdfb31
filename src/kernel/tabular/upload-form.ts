import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error';
import { parseProfile, type Profile } from './profile';

/** A part of an upload: a file whose bytes come as they arrive, or the mapping. */
export type UploadPart = { field: string; file: string; content: AsyncIterable<Buffer> } | { mapping: Profile };

/** An uploaded file; held in memory, as the upload limit allows. */
export interface UploadedFile {
  name: string;
  content: string | Buffer;
}

/** Makes the error for a form without a file, or with a field that nobody knows. */
export type NoFile = (detail: string) => AppError;

/**
 * The parts of an uploaded form as they arrive: files, the first of which has the rows, and the field `mapping`.
 * @throws AppError of `noFile` for another field; too-large where a file is; invalid `tabular.bad-profile`
 */
export async function* uploadParts(request: FastifyRequest, noFile: NoFile): AsyncGenerator<UploadPart> {
  for await (const part of request.parts() as AsyncIterable<MultipartFile | MultipartValue<string>>) {
    if (part.type === 'file') {
      yield {
        field: part.fieldname,
        file: (part.filename || part.fieldname).slice(0, 255),
        content: part.file as AsyncIterable<Buffer>,
      };
      if (part.file.truncated) throw tooLarge();
    } else if (part.fieldname === 'mapping') yield { mapping: parseProfile(part.value) };
    else throw noFile(`The form field "${part.fieldname}" is not known; there are file and mapping.`);
  }
}

/**
 * A whole upload: the body as one file called `name`, or the files of a form, that of the field `file` first.
 * @throws AppError as `uploadParts`
 */
export async function readUpload(
  request: FastifyRequest,
  name: string,
  noFile: NoFile,
): Promise<{ files: UploadedFile[]; profile?: Profile }> {
  if (!request.isMultipart()) return { files: [{ name, content: request.rawBody ?? '' }] };
  const files: UploadedFile[] = [];
  let profile: Profile | undefined;
  for await (const part of uploadParts(request, noFile)) {
    if ('mapping' in part) profile = part.mapping;
    else {
      const pieces: Buffer[] = [];
      for await (const piece of part.content) pieces.push(piece);
      const file = { name: part.file, content: Buffer.concat(pieces) };
      // The rows come first, whatever the order of the form.
      if (part.field === 'file') files.unshift(file);
      else files.push(file);
    }
  }
  if (files.length === 0) throw noFile('The form has no file.');
  return { files, profile };
}

const tooLarge = (): AppError =>
  new AppError('request.too-large', 'too-large', 'The file is larger than what is taken here.', {
    hint: 'Split it, or pack it as a workbook (.xlsx).',
  });
