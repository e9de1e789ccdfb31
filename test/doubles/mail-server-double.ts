import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

/** A mail server on loopback that can be told to misbehave. */
export class MailServerDouble {
  /** `raw`: as it came over the line. */
  readonly received: { to: string[]; mail: Email; raw: string }[] = [];
  readonly refusals: { responseCode: number; message: string }[] = [];
  silent = false;
  private readonly server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    closeTimeout: 100,
    onRcptTo: (address, _session, done) => {
      if (this.silent) return;
      const refusal = this.refusals.shift();
      if (refusal) return done(Object.assign(new Error(refusal.message), refusal));
      if (address.address.startsWith('nobody@'))
        return done(Object.assign(new Error('no such mailbox'), { responseCode: 550 }));
      done();
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks);
        void PostalMime.parse(raw).then((mail) => {
          const to = session.envelope.rcptTo.map(({ address }) => address);
          this.received.push({ to, mail, raw: raw.toString('latin1') });
          done();
        });
      });
    },
  });

  start(): Promise<string> {
    return new Promise((resolve) =>
      this.server.listen(0, '127.0.0.1', () => {
        const { port } = this.server.server.address() as { port: number };
        resolve(`smtp://127.0.0.1:${port}`);
      }),
    );
  }
  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
