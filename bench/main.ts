import { startDatabase } from './environment';
import { table } from './report';
import { deliveries } from './scenarios/deliveries';
async function main() {
  const pg = await startDatabase();
  try {
    console.log(table(await deliveries(pg)));
  } catch (e) {
    console.error(e);
  } finally {
    await pg.stop();
  }
}
void main();
