declare module 'swagger-ui-dist/absolute-path.js' {
  /** Folder of Swagger UI's assets. */
  export default function absolutePath(): string;
}

declare module 'pino-roll' {
  import type { SonicBoom } from 'sonic-boom';
  export default function build(options: {
    file: string;
    frequency: 'daily' | 'hourly' | number;
    dateFormat?: string;
    mkdir?: boolean;
    limit?: { count: number; removeOtherLogFiles?: boolean };
  }): Promise<SonicBoom>;
}

/** What `@Type` says of a property. */
declare module 'class-transformer/cjs/storage' {
  export const defaultMetadataStorage: import('class-transformer/types/MetadataStorage').MetadataStorage;
}
