import { createHash, randomBytes } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { EmbeddedPostgres } from '../../src/kernel/database/embedded-postgres';
import { newId } from '../../src/kernel/ids/ids';
import { nestedZip, zip } from '../../test/doubles/zip';
import { signIn, signUp } from '../../tour/actors';
import { productEnv, residentMb, startProcess } from '../environment';
import { quantile } from '../load';
import type { Measure } from '../report';

const MIB = 1024 ** 2;
const TUS = { 'tus-resumable': '1.0.0' };
/** How often the line of a resumable upload breaks. */
const CUTS = 10;
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

interface Judged {
  id: string;
  state: string;
  reason: string | null;
  sha256: string;
}

/** What one signed in person does with files of a process. */
class Uploader {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  call(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.token}`, ...(init.headers as Record<string, string>) };
    return fetch(path.startsWith('http') ? path : `${this.url}/api/v1${path}`, { ...init, headers });
  }

  async upload(bytes: Buffer, name: string): Promise<{ status: number; body: Judged & { code?: string } }> {
    const form = new FormData();
    form.append('file', new File([new Uint8Array(bytes)], name));
    const answer = await this.call('/files', { method: 'POST', body: form });
    return { status: answer.status, body: (await answer.json()) as Judged };
  }

  async file(id: string): Promise<Judged> {
    return (await (await this.call(`/files/${id}`)).json()) as Judged;
  }

  /** Uploads, and waits until it is refused or judged. @returns with what, and after how many milliseconds */
  async judged(bytes: Buffer, name: string): Promise<{ verdict: string; ms: number; id: string }> {
    const began = now();
    const { status, body } = await this.upload(bytes, name);
    if (status >= 300) return { verdict: body.code ?? String(status), ms: now() - began, id: '' };
    for (let found = body; ; found = await this.file(body.id)) {
      if (found.state !== 'pending') return { verdict: found.reason ?? found.state, ms: now() - began, id: body.id };
      if (now() - began > 30_000) throw new Error(`${name} is still looked at.`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Sends a file in pieces, each of which breaks off amid it. @returns SHA-256 of what arrived, and the seconds it took */
  async cut(bytes: Buffer): Promise<{ sha256: string; seconds: number }> {
    const began = now();
    const begun = await this.call('/files/uploads', {
      method: 'POST',
      headers: {
        ...TUS,
        'upload-length': String(bytes.length),
        'upload-metadata': `filename ${Buffer.from('long.txt').toString('base64')}`,
      },
    });
    const at = new URL(begun.headers.get('location')!, this.url).href;
    const stands = async (): Promise<number> =>
      Number((await this.call(at, { method: 'HEAD', headers: TUS })).headers.get('upload-offset'));
    const send = (offset: number, body: BodyInit, signal?: AbortSignal): Promise<Response> =>
      this.call(at, {
        method: 'PATCH',
        headers: { ...TUS, 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset) },
        body,
        signal,
        duplex: 'half',
      } as RequestInit);
    const piece = Math.ceil(bytes.length / (CUTS + 1));
    for (let cut = 0; cut < CUTS; cut++) {
      const offset = await stands();
      const line = new AbortController();
      const body = new ReadableStream({
        async pull(controller) {
          // Whoever fetches does not say that they read no more.
          if (line.signal.aborted) return controller.close();
          controller.enqueue(bytes.subarray(offset, offset + piece));
          await new Promise((resolve) => setTimeout(resolve, 50));
          line.abort();
        },
      });
      await send(offset, body, line.signal).catch(() => undefined);
    }
    for (;;) {
      const offset = await stands();
      const answer = await send(offset, new Uint8Array(bytes.subarray(offset)));
      if (answer.status < 300) break;
      // The broken line still holds the upload for a moment.
      if (answer.status !== 409 && answer.status !== 423) throw new Error(`The rest: ${answer.status}.`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const seconds = (now() - began) / 1_000;
    return { sha256: (await this.file(at.split('/').pop()!)).sha256, seconds };
  }
}

/** A PNG of 900 million pixels in some hundred kilobytes. */
function pixelBomb(): Buffer {
  const side = 30_000;
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1;
  const rows = Buffer.alloc((side / 8 + 1) * side);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** How long it takes until a file of so many megabytes is clean, several at a time. */
async function uploads(by: Uploader, sizeMb: number, files: number, server: number): Promise<Measure> {
  const times: number[] = [];
  let most = 0;
  const began = now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next++ < files) {
      const { ms, verdict } = await by.judged(
        Buffer.from(randomBytes((sizeMb * MIB * 3) / 4).toString('base64')),
        'a.txt',
      );
      if (verdict !== 'clean') throw new Error(`An upload ended as ${verdict}.`);
      times.push(ms);
      most = Math.max(most, residentMb(server));
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  times.sort((a, b) => a - b);
  return {
    scenario: `files: uploads of ${sizeMb} MB, four at a time, until they are clean`,
    unit: 'MB/s',
    value: (files * sizeMb) / ((now() - began) / 1_000),
    p50: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    p99: quantile(times, 0.99),
    note: `the process has at most ${Math.round(most)} MB`,
  };
}

/** Files: what is refused and how soon, uploads whose lines break, and what becomes of pictures. */
export async function files(postgres: EmbeddedPostgres, quick: boolean): Promise<Measure[]> {
  const server = await startProcess('files', 'dist/main.js', productEnv(postgres), '/health/live');
  try {
    const email = `files-${newId().slice(-12)}@example.com`;
    await signUp(server.url, { email, name: 'Fay Files', organizationName: `Files ${newId().slice(-8)}` });
    const by = new Uploader(server.url, (await signIn(server.url, email)).accessToken!);
    const measures: Measure[] = [];
    const zeros = Buffer.alloc(20 * MIB);
    // The first one starts what inspects.
    await by.judged(Buffer.from('warm'), 'warm.txt');
    for (const [what, bytes, name, verdict] of [
      ['a ZIP that unfolds to a thousandfold', zip([{ name: 'zeros', data: zeros }]), 'a.zip', 'archive-bomb'],
      ['one within three others', nestedZip(zeros, 'zeros', 3), 'b.zip', 'archive-bomb'],
      ['a ZIP twenty deep', nestedZip(Buffer.from('x'), 'x', 20), 'c.zip', 'archive-too-deep'],
      ['a picture of 900 million pixels', pixelBomb(), 'd.png', 'files.too-many-pixels'],
      [
        'a PDF that is a ZIP as well',
        Buffer.concat([Buffer.from('%PDF-1.7\n%%EOF\n'), zip([{ name: 'a', data: Buffer.from('x') }])]),
        'e.pdf',
        'polyglot',
      ],
    ] as const) {
      const found = await by.judged(bytes, name);
      measures.push({
        scenario: `files: ${what} is refused`,
        unit: 's',
        value: found.ms / 1_000,
        aim: '<= 1',
        met: found.verdict === verdict && found.ms <= 1_000,
        note: `${found.verdict}, ${(bytes.length / 1024).toFixed(0)} kB`,
      });
    }
    const long = Buffer.from(randomBytes((quick ? 6 : 30) * MIB).toString('base64'));
    const { sha256, seconds } = await by.cut(long);
    const whole = sha256 === createHash('sha256').update(long).digest('hex');
    measures.push({
      scenario: `files: an upload of ${Math.round(long.length / MIB)} MB whose line breaks ${CUTS} times`,
      unit: 's',
      value: seconds,
      aim: 'the same bytes',
      met: whole,
      note: whole ? 'SHA-256 equal' : 'SHA-256 differs',
    });
    const photo = await sharp({ create: { width: 4_000, height: 3_000, channels: 3, background: '#3a6ea5' } })
      .withExif({ IFD0: { Make: 'Bench camera' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 31/1 0/1' } })
      .jpeg()
      .toBuffer();
    const picture = await by.judged(photo, 'photo.jpg');
    const served = Buffer.from(await (await by.call(`/files/${picture.id}/content`)).arrayBuffer());
    const left = (await sharp(served).metadata()).exif !== undefined || served.includes('Bench camera');
    measures.push({
      scenario: 'files: a photo of 12 million pixels in three sizes, without its place',
      unit: 's',
      value: picture.ms / 1_000,
      aim: 'no EXIF',
      met: !left && picture.verdict === 'clean',
      note: picture.verdict,
    });
    measures.push(await uploads(by, quick ? 2 : 8, quick ? 8 : 32, server.pid));
    return measures;
  } finally {
    await server.stop();
  }
}
