import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import { Controller, HttpCode, Post, Query, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Allow } from '../../../kernel/auth/decorators';
import { AppError, invalid } from '../../../kernel/errors/app-error';
import { Consumes, Problems, RateLimit } from '../../../kernel/http/decorators';
import { parseProfile, type Profile } from '../../../kernel/tabular/profile';
import { XLSX_TYPE } from '../../../kernel/tabular/xlsx-writer';
import { ImportPlaceFileCommand } from '../commands/import-place-file';
import { ImportPlacesParams, PlaceImportView } from './place-imports.dto';

const EXAMPLE =
  'externalId,name,kind,lat,lng,city,country,openingHours,zone,services\nnode/1,Station Nord,fuel_station,47.09,15.42,Graz,AT,Mo-Fr 06:00-22:00; PH off,Europe/Vienna,car_wash;wc\n';
const FORM = {
  type: 'object',
  required: ['file'],
  properties: {
    file: { type: 'string', format: 'binary', description: 'The rows.', example: EXAMPLE },
    mapping: { type: 'string', description: 'A mapping profile as JSON, with a sheet of the entity "places".' },
  },
};
const ROWS = { type: 'string', example: EXAMPLE, 'x-multipart': FORM };

/** Places from files. */
@ApiTags('places')
@Controller('places')
export class PlaceImportsController {
  constructor(private readonly commands: CommandBus) {}

  @Post('import')
  @HttpCode(200)
  @Allow('places:write')
  @Consumes('text/csv', 'multipart/form-data', XLSX_TYPE)
  @RateLimit('heavy')
  @Problems({
    'location.import-refused': 422,
    'location.import-overtaken': 409,
    'location.no-file': 400,
    'location.no-place-sheet': 400,
    'tabular.bad-profile': 400,
    'tabular.no-header': 400,
    'tabular.not-text': 400,
    'tabular.not-a-workbook': 400,
    'tabular.workbook-too-large': 400,
    'tabular.no-such-worksheet': 400,
    'tabular.duplicate-column': 400,
    'tabular.too-many-columns': 400,
  })
  @ApiOperation({
    operationId: 'importPlaces',
    summary: 'Import places from a file',
    description:
      'One row a place: externalId, source (default `import`), name, kind, lat, lng, line1, city, postalCode, region, country, phone, email, website, openingHours (as OpenStreetMap writes them), zone, services (separated by semicolons), listed. CSV and workbooks (.xlsx) are told apart by their bytes. As multipart form: `file` with the rows, and `mapping` with a mapping profile as JSON where columns are called otherwise. Every row is judged before one is written; a column that is not there leaves what is stored; repeating an import changes only what is different.',
  })
  @ApiConsumes('text/csv', 'multipart/form-data')
  @ApiBody({ schema: ROWS })
  @ApiOkResponse({ type: PlaceImportView })
  async import(@Query() query: ImportPlacesParams, @Req() request: FastifyRequest): Promise<PlaceImportView> {
    const upload = request.isMultipart() ? await readForm(request) : { file: request.rawBody ?? '' };
    return this.commands.execute(new ImportPlaceFileCommand({ ...upload, ...query }));
  }
}

async function readForm(request: FastifyRequest): Promise<{ file: Buffer; mapping?: Profile }> {
  let file: Buffer | undefined;
  let mapping: Profile | undefined;
  for await (const part of request.parts() as AsyncIterable<MultipartFile | MultipartValue<string>>) {
    if (part.type === 'file' && part.fieldname === 'file' && !file) {
      file = await part.toBuffer();
      if (part.file.truncated)
        throw new AppError('request.too-large', 'too-large', 'The file is larger than what is taken here.', {
          hint: 'Split it, or pack it as a workbook (.xlsx).',
        });
    } else if (part.type === 'field' && part.fieldname === 'mapping') mapping = parseProfile(part.value);
    else throw invalid('location.no-file', `The form has one file, called file, and mapping; not "${part.fieldname}".`);
  }
  if (!file) throw invalid('location.no-file', 'The form has no file.');
  return { file, mapping };
}
