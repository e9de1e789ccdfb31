import type { S3Client } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import type { ByteRange } from '../domain/byte-range';
import { BlobStorage, ObjectMissing } from './blob-storage';
import { parts } from './parts';

export interface S3Options {
  bucket: string;
  region: string;
  /** Of other makers: MinIO, Google Cloud Storage by its interoperability, ... Null: Amazon. */
  endpoint: string | null;
  /** Null: what the machine has (its role, its environment). */
  credentials: { accessKeyId: string; secretAccessKey: string } | null;
  /** `endpoint/bucket/key` in place of `bucket.endpoint/key`. */
  pathStyle: boolean;
}

const CONNECT_MS = 5_000;
/** A part of 8 MiB must have gone within this time, as must the beginning of an answer. */
const REQUEST_MS = 60_000;

/**
 * A bucket that speaks S3: Amazon, MinIO, Google Cloud Storage. Larger objects go up in parts, which become one object at the end
 * or none; parts of a process that was killed are the bucket's to remove (a lifecycle rule for incomplete uploads).
 */
export class S3Storage extends BlobStorage {
  readonly name = 's3';
  private client: Promise<S3Client> | undefined;

  constructor(private readonly options: S3Options) {
    super();
  }

  async put(key: string, content: AsyncIterable<Buffer>): Promise<void> {
    const { PutObjectCommand } = await this.library();
    const client = await this.connected();
    const at = { Bucket: this.options.bucket, Key: key };
    const source = parts(content);
    const first = await source.next();
    const second = first.done ? first : await source.next();
    if (second.done) {
      const Body = first.done ? Buffer.alloc(0) : first.value;
      await client.send(new PutObjectCommand({ ...at, Body, ContentType: 'application/octet-stream' }));
      return;
    }
    await this.putParts(client, at, [first.value as Buffer, second.value], source);
  }

  private async putParts(
    client: S3Client,
    at: { Bucket: string; Key: string },
    waiting: Buffer[],
    source: AsyncGenerator<Buffer>,
  ): Promise<void> {
    const {
      CreateMultipartUploadCommand,
      UploadPartCommand,
      CompleteMultipartUploadCommand,
      AbortMultipartUploadCommand,
    } = await this.library();
    const begun = await client.send(
      new CreateMultipartUploadCommand({ ...at, ContentType: 'application/octet-stream' }),
    );
    const upload = { ...at, UploadId: begun.UploadId! };
    try {
      const Parts: { ETag?: string; PartNumber: number }[] = [];
      const send = async (Body: Buffer): Promise<void> => {
        const PartNumber = Parts.length + 1;
        const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
        Parts.push({ ETag, PartNumber });
      };
      for (const Body of waiting) await send(Body);
      for await (const Body of source) await send(Body);
      await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
    } catch (error) {
      await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
      throw error;
    }
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    const { GetObjectCommand } = await this.library();
    const Range = range && `bytes=${range.start}-${range.end}`;
    try {
      const client = await this.connected();
      const { Body } = await client.send(new GetObjectCommand({ Bucket: this.options.bucket, Key: key, Range }));
      return Body as Readable;
    } catch (error) {
      throw (error as Error).name === 'NoSuchKey' ? new ObjectMissing(key) : error;
    }
  }

  async remove(key: string): Promise<void> {
    const { DeleteObjectCommand } = await this.library();
    const client = await this.connected();
    await client.send(new DeleteObjectCommand({ Bucket: this.options.bucket, Key: key }));
  }

  async check(): Promise<void> {
    const { HeadBucketCommand } = await this.library();
    const client = await this.connected();
    await client.send(new HeadBucketCommand({ Bucket: this.options.bucket }));
  }

  /** Loaded when it is needed first: it is large. */
  private library() {
    return import('@aws-sdk/client-s3');
  }

  private connected(): Promise<S3Client> {
    return (this.client ??= this.connect());
  }

  private async connect(): Promise<S3Client> {
    const { region, endpoint, credentials, pathStyle } = this.options;
    const { S3Client } = await this.library();
    return new S3Client({
      region,
      forcePathStyle: pathStyle,
      ...(endpoint ? { endpoint } : {}),
      ...(credentials ? { credentials } : {}),
      // The checksums that the SDK adds by itself are not known to all who speak S3.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: REQUEST_MS },
    });
  }
}
