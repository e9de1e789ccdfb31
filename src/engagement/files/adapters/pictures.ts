import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Sharp } from 'sharp';
import { RENDITION_NAMES, RENDITION_TYPES, RENDITIONS, type Rendition } from '../domain/stored-file';

/** Seconds that one picture may take in one size. */
const TIMEOUT_SECONDS = 60;

/** A picture that was made anew, in a file. */
export interface MadePicture {
  path: string;
  /** Pixels. */
  width: number;
  height: number;
  sizeBytes: number;
}

export interface MadePictures {
  /** The picture itself, upright and without the data of its camera. */
  cleaned: MadePicture;
  renditions: (MadePicture & Pick<Rendition, 'name' | 'mediaType'>)[];
}

/** It cannot be made a picture of; the message is the code. */
export class NoPicture extends Error {}

const library = async () => {
  const { default: sharp } = await import('sharp');
  // One thread and no memory of earlier pictures: a worker has other work.
  sharp.concurrency(1);
  sharp.cache(false);
  return sharp;
};

/** How each type is written again: as good as it was, as far as its form allows. */
const WRITTEN: Record<string, (image: Sharp) => Sharp> = {
  'image/jpeg': (image) => image.jpeg({ quality: 92, chromaSubsampling: '4:4:4' }),
  'image/png': (image) => image.png(),
  'image/webp': (image) => image.webp({ quality: 92 }),
  'image/gif': (image) => image.gif(),
  'image/avif': (image) => image.avif({ quality: 75, effort: 2 }),
  'image/tiff': (image) => image.tiff({ compression: 'deflate' }),
};

let line: Promise<unknown> = Promise.resolve();

/**
 * Makes a picture anew: what is handed out comes from its pixels alone, so that neither place and device (EXIF, XMP, IPTC) nor
 * anything else that was hidden in the file is in it. One picture at a time in a process.
 * @param folder for what is made; the caller empties it
 * @throws NoPicture `picture-unreadable`, `too-many-pixels`
 */
export function makePictures(
  file: string,
  mediaType: string,
  mostPixels: number,
  folder: string,
): Promise<MadePictures> {
  const made = line.then(() => make(file, mediaType, mostPixels, folder));
  line = made.catch(() => undefined);
  return made;
}

async function make(file: string, mediaType: string, mostPixels: number, folder: string): Promise<MadePictures> {
  const sharp = await library();
  const open = (animated: boolean): Sharp =>
    sharp(file, { limitInputPixels: mostPixels, failOn: 'error', animated }).timeout({ seconds: TIMEOUT_SECONDS });
  const write = async (image: Sharp, name: string): Promise<MadePicture> => {
    const at = path.join(folder, name);
    const { width, height, pageHeight } = await image.toFile(at);
    return { path: at, width, height: pageHeight ?? height, sizeBytes: (await stat(at)).size };
  };
  try {
    const { width, height, pages = 1 } = await sharp(file, { limitInputPixels: false }).metadata();
    if (width * height * pages > mostPixels) throw new NoPicture('too-many-pixels');
    const cleaned = await write(WRITTEN[mediaType](open(pages > 1).autoOrient()), 'cleaned');
    const renditions: MadePictures['renditions'] = [];
    for (const name of RENDITION_NAMES) {
      for (const type of RENDITION_TYPES) {
        const side = RENDITIONS[name];
        const sized = open(false)
          .autoOrient()
          .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true });
        const image =
          type === 'image/webp'
            ? sized.webp({ quality: 80 })
            : sized.flatten({ background: '#fff' }).jpeg({ quality: 82 });
        renditions.push({ name, mediaType: type, ...(await write(image, `${name}-${type.slice(6)}`)) });
      }
    }
    return { cleaned, renditions };
  } catch (error) {
    if (error instanceof NoPicture) throw error;
    throw new NoPicture(/pixel limit/i.test((error as Error).message) ? 'too-many-pixels' : 'picture-unreadable', {
      cause: error,
    });
  }
}
