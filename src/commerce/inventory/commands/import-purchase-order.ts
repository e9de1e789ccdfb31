import { Readable } from 'node:stream';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { CsvReader } from '../../../kernel/tabular/csv-reader';
import { SupplierRepository } from '../data/supplier.repository';
import { readPurchaseLine, type PurchaseFileFault, type PurchaseFileLine } from '../domain/purchase-file';
import type { PurchaseOrderView } from '../domain/purchase-order-view';
import {
  purchaseFileColumns,
  purchaseFileFaults,
  supplierInactive,
  supplierNotFound,
} from '../domain/purchasing.errors';
import { LineCheck } from './line-check';
import { PurchaseLineDesk } from './purchase-line-desk';
import { CreatePurchaseOrderCommand } from './purchase-orders';

const COLUMNS = ['sku', 'quantity', 'unitCost', 'expectedAt'];
/** Most lines of an order, and so of a file. */
const MOST_LINES = 500;
const MOST_FAULTS = 100;

export interface PurchaseFileOutcome {
  /** Null after a dry run. */
  order: PurchaseOrderView | null;
  lines: number;
  /** Pieces. */
  quantity: number;
}

/**
 * Writes a purchase order, as a draft, of the lines of a CSV file with the columns sku, quantity, and if need be unitCost
 * (minor units of the supplier's currency) and expectedAt. All lines or none; a dry run writes nothing.
 * @throws AppError invalid `inventory.import-columns`, `inventory.import-faults`, `tabular.*`, and as `CreatePurchaseOrderCommand`,
 *   with pointers that name line and column of the file: `/csv/3/quantity`
 */
export class ImportPurchaseOrderCommand extends Command<PurchaseFileOutcome> {
  constructor(
    readonly request: {
      supplierId: string;
      locationId?: string;
      expectedAt?: Date | null;
      reference?: string | null;
      note?: string | null;
      csv: string;
      dryRun: boolean;
    },
  ) {
    super();
  }
}

@CommandHandler(ImportPurchaseOrderCommand)
export class ImportPurchaseOrderHandler implements ICommandHandler<ImportPurchaseOrderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly check: LineCheck,
    private readonly suppliers: SupplierRepository,
    private readonly lines: PurchaseLineDesk,
  ) {}

  async execute({ request: { csv, dryRun, ...terms } }: ImportPurchaseOrderCommand): Promise<PurchaseFileOutcome> {
    const lines = await read(csv);
    const quantity = lines.reduce((sum, line) => sum + line.quantity, 0);
    return this.uow.run(async () => {
      try {
        if (dryRun) await this.judge(terms, lines);
        const order = dryRun ? null : await this.commands.execute(new CreatePurchaseOrderCommand({ ...terms, lines }));
        return { order, lines: lines.length, quantity };
      } catch (error) {
        throw inFile(error, lines);
      }
    });
  }

  private async judge(
    { supplierId, locationId }: { supplierId: string; locationId?: string },
    lines: readonly PurchaseFileLine[],
  ): Promise<void> {
    const supplier = await this.suppliers.lock(supplierId);
    if (!supplier) throw supplierNotFound();
    if (!supplier.active) throw supplierInactive(supplier.name);
    await this.check.place(locationId);
    await this.lines.write(supplierId, lines);
  }
}

/** The lines of a file, or everything that is wrong with it. */
async function read(csv: string): Promise<PurchaseFileLine[]> {
  const reader = await CsvReader.open(Readable.from([Buffer.from(csv)]));
  const unknown = reader.header.filter((name) => !COLUMNS.includes(name));
  const missing = ['sku', 'quantity'].filter((name) => !reader.header.includes(name));
  if (unknown.length > 0 || missing.length > 0) {
    reader.close();
    throw purchaseFileColumns(unknown, missing, COLUMNS);
  }
  const lines: PurchaseFileLine[] = [];
  const faults: PurchaseFileFault[] = [];
  const firstOf = new Map<string, number>();
  for await (const row of reader) {
    if (faults.length >= MOST_FAULTS) break;
    if (!row.cells) {
      faults.push(row.fault);
      continue;
    }
    const { line, faults: wrong } = readPurchaseLine(row.line, row.cells);
    faults.push(...wrong);
    if (!line) continue;
    const first = firstOf.get(line.sku);
    if (first !== undefined) {
      const reason = `${line.sku} is on line ${first} already.`;
      faults.push({ line: row.line, column: 'sku', code: 'repeated-line', reason });
    } else firstOf.set(line.sku, row.line);
    lines.push(line);
    if (lines.length > MOST_LINES) {
      faults.push({
        line: row.line,
        column: '*',
        code: 'too-many-lines',
        reason: `An order has at most ${MOST_LINES} lines.`,
      });
      break;
    }
  }
  if (faults.length === 0 && lines.length === 0)
    faults.push({ line: 1, column: '*', code: 'no-lines', reason: 'The file has no lines beneath its header.' });
  if (faults.length > 0) throw purchaseFileFaults(faults);
  return lines;
}

/** A refusal of lines as one of the file: its pointers name line and column there. */
function inFile(error: unknown, lines: readonly PurchaseFileLine[]): unknown {
  if (!(error instanceof AppError) || !error.data.errors) return error;
  const errors = error.data.errors.map((fault) => {
    const [, index, column] = /^\/lines\/(\d+)\/(\w+)$/.exec(fault.pointer) ?? [];
    return index === undefined ? fault : { ...fault, pointer: `/csv/${lines[Number(index)].line}/${column}` };
  });
  return new AppError(error.code, error.kind, error.message, { ...error.data, errors });
}
