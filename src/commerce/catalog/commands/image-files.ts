import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { AttachFilesCommand, DetachFilesCommand } from '../../../engagement/files/contracts/files';
import { imagesInvalid } from '../domain/catalog.errors';
import type { Product } from '../domain/product';

/** Keeps the files that a product's images name, and lets go those that they name no longer, in the commit that changes them. */
@Injectable()
export class ImageFiles {
  constructor(private readonly commands: CommandBus) {}

  /**
   * Call it with the product's row locked. Files that are still being inspected are taken.
   * @throws AppError not-found `files.file-not-found`, conflict `files.not-clean`, invalid `catalog.images-invalid` for
   *   what is no picture
   */
  async follow(product: Product): Promise<void> {
    const { brought, taken } = product.pullImageFiles();
    const owner = { kind: 'product-image', id: product.id };
    if (brought.length > 0) {
      const files = await this.commands.execute(new AttachFilesCommand({ fileIds: brought, owner }));
      const other = files.find(({ mediaType }) => !isPicture(mediaType));
      if (other) {
        const at = product.images.findIndex(({ fileId }) => fileId === other.id);
        throw imagesInvalid(`/images/${at}/fileId`, `The file is no picture that can be shown: ${other.mediaType}.`);
      }
    }
    if (taken.length > 0) await this.commands.execute(new DetachFilesCommand({ owner, fileIds: taken }));
  }
}

/** Pictures that files makes sizes of; an SVG can hold a program and is never shown in place. */
const isPicture = (mediaType: string): boolean => mediaType.startsWith('image/') && mediaType !== 'image/svg+xml';
