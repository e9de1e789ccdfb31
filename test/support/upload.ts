import { expectStatus, type TestClient } from './client';
import { eventually } from './eventually';

/** Uploads a file and waits until it may be had. @returns its id */
export async function uploaded(client: TestClient, content: string | Buffer, name = 'note.txt'): Promise<string> {
  const form = new FormData();
  form.set('file', new Blob([content as string]), name);
  const { id } = expectStatus(await client.post<{ id: string }>('/files', form), 201);
  // Pictures are made anew in seven ways, which takes a busy machine its time.
  await eventually(
    async () => {
      const { body } = await client.get<{ state: string }>(`/files/${id}`);
      return body.state === 'clean';
    },
    { timeoutMs: 30_000 },
  );
  return id;
}
