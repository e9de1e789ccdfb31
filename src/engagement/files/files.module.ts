import { Module } from '@nestjs/common';
import { ResourceLimits } from '../../kernel/limits/resource-limits';
import { Clamd } from './adapters/clamd';
import { ScannerHealth } from './adapters/scanner-health';
import { Storages } from './adapters/storages';
import { VirusScanner } from './adapters/virus-scanner';
import { AttachFilesHandler, DetachFilesHandler, RenameFileOwnerHandler } from './commands/attach-files';
import { DeleteFileHandler } from './commands/delete-file';
import { BeginUploadHandler, ContinueUploadHandler, EndUploadHandler } from './commands/resumable-uploads';
import { InspectBlobHandler } from './commands/inspect-blob';
import { InspectOverdueHandler } from './commands/inspect-overdue';
import { Intake } from './commands/intake';
import { StoreFileHandler } from './commands/store-file';
import { SweepFilesHandler } from './commands/sweep-files';
import { FileRepository } from './data/file.repository';
import { ObjectRepository } from './data/object.repository';
import { UploadRepository } from './data/upload.repository';
import { FileLinksController, FilesController } from './http/files.controller';
import { UploadsController } from './http/uploads.controller';
import { FilesSchedule } from './jobs/files-schedule';
import { InspectBlob } from './jobs/inspect-blob';
import { SweepFiles } from './jobs/sweep-files';
import {
  FileBytesHandler,
  FileContentHandler,
  FileLinkHandler,
  LinkedContentHandler,
  OwnFileLinkHandler,
} from './queries/file-content';
import { FindFileHandler, FindFilesHandler, ListFilesHandler } from './queries/files';
import { PictureLinksHandler } from './queries/picture-links';
import { FindUploadHandler } from './queries/upload';
import { PushWhenFileInfected, PushWhenFileReady, PushWhenFileUnscannable } from './reactions/push-when-file-settled';

/** Uploads, their inspection, their storage, and handing them out. */
@Module({
  controllers: [UploadsController, FilesController, FileLinksController],
  providers: [
    Storages,
    { provide: VirusScanner, useClass: Clamd },
    ScannerHealth,
    Intake,
    FileRepository,
    ObjectRepository,
    UploadRepository,
    BeginUploadHandler,
    ContinueUploadHandler,
    EndUploadHandler,
    FindUploadHandler,
    StoreFileHandler,
    DeleteFileHandler,
    AttachFilesHandler,
    DetachFilesHandler,
    RenameFileOwnerHandler,
    InspectBlobHandler,
    InspectOverdueHandler,
    SweepFilesHandler,
    ListFilesHandler,
    FindFileHandler,
    FindFilesHandler,
    FileContentHandler,
    FileBytesHandler,
    FileLinkHandler,
    OwnFileLinkHandler,
    LinkedContentHandler,
    PictureLinksHandler,
    InspectBlob,
    SweepFiles,
    FilesSchedule,
    PushWhenFileReady,
    PushWhenFileInfected,
    PushWhenFileUnscannable,
  ],
})
export class FilesModule {
  constructor(limits: ResourceLimits) {
    limits.register({
      name: 'storageBytes',
      count: `select coalesce((select bytes from files.usage where tenant_id = $1 and id = $1 and $2::timestamptz is not null), 0)::float8
        as used`,
    });
  }
}
