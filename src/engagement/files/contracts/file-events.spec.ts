import { FileInfected, FileReady, FileUnscannable } from './file-events';

const about = {
  fileId: '01900000-0000-7000-8000-000000000001',
  name: 'note.txt',
  mediaType: 'text/plain',
  sizeBytes: 17,
  uploadedBy: null,
};

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('events keep their names and payloads', () => {
  const events = [
    new FileReady(about.fileId, { ...about, scanned: true, width: null, height: null }),
    new FileInfected(about.fileId, { ...about, signature: 'Eicar' }),
    new FileUnscannable(about.fileId, { ...about, reason: 'archive-encrypted' }),
  ];
  expect(events.map((event) => [event.type, Object.keys(event.payload).sort()])).toEqual([
    ['files.file-ready.v1', ['fileId', 'height', 'mediaType', 'name', 'scanned', 'sizeBytes', 'uploadedBy', 'width']],
    ['files.file-infected.v1', ['fileId', 'mediaType', 'name', 'signature', 'sizeBytes', 'uploadedBy']],
    ['files.file-unscannable.v1', ['fileId', 'mediaType', 'name', 'reason', 'sizeBytes', 'uploadedBy']],
  ]);
});
