// PostGraphile over Patron's tables, as its documentation says it is run in production: the Amber preset, a pool, no
// development tools. In come BENCHMARK_URL, BENCHMARK_OWNER_URL, BENCHMARK_PORT and BENCHMARK_TENANT. A tenant hands itself to the
// row-level policies by pgSettings, its recommended way; without one the question's own condition restricts the root.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { jsonPgSmartTags } from "postgraphile/utils";

const { BENCHMARK_URL, BENCHMARK_OWNER_URL, BENCHMARK_PORT, BENCHMARK_TENANT } = process.env;
const port = Number(BENCHMARK_PORT);
const pgSettings = BENCHMARK_TENANT ? { "app.tenant": BENCHMARK_TENANT } : null;

// The one relation whose two sides would have the same name.
const tags = jsonPgSmartTags({
  version: 1,
  config: {
    constraint: {
      "public.ledger_transaction.fk_ledger_transaction_tenant_id_reverses_id": {
        tags: { foreignSingleFieldName: "reversal" },
      },
    },
  },
});

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [tags],
  pgServices: [
    makePgService({ connectionString: BENCHMARK_URL, schemas: ["public"], poolConfig: { max: 8 }, pubsub: false }),
  ],
  grafast: { context: () => ({ pgSettings }), explain: false },
  grafserv: { port, host: "127.0.0.1", graphqlPath: "/graphql", graphiql: false, watch: false, websockets: false },
};

await prepare();
const server = createServer();
server.on("error", fail);
await postgraphile(preset).createServ(grafserv).addTo(server).catch(fail);
server.listen(port, "127.0.0.1");

async function prepare() {
  const owner = new pg.Client({ connectionString: BENCHMARK_OWNER_URL });
  await owner.connect();
  // Two of these servers may be started at the same time.
  await owner.query("SELECT pg_advisory_lock(5)");
  await owner.query(readFileSync(new URL("setup.sql", import.meta.url), "utf8"));
  await owner.end();
}

function fail(error) {
  console.error(error);
  process.exit(1);
}
