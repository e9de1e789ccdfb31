import { Readable } from 'node:stream';
import type { ByteRange } from '../domain/byte-range';
import { BlobStorage, ObjectMissing } from './blob-storage';
import { parts } from './parts';

type Library = Awaited<ReturnType<typeof library>>;
type ContainerClient = InstanceType<Library['ContainerClient']>;

/** Loaded when it is needed first: it is large. */
const library = () => import('@azure/storage-blob');

export interface AzureOptions {
  connectionString: string;
  container: string;
}

/** A call that has no answer by then is tried again, at most twice (milliseconds). */
const TRY_MS = 60_000;

/**
 * A container of Azure Blob Storage. Objects go up in blocks, which become one object with the last call or none; blocks that
 * nobody commits go by themselves within a week.
 */
export class AzureStorage extends BlobStorage {
  readonly name = 'azure';
  private container: Promise<ContainerClient> | undefined;

  constructor(private readonly options: AzureOptions) {
    super();
  }

  async put(key: string, content: AsyncIterable<Buffer>): Promise<void> {
    const blob = await this.blob(key);
    const blocks: string[] = [];
    for await (const part of parts(content)) {
      const id = Buffer.from(String(blocks.length).padStart(8, '0')).toString('base64');
      await blob.stageBlock(id, part, part.length);
      blocks.push(id);
    }
    await blob.commitBlockList(blocks, { blobHTTPHeaders: { blobContentType: 'application/octet-stream' } });
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    try {
      const blob = await this.blob(key);
      const answer = await (range ? blob.download(range.start, range.end - range.start + 1) : blob.download());
      return answer.readableStreamBody as Readable;
    } catch (error) {
      throw (error as { statusCode?: number }).statusCode === 404 ? new ObjectMissing(key) : error;
    }
  }

  async remove(key: string): Promise<void> {
    await (await this.blob(key)).deleteIfExists();
  }

  async check(): Promise<void> {
    if (!(await (await this.connected()).exists())) throw new Error('The container does not exist.');
  }

  private async blob(key: string) {
    return (await this.connected()).getBlockBlobClient(key);
  }

  private connected(): Promise<ContainerClient> {
    return (this.container ??= this.connect());
  }

  private async connect(): Promise<ContainerClient> {
    const { connectionString, container } = this.options;
    const { BlobServiceClient } = await library();
    const service = BlobServiceClient.fromConnectionString(connectionString, {
      retryOptions: { maxTries: 3, tryTimeoutInMs: TRY_MS, retryDelayInMs: 500, maxRetryDelayInMs: 5_000 },
    });
    return service.getContainerClient(container);
  }
}
