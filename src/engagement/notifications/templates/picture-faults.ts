import type { TemplateFault } from '../domain/template-source';
import { elementsOf } from './markup';

type Fault = Pick<TemplateFault, 'code' | 'detail'>;

const MOST_ADDRESS = 2_000;
const MOST_ALT = 300;
/** Pixels; smaller ones show nothing but that a mail was opened, wider ones than the letter are cut. */
const LEAST_SIZE = 16;
const MOST_SIZE = 600;

/** A picture that is a file of the organization, by its id. */
const FILE = /^file:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** A file that a template shows, and where it names it first. */
export interface NamedPicture {
  fileId: string;
  line: number;
  column: number;
}

/** The files that the body of a template shows, each once. The body is one without faults. */
export function filesOf(body: string): NamedPicture[] {
  const named = new Map<string, NamedPicture>();
  for (const { tag, attributes, line, column } of elementsOf(body)) {
    if (tag?.[2] !== 'mj-image') continue;
    const src = attributes.find(({ name }) => name === 'src')?.value ?? '';
    const fileId = FILE.exec(src)?.[1];
    if (fileId !== undefined && !named.has(fileId)) named.set(fileId, { fileId, line, column });
  }
  return [...named.values()];
}

/**
 * What is wrong with a picture of a template. Its address is the same in every mail: were a part of it filled in, it could tell
 * its host who has read what.
 * @param attributes of the element `mj-image`, by name in small letters
 */
export function pictureFaults(attributes: ReadonlyMap<string, string>): Fault[] {
  const faults: Fault[] = [];
  const address = addressFault(attributes.get('src'));
  if (address) faults.push({ code: 'picture-address', detail: address });
  const alt = attributes.get('alt')?.trim() ?? '';
  if (alt === '' || alt.length > MOST_ALT)
    faults.push({
      code: 'picture-alt',
      detail: `a picture says by alt what it shows, in at most ${MOST_ALT} characters`,
    });
  for (const name of ['width', 'height']) {
    const value = attributes.get(name);
    if (value === undefined || (name === 'height' && value === 'auto')) continue;
    const pixels = /^(\d{1,4})px$/.exec(value)?.[1];
    if (pixels === undefined || Number(pixels) < LEAST_SIZE || Number(pixels) > MOST_SIZE)
      faults.push({ code: 'picture-size', detail: `${name} is ${LEAST_SIZE}px to ${MOST_SIZE}px` });
  }
  return faults;
}

function addressFault(src: string | undefined): string | null {
  if (src !== undefined && FILE.test(src)) return null;
  if (src?.startsWith('file:')) return 'after file: comes the id of a file, in small letters';
  if (src === undefined || !src.startsWith('https://'))
    return 'a picture has a src that begins with https://, or file: and the id of a file';
  if (/[{}]/.test(src)) return 'the address of a picture is the same in every mail: nothing is filled in';
  if (src.length > MOST_ADDRESS) return `at most ${MOST_ADDRESS} characters`;
  // What readers of HTML would decode may not hide what the address is.
  const url = URL.canParse(src.replaceAll('&amp;', '&')) ? new URL(src.replaceAll('&amp;', '&')) : null;
  if (!url || /[\s\\]|&(?!amp;)[#\w]+;/.test(src)) return 'this is no address';
  if (url.username !== '' || url.password !== '') return 'an address with a user name';
  if (!/\.[a-z][a-z0-9-]*$/.test(url.hostname)) return 'the host is a name such as cdn.example.com';
  return null;
}
