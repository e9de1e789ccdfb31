import { expectStatus, type TestClient } from './client';
import { eventually } from './eventually';

/** Uploads text as a file and waits until it may be had. @returns its id */
export async function uploaded(client: TestClient, content: string, name = 'note.txt'): Promise<string> {
  const form = new FormData();
  form.set('file', new Blob([content]), name);
  const wire = new Response(form);
  const headers = { 'content-type': wire.headers.get('content-type')! };
  const { id } = expectStatus(await client.post<{ id: string }>('/files', await wire.text(), { headers }), 201);
  await eventually(async () => {
    const { body } = await client.get<{ state: string }>(`/files/${id}`);
    return body.state === 'clean';
  });
  return id;
}
