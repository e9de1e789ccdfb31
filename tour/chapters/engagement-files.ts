import { createHash, randomBytes } from 'node:crypto';
import { crc32, deflateRawSync } from 'node:zlib';
import sharp from 'sharp';
import { createFileLink, deleteFile, getFile, unwrap, uploadFile, type Client, type FileView } from '../../sdk/src';
import { as, mark, refused, signIn, signUp } from '../actors';
import { same, until, type Guide } from '../guide';
import { scannedMainstay } from '../scanned-mainstay';

const TUS = { 'tus-resumable': '1.0.0' };
/** The test file of the anti-virus industry, in two halves, so that no scanner stumbles over this repository. */
const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EI', 'CAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');

/** What health says where a scanner is set up and there. */
const SCANNED = 'The virus scanner answers.';

/** Files: looked through before anybody can have them, pictures without their place, and lines that break. */
export async function engagementFiles(guide: Guide, url: string): Promise<void> {
  guide.chapter('Engagement: files');
  const email = `fritz-${mark}@example.com`;
  const { owner, token } = await guide.step('somebody with much to show opens a shop', async () => {
    await signUp(url, { email, name: 'Fritz Files', organizationName: `Files ${mark}` });
    const tokens = await signIn(url, email);
    return { owner: as(url, tokens), token: tokens.accessToken };
  });
  const scans = await guide.step('who looks through files for viruses', () => scanner(url));
  const upload = async (bytes: Buffer | string, name: string): Promise<FileView> =>
    unwrap(await uploadFile({ client: owner, body: { file: new File([bytes as string], name) } }));
  const settled = (id: string): Promise<FileView> =>
    until('the inspection', async () => {
      const file = unwrap(await getFile({ client: owner, path: { id } }));
      return file.state === 'pending' ? undefined : file;
    });
  const get = async (path: string): Promise<Buffer> =>
    Buffer.from(
      await (await fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } })).arrayBuffer(),
    );

  const photo = await guide.step(
    'a photo comes back upright, in three sizes, and without the place it was taken at',
    async () => {
      const taken = await sharp({ create: { width: 2400, height: 1600, channels: 3, background: '#3a6ea5' } })
        .withExif({ IFD0: { Make: 'Tour camera' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 31/1 0/1' } })
        .jpeg()
        .toBuffer();
      same('the camera is named', taken.includes('Tour camera'), true);
      const { id, renditions, state } = await settled((await upload(taken, 'harbour.jpg')).id);
      same('state', state, 'clean');
      const served = await get(`/files/${id}/content`);
      same('the camera is still named', served.includes('Tour camera'), false);
      const sides = renditions.filter(({ mediaType }) => mediaType === 'image/webp').map(({ width }) => width);
      same('widths', sides, [320, 960, 1920]);
      return { id };
    },
  );
  await guide.step('a signed link shows it to somebody without a login, and ends with the file', async () => {
    const body = { rendition: 'small', seconds: 60 } as const;
    const link = unwrap(await createFileLink({ client: owner, path: photo, body }));
    const at = url + new URL(link.url).pathname;
    same('type', (await fetch(at)).headers.get('content-type'), 'image/webp');
    unwrap(await deleteFile({ client: owner, path: photo }));
    same('status', (await fetch(at)).status, 404);
  });
  await guide.step('what is not what it says is refused at the door', () => lies(owner));
  await guide.step('a ZIP of 20 kB that unfolds to 20 MB stays shut', async () => {
    const file = await settled((await upload(zipOfZeros(), 'holiday.zip')).id);
    same('verdict', [file.state, file.reason], ['unscannable', 'archive-bomb']);
    const answer = await fetch(`${url}/api/v1/files/${file.id}/content`, {
      headers: { authorization: `Bearer ${token}` },
    });
    same('status', answer.status, 409);
  });
  const file = (): Promise<FileView> => upload(EICAR, 'invoice.txt');
  if (scans === SCANNED)
    await guide.step('a virus is never handed out', async () => virus(await settled((await file()).id), get));
  else {
    await guide.step('a file that nobody scanned says so', async () => unscanned(await settled((await file()).id)));
    await guide.step('where a scanner is set up, a virus is never handed out', elsewhere);
  }
  await guide.step('an upload whose line breaks goes on where it stood', () => resumed(url, token, owner));
}

async function lies(owner: Client): Promise<void> {
  const tries: [content: string, name: string, code: string][] = [
    ['no picture at all', 'photo.jpg', 'files.type-mismatch'],
    ['<!DOCTYPE html><script>alert(1)</script>', 'page.html', 'files.type-not-allowed'],
    ['x', '../../etc/passwd', 'files.name-invalid'],
  ];
  for (const [content, name, code] of tries) {
    const problem = await refused(uploadFile({ client: owner, body: { file: new File([content], name) } }));
    same(name, problem.code, code);
  }
}

/** It is refused, and whoever uploaded it is told. */
async function virus(file: FileView, get: (path: string) => Promise<Buffer>): Promise<string> {
  same('state', file.state, 'infected');
  const content = JSON.parse((await get(`/files/${file.id}/content`)).toString()) as { code: string };
  same('code', content.code, 'files.not-clean');
  await until('the notice of it', async () => {
    const { data } = JSON.parse((await get('/notifications?category=files')).toString()) as {
      data: { about: { fileId?: string } }[];
    };
    return data.some(({ about }) => about.fileId === file.id) || undefined;
  });
  return `${file.reason ?? ''}; whoever uploaded it is told`;
}

/** Shown by a Mainstay of its own with a scanner of its own, as the one that the tour speaks to has none. */
async function elsewhere(): Promise<string> {
  const scanned = await scannedMainstay();
  if (!scanned) return 'not shown: there is no clamd on this machine (Debian: clamav-daemon), and no CLAMD_URL';
  try {
    const { url } = scanned;
    const email = `vera-${mark}@example.com`;
    await signUp(url, { email, name: 'Vera Virus', organizationName: `Scanned ${mark}` });
    const tokens = await signIn(url, email);
    const client = as(url, tokens);
    const headers = { authorization: `Bearer ${tokens.accessToken}` };
    const get = async (path: string): Promise<Buffer> =>
      Buffer.from(await (await fetch(`${url}/api/v1${path}`, { headers })).arrayBuffer());
    const judged = async (content: string, name: string): Promise<FileView> => {
      const { id } = unwrap(await uploadFile({ client, body: { file: new File([content], name) } }));
      return until('the inspection', async () => {
        const file = unwrap(await getFile({ client, path: { id } }));
        return file.state === 'pending' ? undefined : file;
      });
    };
    const { state, scanned: looked } = await judged('nothing at all', 'letter.txt');
    same('an ordinary file', [state, looked], ['clean', true]);
    return `${await virus(await judged(EICAR, 'invoice.txt'), get)}; by a Mainstay and a clamd of its own`;
  } finally {
    await scanned.stop();
  }
}

/** Without a scanner that answers files wait, and this chapter would: it says so at once. */
async function scanner(url: string): Promise<string> {
  const { parts } = (await (await fetch(`${url}/health/ready`)).json()) as {
    parts: { name: string; status: string; message: string }[];
  };
  const { status, message } = parts.find(({ name }) => name === 'virus-scanner')!;
  if (status !== 'up') throw new Error(`uploads wait here. ${message}`);
  return message;
}

/** A virus too is handed out where nobody is asked. */
function unscanned(file: FileView): string {
  same('state and scanned', [file.state, file.scanned], ['clean', false]);
  return 'set CLAMD_URL, or MAINSTAY_UNSCANNED_FILES=hold, and it is not handed out';
}

/** Sends half, breaks the line, asks how far it came, and sends the rest. */
async function resumed(url: string, token: string, owner: Client): Promise<string> {
  const bytes = Buffer.from(randomBytes(3_000_000).toString('base64'));
  const authorization = `Bearer ${token}`;
  const begun = await fetch(`${url}/api/v1/files/uploads`, {
    method: 'POST',
    headers: {
      ...TUS,
      authorization,
      'upload-length': String(bytes.length),
      'upload-metadata': `filename ${Buffer.from('long.txt').toString('base64')}`,
    },
  });
  const at = new URL(begun.headers.get('location')!, url).href;
  const send = (offset: number, body: BodyInit, signal?: AbortSignal): Promise<Response> =>
    fetch(at, {
      method: 'PATCH',
      headers: {
        ...TUS,
        authorization,
        'content-type': 'application/offset+octet-stream',
        'upload-offset': String(offset),
      },
      body,
      signal,
      duplex: 'half',
    } as RequestInit);
  const line = new AbortController();
  const half = new ReadableStream({
    async pull(controller) {
      controller.enqueue(bytes.subarray(0, bytes.length / 2));
      await new Promise((resolve) => setTimeout(resolve, 200));
      line.abort();
    },
  });
  await send(0, half, line.signal).then(
    () => {
      throw new Error('The line should have broken.');
    },
    () => undefined,
  );
  const stands = await until('a part of it arrives', async () => {
    const answer = await fetch(at, { method: 'HEAD', headers: { ...TUS, authorization } });
    return Number(answer.headers.get('upload-offset')) || undefined;
  });
  same('status', (await send(stands, bytes.subarray(stands))).status, 204);
  const { sha256 } = unwrap(await getFile({ client: owner, path: { id: at.split('/').pop()! } }));
  same('SHA-256', sha256, createHash('sha256').update(bytes).digest('hex'));
  return `went on at ${Math.round((100 * stands) / bytes.length)} %`;
}

function zipOfZeros(): Buffer {
  const zeros = Buffer.alloc(20 * 1024 ** 2);
  const packed = deflateRawSync(zeros);
  const facts = Buffer.alloc(26);
  facts.writeUInt16LE(20, 0);
  facts.writeUInt16LE(8, 4);
  facts.writeUInt32LE(crc32(zeros), 10);
  facts.writeUInt32LE(packed.length, 14);
  facts.writeUInt32LE(zeros.length, 18);
  facts.writeUInt16LE(1, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), facts, Buffer.from('0'), packed]);
  const central = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\x00', 'latin1'),
    facts,
    Buffer.alloc(14),
    Buffer.from('0'),
  ]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, Buffer.from('PK\x05\x06', 'latin1'), end]);
}
