import { Guide } from './guide';
import { access } from './chapters/access';
import { commerceCatalog } from './chapters/commerce-catalog';
import { commerceCounting } from './chapters/commerce-counting';
import { commerceStock } from './chapters/commerce-stock';
import { commerceTrade } from './chapters/commerce-trade';
import { engagementFiles } from './chapters/engagement-files';
import { engagementChat } from './chapters/engagement-chat';
import { engagementPush } from './chapters/engagement-push';
import { engagementNotifications } from './chapters/engagement-notifications';
import { firstOrders } from './chapters/first-orders';
import { mobility } from './chapters/mobility';
import { moneyBack } from './chapters/money-back';
import { moneyCredit } from './chapters/money-credit';
import { moneyFraud } from './chapters/money-fraud';
import { moneyGateways } from './chapters/money-gateways';
import { moneyLedger } from './chapters/money-ledger';
import { moneyReports } from './chapters/money-reports';
import { moneyRouting } from './chapters/money-routing';

const PARTS: ((guide: Guide, url: string) => Promise<unknown>)[] = [
  firstOrders,
  moneyGateways,
  moneyRouting,
  moneyBack,
  moneyFraud,
  access,
  commerceCatalog,
  commerceStock,
  commerceCounting,
  commerceTrade,
  moneyLedger,
  moneyReports,
  moneyCredit,
  engagementFiles,
  engagementChat,
  engagementPush,
  engagementNotifications,
  mobility,
];

/** `npm run tour`: tells the story of a shop against a running server (`MAINSTAY_URL`, default the local one). */
async function main(): Promise<void> {
  const url = (process.env.MAINSTAY_URL || `http://localhost:${process.env.PORT || 3000}`).replace(/\/+$/, '');
  const guide = new Guide();
  process.stdout.write(`Mainstay at ${url}\n`);
  for (const part of PARTS) await guide.part(() => part(guide, url));
  // Sockets of a step that failed may still be open.
  process.exit(guide.end() ? 0 : 1);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
