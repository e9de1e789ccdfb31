import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import { uploaded } from '../../support/upload';
import type { Arrangements, World } from '../world';

const file = async ({ shop }: World) => ({ path: { id: await uploaded(shop.asOwner, `Example ${newId()}`) } });

const arrangements: Arrangements = {
  getFile: file,
  getFileContent: { notSent: 'Its sizes are of pictures alone; src/engagement/files reads both.' },
  createFileLink: file,
  deleteFile: file,
  openFileLink: async ({ shop }) => {
    const id = await uploaded(shop.asOwner, `Example ${newId()}`);
    const { url } = expectStatus(await shop.asOwner.post<{ url: string }>(`/files/${id}/links`, {}), 201);
    return { path: { token: url.split('/').pop()! } };
  },
};
export default arrangements;
