import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { AppError, invalid } from '../../../kernel/errors/app-error';
import { parseProfile } from '../../../kernel/tabular/profile';
import type { UploadPart } from '../commands/start-import';

/**
 * The parts of an uploaded form as they arrive: files, the first of which has the rows, and the field `mapping`.
 * @throws AppError invalid `catalog.no-file` for another field; too-large where a file is
 */
export async function* uploadParts(request: FastifyRequest): AsyncGenerator<UploadPart> {
  for await (const part of request.parts() as AsyncIterable<MultipartFile | MultipartValue<string>>) {
    if (part.type === 'file') {
      yield {
        field: part.fieldname,
        file: (part.filename || part.fieldname).slice(0, 255),
        content: part.file as AsyncIterable<Buffer>,
      };
      if (part.file.truncated) throw tooLarge();
    } else if (part.fieldname === 'mapping') yield { mapping: parseProfile(part.value) };
    else
      throw invalid('catalog.no-file', `The form field "${part.fieldname}" is not known; there are file and mapping.`);
  }
}

const tooLarge = (): AppError =>
  new AppError('request.too-large', 'too-large', 'The file is larger than what is taken here.', {
    hint: 'Split it, or pack it as a workbook (.xlsx).',
  });
