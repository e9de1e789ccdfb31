import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { brokenForm, noFile } from '../domain/files.errors';
import { fileName } from '../domain/file-name';
import { FindFileQuery, type FileDetails } from '../queries/files';
import { Intake } from './intake';

/** A part of a form: a file whose bytes come as they arrive. */
export interface FormFile {
  name: string;
  declared: string | null;
  content: AsyncIterable<Buffer>;
}

/**
 * Stores an upload that came in one request. Answered once its bytes are safe; a worker inspects them.
 * @throws AppError invalid `files.no-file`, `files.name-invalid`, `files.broken-form`; forbidden `plan.limit-reached`; and as
 * `Intake.receive`
 */
export class StoreFileCommand extends Command<FileDetails> {
  constructor(
    readonly request: {
      files: AsyncIterable<FormFile>;
      /** Stays although nothing uses it. */
      keep: boolean;
    },
  ) {
    super();
  }
}

@CommandHandler(StoreFileCommand)
export class StoreFileHandler implements ICommandHandler<StoreFileCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly intake: Intake,
  ) {}

  async execute({ request }: StoreFileCommand): Promise<FileDetails> {
    const { file, name } = await this.receive(request.files);
    const id = newId();
    return this.uow.run(async (tx) => {
      const uploadedBy = currentContext().principal.userId;
      await this.intake.name(tx, file, { id, name, uploadedBy, kept: request.keep });
      return this.queries.execute(new FindFileQuery(id));
    });
  }

  /** The one file of the form; where the form turns out to be broken, nothing of it stays. */
  private async receive(files: AsyncIterable<FormFile>) {
    let received: { file: Awaited<ReturnType<Intake['receive']>>; name: string } | undefined;
    try {
      for await (const part of files) {
        if (received) throw noFile('The form has more than one file.');
        const name = fileName(part.name);
        received = { name, file: await this.intake.receive(part.content, { name, declared: part.declared }) };
      }
    } catch (error) {
      if (received) await this.intake.discard(received.file.object);
      throw isBroken(error) ? brokenForm() : error;
    }
    if (!received) throw noFile('The form has no file.');
    return received;
  }
}

/** The connection ended, or the form did, before its last boundary. */
const isBroken = (error: unknown): boolean => {
  const { code, message = '' } = error as { code?: string; message?: string };
  return (
    code === 'FST_MP_PREMATURE_CLOSE' ||
    code === 'ECONNRESET' ||
    code === 'ERR_STREAM_PREMATURE_CLOSE' ||
    /multipart|Part terminated early|Malformed part header|aborted/i.test(message)
  );
};
