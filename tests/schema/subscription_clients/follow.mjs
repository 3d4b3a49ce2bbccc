// Follows a server with npm's clients while customers are made, and says what each client was told.
// In: node follow.mjs URL CLIENT with the API key in PATRON_CLIENT_KEY; CLIENT is graphql-sse or graphql-ws. The server should
// end connections after a short life, so that the client has to come back. Out: JSON on standard output.

import { createClient as overEvents } from "graphql-sse";
import { createClient as overSocket } from "graphql-ws";
import WebSocket from "ws";

const [url, which] = process.argv.slice(2);
const authorization = `Bearer ${process.env.PATRON_CLIENT_KEY}`;
const CREATE = "mutation C($i: CustomerCreateInput!) { customerCreate(input: $i) { customer { id } userErrors { message } } }";
const FOLLOW = "subscription S($after: String) { customerChanged(after: $after) { owner } }";
const MADE = 12;
const PAUSE_MILLISECONDS = 200;

let connections = 0;
const at_once = async () => {};
const client =
  which === "graphql-sse"
    ? overEvents({ url, headers: { authorization }, retry: at_once, on: { connecting: () => connections++ } })
    : overSocket({
        url: url.replace("http", "ws"),
        webSocketImpl: WebSocket,
        connectionParams: { authorization },
        retryWait: at_once,
        shouldRetry: () => true,
        on: { opened: () => connections++ },
      });

async function make(owner) {
  const variables = { i: { person: { displayName: "Ada" }, owner } };
  const headers = { authorization, "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query: CREATE, variables }) });
  const { data, errors } = await answer.json();
  if (errors || data.customerCreate.userErrors.length) throw new Error(JSON.stringify(errors ?? data));
}

/** What a subscription is told up to so many results or to its end. The request goes on where it was whenever it is sent again. */
function told(request, enough) {
  const results = [];
  const done = new Promise((resolve, reject) => {
    const stop = client.subscribe(request, {
      next: (result) => {
        results.push(result);
        request.variables.after = result.extensions?.position ?? request.variables.after;
        if (results.length === enough) stop(), resolve(results);
      },
      error: (errors) => (Array.isArray(errors) ? resolve([{ errors }]) : reject(errors)),
      complete: () => resolve(results),
    });
  });
  return { results, done };
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const live = told({ query: FOLLOW, variables: { after: "0" } }, MADE);
for (let number = 1; number <= MADE; number++) {
  await make(String(number));
  await pause(PAUSE_MILLISECONDS);
}
await live.done;

const middle = live.results[4].extensions.position;
const late = told({ query: FOLLOW, variables: { after: middle } }, MADE - 5 + 1);
await pause(PAUSE_MILLISECONDS);
await make("one more");
await late.done;

const reconnected = connections;
const invalid = await told({ query: "subscription { nothing }", variables: {} }, 9).done;
const expired = await told({ query: FOLLOW, variables: { after: "x" } }, 9).done;
const code = ([result]) => result.errors[0].extensions.code;

console.log(
  JSON.stringify({
    live: live.results.map((result) => result.data.customerChanged.owner),
    late: late.results.map((result) => result.data.customerChanged.owner),
    reconnected,
    invalid: code(invalid),
    expired: code(expired),
  }),
);
client.dispose();
process.exit(0);
