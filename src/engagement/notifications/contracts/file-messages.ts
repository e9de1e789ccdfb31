/** What the notifications about files need. */
export interface FileTemplateData {
  /** A virus was found in a file. `own`: the reader uploaded it; else `uploader` says who did, where anybody knows. */
  'file-infected': { fileId: string; file: string; signature: string; own?: boolean; uploader?: string };
}
