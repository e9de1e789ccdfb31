import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import { uploaded } from '../../support/upload';
import type { Arrangements, World } from '../world';

const file = async ({ shop }: World) => ({ path: { id: await uploaded(shop.asOwner, `Example ${newId()}`) } });

/** The smallest picture there is. */
const DOT = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
const TUS = { 'tus-resumable': '1.0.0' };
const upload = async ({ shop }: World) => {
  const headers = { ...TUS, 'upload-length': '17', 'upload-metadata': 'filename bm90ZS50eHQ=' };
  const begun = await shop.asOwner.post('/files/uploads', undefined, { headers });
  return { path: { id: begun.headers.get('location')!.split('/').pop()! }, headers: TUS };
};

const arrangements: Arrangements = {
  beginUpload: async () => ({ headers: { ...TUS, 'upload-length': '17', 'upload-metadata': 'filename bm90ZS50eHQ=' } }),
  getUploadOffset: upload,
  continueUpload: async (world) => {
    const { path } = await upload(world);
    return { path, headers: { ...TUS, 'upload-offset': '0' } };
  },
  endUpload: upload,
  getFile: file,
  getFileContent: async ({ shop }) => ({
    path: { id: await uploaded(shop.asOwner, DOT, 'dot.gif') },
  }),
  createFileLink: file,
  deleteFile: file,
  openFileLink: async ({ shop }) => {
    const id = await uploaded(shop.asOwner, `Example ${newId()}`);
    const { url } = expectStatus(await shop.asOwner.post<{ url: string }>(`/files/${id}/links`, {}), 201);
    return { path: { token: url.split('/').pop()! } };
  },
};
export default arrangements;
