// Runs every audit of graphql-http (the GraphQL-over-HTTP specification's own list) against a server.
// In: node audit.mjs URL, with the API key in PATRON_AUDIT_KEY where the server wants one. Out: a JSON list of
// { id, name, status, reason } on standard output. Exit code 0 where all were run, whatever they found.

import { serverAudits } from "graphql-http";

const [url] = process.argv.slice(2);
if (!url) {
  console.error("Usage: PATRON_AUDIT_KEY=… node audit.mjs URL");
  process.exit(2);
}

const key = process.env.PATRON_AUDIT_KEY;

/** fetch with the key. The audits give their headers as an object, and never that one. */
function authorized(address, { headers, ...rest } = {}) {
  return fetch(address, { ...rest, headers: key ? { ...headers, authorization: `Bearer ${key}` } : headers });
}

async function audited(audit) {
  const result = await audit.fn();
  return { id: audit.id, name: audit.name, status: result.status, reason: await reasonOf(result) };
}

/** Why an audit is not ok, with what the server answered. */
async function reasonOf({ status, reason, response }) {
  if (status === "ok") return null;
  const body = response && !response.bodyUsed ? await response.text() : "";
  return `${reason ?? "no reason given"} (HTTP ${response?.status ?? "?"}: ${body.slice(0, 300)})`;
}

const results = [];
for (const audit of serverAudits({ url, fetchFn: authorized })) results.push(await audited(audit));
console.log(JSON.stringify(results));
