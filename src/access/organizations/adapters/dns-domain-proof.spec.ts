import { createSocket, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { DnsDomainProof } from './dns-domain-proof';

type Record = { texts: string[][] } | { code: number };

/** A name server on loopback that knows TXT records (RFC 1035, 4.1): one question in, its answer out. */
async function nameServer(records: Map<string, Record>): Promise<{ address: string; asked: string[]; socket: Socket }> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (question, { address, port }) => {
    const labels: string[] = [];
    let at = 12;
    for (; question[at] !== 0; at += question[at] + 1)
      labels.push(question.subarray(at + 1, at + 1 + question[at]).toString('latin1'));
    const name = labels.join('.').toLowerCase();
    asked.push(name);
    const found = records.get(name) ?? { code: 3 };
    const texts = 'texts' in found ? found.texts : [];
    const header = Buffer.from(question.subarray(0, 12));
    header.writeUInt16BE(0x8180 | ('code' in found ? found.code : 0), 2);
    header.writeUInt16BE(texts.length, 6);
    header.writeUInt16BE(0, 8);
    header.writeUInt16BE(0, 10);
    const answers = texts.map((parts) => {
      const data = Buffer.concat(parts.map((part) => Buffer.from([part.length, ...Buffer.from(part)])));
      // A pointer to the name of the question; TXT, IN, a minute.
      const fixed = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, 0]);
      fixed.writeUInt16BE(data.length, 10);
      return Buffer.concat([fixed, data]);
    });
    socket.send(Buffer.concat([header, question.subarray(12, at + 5), ...answers]), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { address: `127.0.0.1:${(socket.address() as AddressInfo).port}`, asked, socket };
}

describe('the proof of a domain by DNS', () => {
  const records = new Map<string, Record>([
    ['_mainstay.shop.example', { texts: [['v=spf1 -all'], ['mainstay-domain=token-1']] }],
    // A long text comes in parts of at most 255 bytes, which belong together.
    ['_mainstay.parts.example', { texts: [['mainstay-', 'domain=', 'token-2']] }],
    ['_mainstay.other.example', { texts: [['mainstay-domain=token-of-somebody-else']] }],
    ['_mainstay.empty.example', { texts: [] }],
    ['_mainstay.broken.example', { code: 2 }],
  ]);
  let server: Awaited<ReturnType<typeof nameServer>>;
  beforeAll(async () => {
    server = await nameServer(records);
  });
  afterAll(() => void server.socket.close());

  it.each([
    ['shop.example', 'token-1'],
    ['parts.example', 'token-2'],
  ])('is given by the TXT record of %s', async (host, token) => {
    expect(await new DnsDomainProof([server.address]).look(host, token)).toEqual({ proven: true });
    expect(server.asked).toContain(`_mainstay.${host}`);
  });

  it.each([
    ['another token', 'other.example', 'but not "mainstay-domain=token-1"'],
    ['part of the token', 'shop.example', 'but not "mainstay-domain=token"', 'token'],
    ['no such name', 'nowhere.example', 'There is no such name in DNS.'],
    ['no TXT record', 'empty.example', 'The name has no TXT record.'],
    ['a name server that fails', 'broken.example', 'The name server failed.'],
  ])('is not given by %s, and says so', async (_what, host, fault, token = 'token-1') => {
    expect(await new DnsDomainProof([server.address]).look(host, token)).toEqual({
      proven: false,
      fault: expect.stringContaining(fault),
    });
  });

  it('is not given where no name server answers', async () => {
    const gone = await nameServer(new Map());
    await new Promise<void>((resolve) => gone.socket.close(() => resolve()));
    const answer = await new DnsDomainProof([gone.address]).look('shop.example', 'token-1');
    expect(answer).toEqual({ proven: false, fault: 'The name server cannot be reached.' });
  });
});
